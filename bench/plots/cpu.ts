import { ratiosOf, type Ratios } from '../report/ratios.ts'
import { titleOf } from '../report/table.ts'
import type { Results } from '../results.ts'
import { HTTP_YARDSTICK, summaryOf, YARDSTICK } from '../samples.ts'
import { drawBars, type BarPanel } from './bars.ts'
import { headed } from './heading.ts'
import type { Plot } from './plot.ts'
import { colourOf } from './style.ts'

const NAMES = new Map([
  [YARDSTICK, 'HAProxy in tcp mode'],
  [HTTP_YARDSTICK, 'HAProxy in http mode'],
])

/** CPU per unit of work as a multiple of the yardstick's: one plot for each HAProxy, one group of bars for each case and variant. */
export function cpuPlots(results: Results): readonly Plot[] {
  const ratios = ratiosOf(results).filter(({ metric }) => metric.key === 'cpu')
  return [...NAMES].flatMap(([yardstick, name]) => {
    const panels = ratios.filter((one) => one.yardstick === yardstick).map((one) => panelOf(one, results))
    if (panels.length === 0) return []
    const title = `CPU per unit of work, as a multiple of ${name}`
    const reading = `Shorter is cheaper; the dashed line is ${yardstick}. Medians of ratios within a round, whiskers from the smallest to the largest.`
    return [{ name: `cpu-${yardstick}`, alt: title, svg: drawBars(headed(title, reading, results), panels) }]
  })
}

function panelOf({ case: name, variant, metric, yardstick, rivals }: Ratios, { samples }: Results): BarPanel {
  const own = samples.filter((sample) => sample.case === name && sample.variant === variant)
  const order = [...new Set(own.map(({ rival }) => rival))].filter(
    (rival) => rivals.has(rival) || (rival === yardstick && summaryOf(own, rival, metric.key) !== undefined),
  )
  const one = { median: 1, min: 1, max: 1, sum: 1, count: 1 }
  return {
    title: titleOf(name, variant),
    bars: order.map((rival) => ({
      name: rival,
      value: rivals.get(rival) ?? one,
      colour: colourOf(rival, yardstick),
    })),
    reference: 1,
  }
}
