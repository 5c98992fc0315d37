import type { Metric, Sample } from '../cases/case.ts'
import type { CaseRun, Results } from '../results.ts'
import { byVariant, ratioOf, summaryOf, YARDSTICK } from '../samples.ts'
import { cell, metricCell, table } from './table.ts'

/** Memory stands last: it is looked at when the rest is understood. */
const MEMORY: ReadonlySet<string> = new Set(['memory', 'peak'])

/** One case: ratios, then medians with their spread, then memory; and what has to be known beside. Empty when there is neither. */
export function caseSection({ name, summary, metrics, yardstick }: CaseRun, { samples, notes }: Results): string {
  const own = samples.filter((sample) => sample.case === name)
  const remarks = notes.filter((note) => note.startsWith(`${name}: `)).map((note) => `- ${note.slice(name.length + 2)}`)
  if (own.length === 0 && remarks.length === 0) return ''
  const parts = [`## ${name}`, summary]
  if (own.length > 0) parts.push(caseTable(metrics, own, yardstick))
  if (remarks.length > 0) parts.push(remarks.join('\n'))
  return parts.join('\n\n')
}

function caseTable(metrics: readonly Metric[], samples: readonly Sample[], yardstick = YARDSTICK): string {
  const variants = byVariant(samples)
  const measurable = samples.some(({ rival }) => rival === yardstick)
  const compared = metrics.filter((metric) => measurable && metric.compared === true)
  const columns = [
    ...metrics.filter(({ key }) => !MEMORY.has(key)),
    ...metrics.filter(({ key }) => MEMORY.has(key)),
  ].filter(({ key }) => samples.some((sample) => sample.metrics[key] !== undefined))
  const head = [
    'variant',
    'rival',
    ...compared.map(({ label }) => `${label} ÷ ${yardstick}`),
    ...columns.map(({ label }) => label),
  ]
  const rows: string[][] = []
  for (const [variant, own] of variants) {
    for (const rival of new Set(own.map(({ rival }) => rival))) {
      const ratios = compared.map(({ key }) => cell(ratioOf(own, rival, key, yardstick), 2))
      const figures = columns.map((metric) => metricCell(metric, summaryOf(own, rival, metric.key)))
      rows.push([variant, rival, ...ratios, ...figures])
    }
  }
  return variants.size === 1 && variants.has('') ? table(head.slice(1), rows.map(dropFirst)) : table(head, rows)
}

const dropFirst = (cells: readonly string[]): readonly string[] => cells.slice(1)
