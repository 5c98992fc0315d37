import type { SkipReason } from '../core/decision.ts'
import type { FaultAtWork } from './fault-at-work.ts'
import type { Gauge } from './gauge.ts'

/** Why the fault may not work on one more; `undefined` = it may. */
export function limitReached(work: FaultAtWork): SkipReason | undefined {
  const { gauges } = work
  if (gauges.length === 0) return undefined
  if (work.spent) return 'max_injections'
  return gauges.some((gauge) => gauge.isFull(work)) ? 'max_active' : undefined
}

/**
 * One more session or exchange has been seen, and is to be left alone for `reason` or else selected. Answers what becomes of it when its
 * part in all of them is looked at.
 */
export function weigh(work: FaultAtWork, reason: SkipReason | undefined): SkipReason | undefined {
  const { gauges } = work
  if (gauges.length === 0) return reason
  for (const gauge of gauges) gauge.seen++
  return weighSelected(work, reason)
}

/** The same for one that was seen before. */
export function weighSelected(work: FaultAtWork, reason: SkipReason | undefined): SkipReason | undefined {
  const { gauges } = work
  const more = reason === undefined
  let isOver = false
  for (const gauge of gauges) if (gauge.isOverShare(work, more)) isOver = true
  if (!more) return reason
  if (isOver) return 'max_share'
  for (const gauge of gauges) gauge.selected++
  return undefined
}

/** It works on one more, or one less (`by` = -1), session or exchange. */
export function countActive(gauges: readonly Gauge[], by: 1 | -1): void {
  for (const gauge of gauges) gauge.active += by
}
