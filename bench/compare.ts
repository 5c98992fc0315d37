import type { Metric, Sample } from './cases/case.ts'
import { differences } from './compare-differences.ts'
import { metricCell, NONE, table, titleOf } from './report/table.ts'
import type { CaseRun, Results } from './results.ts'
import { byVariant, ratioOf, summaryOf, YARDSTICK } from './samples.ts'
import { overlap, type Summary } from './statistics.ts'

/**
 * How B's figure stands to A's: `noise` when the ranges of their rounds overlap, `unknown` when one of them has a single round and
 * so no range, and otherwise which way it went.
 */
export type Change = 'higher' | 'lower' | 'noise' | 'unknown'

/** One figure of two runs. */
export interface Compared {
  readonly case: string
  readonly variant: string
  readonly rival: string
  /** The metric itself, or its ratio to the yardstick. */
  readonly metric: Metric
  readonly a: Summary
  readonly b: Summary
  /** B ÷ A of the medians; absent where that says nothing: A is 0, the signs differ, or it is a verdict. */
  readonly ratio?: number
  readonly change: Change
}

export interface Comparison {
  readonly both: readonly Compared[]
  /** Figures of one run alone, by case, variant and rival. */
  readonly onlyA: readonly string[]
  readonly onlyB: readonly string[]
}

export function compare(a: Results, b: Results): Comparison {
  const [inA, inB] = [figuresOf(a), figuresOf(b)]
  const both = [...inA].flatMap(([key, before]) => {
    const after = inB.get(key)
    return after === undefined ? [] : [compared(before, after)]
  })
  return { both, onlyA: missing(inA, inB), onlyB: missing(inB, inA) }
}

interface Figure extends Pick<Compared, 'case' | 'variant' | 'rival' | 'metric'> {
  readonly summary: Summary
}

type Figures = ReadonlyMap<string, Figure>

/** Every figure of a run, the ratios to the yardstick before what they are ratios of. */
function figuresOf({ cases, samples }: Results): Figures {
  const figures = cases.flatMap((one) => {
    const variants = byVariant(samples.filter((sample) => sample.case === one.name))
    return [...variants].flatMap(([variant, own]) => {
      const rivals = [...new Set(own.map(({ rival }) => rival))]
      return rivals.flatMap((rival) => figuresOfRival(one, variant, rival, own))
    })
  })
  return new Map(
    figures.map((figure) => [
      JSON.stringify([figure.case, figure.variant, figure.rival, figure.metric.key, figure.metric.label]),
      figure,
    ]),
  )
}

function figuresOfRival(
  { name, metrics, yardstick = YARDSTICK }: CaseRun,
  variant: string,
  rival: string,
  samples: readonly Sample[],
): readonly Figure[] {
  const about = { case: name, variant, rival }
  return metrics.flatMap((metric): Figure[] => {
    const summary = summaryOf(samples, rival, metric.key)
    if (summary === undefined) return []
    const own = { ...about, metric, summary }
    const comparable = metric.compared === true && rival !== yardstick
    const ratio = comparable ? ratioOf(samples, rival, metric.key, yardstick) : undefined
    if (ratio === undefined) return [own]
    const label = `${metric.label} ÷ ${yardstick}`
    return [{ ...about, metric: { key: metric.key, label, digits: 2 }, summary: ratio }, own]
  })
}

function compared({ summary: a, ...about }: Figure, { summary: b }: Figure): Compared {
  const ratio = b.median / a.median
  const telling = about.metric.verdict !== true && Number.isFinite(ratio) && ratio > 0
  return { ...about, a, b, change: changeOf(a, b), ...(telling ? { ratio } : {}) }
}

function changeOf(a: Summary, b: Summary): Change {
  if (a.count < 2 || b.count < 2) return 'unknown'
  if (overlap(a, b)) return 'noise'
  return b.median > a.median ? 'higher' : 'lower'
}

function missing(from: Figures, other: Figures): readonly string[] {
  const names = [...from].flatMap(([key, { case: name, variant, rival }]) =>
    other.has(key) ? [] : [`${titleOf(name, variant)}: ${rival}`],
  )
  return [...new Set(names)]
}

const MARKS: Readonly<Record<Change, string>> = {
  higher: '▲ higher',
  lower: '▼ lower',
  noise: 'within noise',
  unknown: 'one round: no spread to tell',
}

/** The comparison of two runs as Markdown: what else differs, what changed beyond the spread of both, everything. */
export function comparison(a: Results, b: Results): string {
  const { both, onlyA, onlyB } = compare(a, b)
  const changed = both.filter(({ change }) => change === 'higher' || change === 'lower')
  const absent = [...onlyA.map((text) => `- only in A: ${text}`), ...onlyB.map((text) => `- only in B: ${text}`)]
  const sections = [
    '# Comparison of two runs',
    differences(a, b),
    'Medians over the rounds, smallest and largest value in parentheses. Where the ranges overlap, a difference is within noise.',
    `## Changes beyond the spread of both\n\n${changed.length === 0 ? 'None.' : comparisonTable(changed)}`,
    `## All figures\n\n${both.length === 0 ? 'The two have no figure in common.' : comparisonTable(both)}`,
    absent.length === 0 ? '' : `## In one of them alone\n\n${absent.join('\n')}`,
  ]
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`
}

function comparisonTable(rows: readonly Compared[]): string {
  return table(
    ['case', 'rival', 'figure', 'A', 'B', 'B ÷ A', ''],
    rows.map(({ case: name, variant, rival, metric, a, b, ratio, change }) => [
      titleOf(name, variant),
      rival,
      metric.label,
      metricCell(metric, a),
      metricCell(metric, b),
      ratio === undefined ? NONE : ratio.toFixed(2),
      MARKS[change],
    ]),
  )
}
