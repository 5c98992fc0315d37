import type { Results } from '../results.ts'
import { accuracyPlots } from './accuracy.ts'
import { addedLatencyPlots } from './added-latency.ts'
import { cpuPlots } from './cpu.ts'
import type { Plot } from './plot.ts'
import { throughputPlots } from './throughput.ts'
import { workersPlots } from './workers.ts'

/** Everything that can be drawn of a run; what was not measured is not drawn. */
export function plotsOf(results: Results): readonly Plot[] {
  return [
    ...cpuPlots(results),
    ...addedLatencyPlots(results),
    ...throughputPlots(results),
    ...accuracyPlots(results),
    ...workersPlots(results),
  ]
}
