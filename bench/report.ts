import type { Case, Metric, Sample } from './cases/case.ts'
import type { Results } from './results.ts'
import { byVariant, ratioOf, summaryOf, YARDSTICK } from './samples.ts'
import type { Summary } from './statistics.ts'
import type { TargetOutcome } from './targets.ts'
import type { Verification } from './verify.ts'

/** A run as Markdown: where it ran, whether the targets are met, one table for each case. */
export function report(results: Results, cases: readonly Case[]): string {
  const sections = [
    heading(results),
    targetTable(results.targets),
    ...cases.map((one) => caseSection(one, results)),
    verificationTable(results.verification),
  ]
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`
}

function heading({ date, seconds, commit, node, machine, options, failures }: Results): string {
  const { cpu, cores, memoryBytes, kernel, loadBefore } = machine
  const work = `${options.quick ? 'quick run' : 'full run'}, rounds: ${options.rounds}, ${Math.round(seconds)} s`
  return [
    `# Benchmarks of ${date}`,
    '',
    `${cpu}, ${cores} cores, ${(memoryBytes / 2 ** 30).toFixed(0)} GiB, Linux ${kernel}, load before ${loadBefore.toFixed(1)}; ` +
      `Node ${node}; commit ${commit}; ${work}.`,
    '',
    'Medians over the rounds, smallest and largest value in parentheses. CPU is the proxy’s own, user and system.',
    ...failures.map((failure) => `\n**FAILED: ${failure}**`),
  ].join('\n')
}

const MARKS = new Map<boolean | null, string>([
  [true, '✓ met'],
  [false, '✗ missed'],
  [null, 'not measured'],
])

function targetTable(targets: readonly TargetOutcome[]): string {
  const rows = targets.map(({ figure, target, unit, measured, met }) => [
    figure,
    target,
    measured === null ? '–' : `${Number(measured.toPrecision(3))} ${unit}`,
    MARKS.get(met) ?? '',
  ])
  return `## Targets\n\n${table(['figure', 'target', 'measured', ''], rows)}`
}

function caseSection({ name, summary, metrics, yardstick }: Case, { samples, notes }: Results): string {
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
  const head = [
    'variant',
    'rival',
    ...compared.map(({ label }) => `${label} ÷ ${yardstick}`),
    ...metrics.map(({ label }) => label),
  ]
  const rows: string[][] = []
  for (const [variant, own] of variants) {
    for (const rival of new Set(own.map(({ rival }) => rival))) {
      const figures = metrics.map((metric) => {
        const summary = summaryOf(own, rival, metric.key)
        return metric.verdict === true ? verdict(summary) : cell(summary, metric.digits)
      })
      const ratios = compared.map(({ key }) => cell(ratioOf(own, rival, key, yardstick), 2))
      rows.push([variant, rival, ...ratios, ...figures])
    }
  }
  return variants.size === 1 && variants.has('') ? table(head.slice(1), rows.map(dropFirst)) : table(head, rows)
}

const dropFirst = (cells: readonly string[]): readonly string[] => cells.slice(1)

function cell(summary: Summary | undefined, digits: number): string {
  if (summary === undefined) return '–'
  const { median, min, max } = summary
  const spread = min === max ? '' : ` (${min.toFixed(digits)}–${max.toFixed(digits)})`
  return median.toFixed(digits) + spread
}

/** Judged in every round; a fault that misses its tolerance in one of them is not called ok. */
function verdict(summary: Summary | undefined): string {
  if (summary === undefined) return '–'
  if (summary.min === 1) return 'ok'
  return summary.count === 1 ? 'NOT ok' : `NOT ok in ${summary.count - summary.sum} of ${summary.count}`
}

/** One value of a metric, as progress shows it. */
export function figureText({ digits, verdict }: Metric, value: number | undefined): string {
  if (value === undefined) return '–'
  if (verdict === true) return value === 1 ? 'ok' : 'NOT ok'
  return value.toFixed(digits)
}

function verificationTable(verification: readonly Verification[]): string {
  const rows = verification.map(({ rival, version, state, reason, halfClose }) => [
    rival,
    version === '' ? '–' : version,
    state + (reason === undefined ? '' : `: ${reason.replaceAll('|', '\\|')}`),
    halfClose === undefined ? '–' : halfClose ? 'yes' : 'no',
  ])
  return `## Rivals\n\n${table(['rival', 'version', 'checked stream both ways', 'half-close passes'], rows)}`
}

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
