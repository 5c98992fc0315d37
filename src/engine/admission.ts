import type { FaultAtWork, FaultNow } from './fault-at-work.ts'
import type { Ending } from '../core/words.ts'
import type { Arrival, FaultFactory, Verdict } from '../core/fault-factory.ts'
import type { Selection } from './selection.ts'

/** What becomes of a new connection, all faults taken together. */
export interface Admission {
  /** Milliseconds from the accept until it is taken up. */
  readonly wait: number
  /** Milliseconds by which the dial takes longer, and the last fault that adds to them. */
  readonly dial: number
  readonly dialEnding: Ending | undefined
  /** Instead of dialling, once the wait is over. */
  readonly instead:
    | {
        readonly how: NonNullable<Verdict['instead']>
        readonly ending: Ending
        /** For so long it may wait in the queue, milliseconds; then it is to be asked about again. */
        readonly longest: number
      }
    | undefined
}

const LET_IN: Admission = { wait: 0, dial: 0, dialEnding: undefined, instead: undefined }

/**
 * Asks every fault that works on the session what it wants done with the connection. Waits add up; of those that do not let it in, the first
 * one decides. `acted` holds those that have been counted: a connection may be looked at several times.
 */
export function admit(
  faults: readonly FaultNow[],
  factory: FaultFactory,
  selection: Selection,
  arrival: Arrival,
  acted: WeakSet<FaultAtWork>,
): Admission {
  let admission = LET_IN
  for (const fault of faults) {
    const { work, plan } = fault
    if (plan.shadow === true) {
      countShadow(fault, factory, selection, arrival, acted)
      continue
    }
    if (!factory.hasConnect(plan) || factory.level(plan) === 'exchange') continue
    if ((work.spent && !acted.has(work)) || !selection.works(fault)) continue
    const { direction } = plan
    const context = { ...selection.contextOf(fault, selection.randomOf(plan, 'connect')), direction }
    const verdict = factory.connect(plan, context, arrival)
    if (verdict === undefined || isTooLong(work, verdict, arrival.at + admission.wait, selection)) continue
    if (!acted.has(work)) {
      acted.add(work)
      work.counters.applied++
      context.record(arrival.at, verdict.instead ?? 'delay', delaysOf(verdict))
    }
    admission = combine(admission, verdict, context.ending, work.longestDelay)
  }
  return admission
}

/** One that is decided upon when it has come is counted; those on bytes are by their chains. Whose door it would be is counted where it shuts. */
function countShadow(
  fault: FaultNow,
  factory: FaultFactory,
  selection: Selection,
  arrival: Arrival,
  acted: WeakSet<FaultAtWork>,
): void {
  const { work, plan } = fault
  const isSeen = factory.hasConnect(plan) || factory.hasHandshake(plan)
  if (!isSeen || factory.level(plan) === 'exchange' || !selection.selects(fault)) return
  if (!work.hasDoor || acted.has(work)) return
  const context = { ...selection.contextOf(fault, selection.randomOf(plan, 'connect')), direction: plan.direction }
  if (factory.connect(plan, context, arrival) === undefined) return
  acted.add(work)
  work.tally.shadowed++
}

/** @param since when its wait begins. That a place in the queue will be long in coming nobody knows before. */
function isTooLong(
  work: FaultAtWork,
  { wait = 0, dial = 0, instead }: Verdict,
  since: number,
  { place }: Selection,
): boolean {
  const { longestDelay } = work
  if (longestDelay === Infinity) return false
  const isQueuedTooLong = instead === 'queue' && place.shared.clock.now() >= since + wait + longestDelay
  return isQueuedTooLong
    ? work.isTooLong(longestDelay, true)
    : work.isTooLong(instead === 'hang' ? Infinity : wait + dial)
}

function combine(
  before: Admission,
  { wait = 0, dial = 0, instead }: Verdict,
  ending: Ending,
  longest: number,
): Admission {
  return {
    wait: before.wait + wait,
    dial: before.dial + dial,
    dialEnding: dial > 0 ? ending : before.dialEnding,
    instead: before.instead ?? (instead === undefined ? undefined : { how: instead, ending, longest }),
  }
}

function delaysOf({ wait, dial }: Verdict): Readonly<Record<string, number>> {
  return { ...(wait === undefined ? {} : { wait }), ...(dial === undefined ? {} : { dial }) }
}
