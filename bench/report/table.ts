import type { Metric } from '../cases/case.ts'
import type { Summary } from '../statistics.ts'

/** Tables of Markdown and what stands in their cells. */

/** What a figure is that was not measured. */
export const NONE = '–'

const line = (cells: readonly string[]): string => `| ${cells.map(escaped).join(' | ')} |`

const escaped = (cell: string): string => cell.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ')

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [line(head), `| ${head.map(() => '---').join(' | ')} |`, ...rows.map(line)].join('\n')
}

/** The median and, where the rounds differ, the smallest and the largest value. */
export function cell(summary: Summary | undefined, digits: number): string {
  if (summary === undefined) return NONE
  const { median, min, max } = summary
  const spread = min === max ? '' : ` (${min.toFixed(digits)}–${max.toFixed(digits)})`
  return median.toFixed(digits) + spread
}

/** The cell of a metric: a figure, or what the rounds say of a tolerance. */
export function metricCell(metric: Metric, summary: Summary | undefined): string {
  return metric.verdict === true ? verdict(summary) : cell(summary, metric.digits)
}

/** Judged in every round; a fault that misses its tolerance in one of them is not called ok. */
function verdict(summary: Summary | undefined): string {
  if (summary === undefined) return NONE
  if (summary.min === 1) return 'ok'
  return summary.count === 1 ? 'NOT ok' : `NOT ok in ${summary.count - summary.sum} of ${summary.count}`
}

/** One value of a metric, as progress shows it. */
export function figureText({ digits, verdict }: Metric, value: number | undefined): string {
  if (value === undefined) return NONE
  if (verdict === true) return value === 1 ? 'ok' : 'NOT ok'
  return value.toFixed(digits)
}

/** A case, and what is varied in it. */
export const titleOf = (name: string, variant: string): string => (variant === '' ? name : `${name}, ${variant}`)
