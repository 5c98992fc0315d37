import type { SkipReason } from '../core/decision.ts'
import type { Count } from '../core/plan.ts'
import type { FaultAtWork } from './fault-at-work.ts'
import type { Gauge } from './gauge.ts'
import type { Counter } from './sharing/counter.ts'

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
  for (const gauge of gauges) gauge.countSeen()
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
  for (const gauge of gauges) gauge.countSelected()
  return undefined
}

/**
 * It is to work on one more session or exchange. Answers what keeps it from that: another thread may have taken the last place after
 * `limitReached` had been asked.
 */
export function enter(work: FaultAtWork): SkipReason | undefined {
  const { gauges } = work
  const active = work.countActive(1)
  let isFull = false
  for (const gauge of gauges) if (gauge.countActive(work, 1, active)) isFull = true
  if (!isFull) return undefined
  leave(work, gauges)
  return 'max_active'
}

/** @param gauges those that it had when it entered. */
export function leave(work: FaultAtWork, gauges: readonly Gauge[]): void {
  const active = work.countActive(-1)
  for (const gauge of gauges) gauge.countActive(work, -1, active)
}

/** One more is taken by a count that takes so many. Answers whether it was one too many: another thread may have taken the last. */
export function isBeyond(taken: Counter, { max }: Count = {}): boolean {
  if (taken.add(1) <= (max ?? Infinity)) return false
  taken.add(-1)
  return true
}
