import type { Results } from '../results.ts'
import { summaryOf, YARDSTICK } from '../samples.ts'
import { drawBars, type BarPanel } from './bars.ts'
import { headed } from './heading.ts'
import { hasMetrics, labelOf, variantsOf, type Plot, type VariantRun } from './plot.ts'
import { colourOf } from './style.ts'

/** What went through, in the unit of each case that has been measured for more than one rival. */
export function throughputPlots(results: Results): readonly Plot[] {
  const panels = variantsOf(results, hasMetrics('rate')).flatMap((run) => {
    const panel = panelOf(run)
    return panel.bars.length > 1 ? [panel] : []
  })
  if (panels.length === 0) return []
  const title = 'Throughput'
  const reading =
    'Longer is more; every group has its own scale. Proxy, load generator and upstream share the machine: `direct` is what these two can do without a proxy.'
  return [{ name: 'throughput', alt: title, svg: drawBars(headed(title, reading, results), panels) }]
}

function panelOf({ of, title, rivals, samples }: VariantRun): BarPanel {
  return {
    title: `${title}: ${labelOf(of, 'rate')}`,
    bars: rivals.flatMap((name) => {
      const value = summaryOf(samples, name, 'rate')
      return value === undefined ? [] : [{ name, value, colour: colourOf(name, of.yardstick ?? YARDSTICK) }]
    }),
  }
}
