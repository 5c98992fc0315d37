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
  readonly instead: { readonly how: NonNullable<Verdict['instead']>; readonly ending: Ending } | undefined
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
    if (!factory.hasConnect(plan) || factory.level(plan) === 'exchange') continue
    if ((work.spent && !acted.has(work)) || !selection.works(fault)) continue
    const { direction } = plan
    const context = { ...selection.contextOf(fault, selection.randomOf(plan, 'connect')), direction }
    const verdict = factory.connect(plan, context, arrival)
    if (verdict === undefined) continue
    if (!acted.has(work)) {
      acted.add(work)
      work.tally.applied++
      context.record(arrival.at, verdict.instead ?? 'delay', delaysOf(verdict))
    }
    admission = combine(admission, verdict, context.ending)
  }
  return admission
}

function combine(before: Admission, { wait = 0, dial = 0, instead }: Verdict, ending: Ending): Admission {
  return {
    wait: before.wait + wait,
    dial: before.dial + dial,
    dialEnding: dial > 0 ? ending : before.dialEnding,
    instead: before.instead ?? (instead === undefined ? undefined : { how: instead, ending }),
  }
}

function delaysOf({ wait, dial }: Verdict): Readonly<Record<string, number>> {
  return { ...(wait === undefined ? {} : { wait }), ...(dial === undefined ? {} : { dial }) }
}
