import type { Results } from '../results.ts'
import { summaryOf } from '../samples.ts'
import { drawDots } from './dots.ts'
import { headed } from './heading.ts'
import { variantsOf, type Plot, type VariantRun } from './plot.ts'

const KEYS = ['median', 'p99', 'noise'] as const
const MARKS = ['median error', 'p99 of the error', 'p99 of the same without a fault']

/** How far the delay of a latency fault is from what was asked for: the case `latency`, one group for each rival that injects it. */
export function accuracyPlots(results: Results): readonly Plot[] {
  const runs = variantsOf(results, ({ name }) => name === 'latency')
  const rivals = [...new Set(runs.flatMap((run) => run.rivals))]
  const panels = rivals.flatMap((rival) => {
    const rows = runs.flatMap((run) => {
      const values = valuesOf(run, rival)
      return values.every((value) => value === undefined) ? [] : [{ name: run.variant, values }]
    })
    return rows.length === 0 ? [] : [{ title: `${rival}: error in ms, by the latency that was asked for`, rows }]
  })
  if (panels.length === 0) return []
  const title = 'Accuracy of injected latency'
  const reading =
    'Left is better. Sizes of the errors per message, medians over the rounds; the triangle is the unevenness of the machine itself.'
  return [{ name: 'accuracy', alt: title, svg: drawDots(headed(title, reading, results), MARKS, panels) }]
}

/** An error to either side is an error. */
const valuesOf = ({ samples }: VariantRun, rival: string): readonly (number | undefined)[] =>
  KEYS.map((key) => {
    const value = summaryOf(samples, rival, key)?.median
    return value === undefined ? undefined : Math.abs(value)
  })
