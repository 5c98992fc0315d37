import type { Results } from '../results.ts'
import { summaryOf } from '../samples.ts'
import { drawDots, type DotRow } from './dots.ts'
import { headed } from './heading.ts'
import { hasMetrics, labelOf, variantsOf, type Plot, type VariantRun } from './plot.ts'

const KEYS = ['added-p50', 'added-p99', 'added-p999'] as const
const MARKS = ['p50', 'p99', 'p99.9']

/** The time that a proxy adds to a message and its answer: quantiles with it less the same quantiles without. */
export function addedLatencyPlots(results: Results): readonly Plot[] {
  const panels = variantsOf(results, hasMetrics(...KEYS)).flatMap((run) => {
    const rows = rowsOf(run)
    return rows.length === 0 ? [] : [{ title: `${run.title}: ${unitOf(run)}`, rows }]
  })
  if (panels.length === 0) return []
  const title = 'Latency that a proxy adds'
  const reading =
    'Left is better. Quantiles of the round trip through each, less the same quantiles without a proxy; medians over the rounds.'
  return [{ name: 'added-latency', alt: title, svg: drawDots(headed(title, reading, results), MARKS, panels) }]
}

function rowsOf({ rivals, samples }: VariantRun): readonly DotRow[] {
  return rivals.flatMap((name) => {
    const values = KEYS.map((key) => summaryOf(samples, name, key)?.median)
    return values.every((value) => value === undefined) ? [] : [{ name, values }]
  })
}

/** Labels end in their unit: `added p50, µs`. */
const unitOf = ({ of }: VariantRun): string => labelOf(of, KEYS[0]).split(', ').at(-1) ?? ''
