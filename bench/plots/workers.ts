import { SUBJECT } from '../rivals/rival.ts'
import type { Results } from '../results.ts'
import { ratioOf, summaryOf } from '../samples.ts'
import type { Summary } from '../statistics.ts'
import { drawBars, type BarPanel } from './bars.ts'
import { headed } from './heading.ts'
import { labelOf, variantsOf, type Plot, type VariantRun } from './plot.ts'
import { colourOf } from './style.ts'

/** What more threads bring and cost: the case `workers`. */
export function workersPlots(results: Results): readonly Plot[] {
  const panels = variantsOf(results, ({ name }) => name === 'workers').flatMap(panelsOf)
  if (panels.length === 0) return []
  const title = 'Worker threads'
  const reading =
    `Throughput (longer is more) and CPU per unit of work as a multiple of that with one worker (dashed line; shorter is cheaper). ` +
    `The machine has ${results.machine.cores} cores, and load generator and upstream run on them, too.`
  return [{ name: 'workers', alt: title, svg: drawBars(headed(title, reading, results), panels) }]
}

function panelsOf({ of, title, rivals, samples }: VariantRun): readonly BarPanel[] {
  const yardstick = of.yardstick ?? SUBJECT
  const panel = (title: string, value: (rival: string) => Summary | undefined): BarPanel => ({
    title,
    bars: rivals.flatMap((name) => {
      const summary = value(name)
      return summary === undefined ? [] : [{ name, value: summary, colour: colourOf(name, yardstick) }]
    }),
  })
  const rate = panel(`${title}: ${labelOf(of, 'rate')}`, (rival) => summaryOf(samples, rival, 'rate'))
  const cpu = panel(`${title}: ${labelOf(of, 'cpu')} ÷ ${yardstick}`, (rival) =>
    ratioOf(samples, rival, 'cpu', yardstick),
  )
  return [rate, { ...cpu, reference: 1 }].filter(({ bars }) => bars.length > 0)
}
