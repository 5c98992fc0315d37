import type { CaseRun, Results } from '../results.ts'
import { byVariant, summaryOf, YARDSTICK } from '../samples.ts'
import { spreadOf } from '../statistics.ts'
import { titleOf } from './table.ts'

/** From here on the spread of the yardstick says more about the machine than about what is measured. */
const WIDE = 0.2

/** Why the figures of a run may be less than they look: one line for each reason. */
export function warnings(results: Results): readonly string[] {
  const { machine, interrupted, options } = results
  const lines: string[] = []
  if (interrupted) lines.push('The run was interrupted: what is missing was not measured.')
  if (machine.loadBefore > machine.cores / 2) {
    lines.push(
      `The machine was busy: load ${machine.loadBefore.toFixed(1)} on ${machine.cores} cores in the minute before the run.`,
    )
  }
  if (options.rounds === 1) lines.push('One round: nothing says how much chance is in these figures.')
  const wide = results.cases.flatMap((one) => wideSpreads(one, results))
  if (wide.length > 0) {
    lines.push(`The yardstick varied by more than ${WIDE * 100} % of its median: ${wide.join('; ')}.`)
  }
  return lines
}

function wideSpreads({ name, metrics, yardstick = YARDSTICK }: CaseRun, { samples }: Results): readonly string[] {
  const compared = metrics.filter((metric) => metric.compared === true)
  const variants = byVariant(samples.filter((sample) => sample.case === name))
  return [...variants].flatMap(([variant, own]) =>
    compared.flatMap(({ key, label }) => {
      const summary = summaryOf(own, yardstick, key)
      if (summary === undefined || spreadOf(summary) <= WIDE) return []
      return [`${titleOf(name, variant)}: ${label} of ${yardstick} by ${(spreadOf(summary) * 100).toFixed(0)} %`]
    }),
  )
}
