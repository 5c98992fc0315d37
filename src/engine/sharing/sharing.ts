import type { Cells } from '../../core/cells.ts'
import type { FaultPlan } from '../../core/plan.ts'
import type { Counter } from './counter.ts'

/** What has moved here and others may wait for. */
export type Nudge =
  /** A fault was disarmed, or is not any more. */
  | { readonly about: 'limits' }
  /** Memory is free again. */
  | { readonly about: 'held' }
  /** A session of the proxy has come, waits or is over. */
  | { readonly about: 'sessions'; readonly proxy: string }

/**
 * What all threads that serve sessions have in common. Numbers are shared memory: whoever counts sees what the others have counted. What they
 * are to act on is told them by a nudge, a moment later.
 */
export interface Sharing {
  /** Ids of sessions. */
  readonly sessions: Counter
  readonly decisions: Counter
  readonly exchanges: Counter
  /** What waits, in KiB, a part of one counted as whole; `undefined` = nobody else has any. */
  readonly held: Counter | undefined
  /** How many wait until less does. */
  readonly heldUp: Counter
  proxy(name: string): ProxyShare
  /** As long as the fault is there; the plan may change. */
  fault(proxy: string, fault: FaultPlan, cells: () => number): FaultShare
  /** Until the fault begins anew. */
  counts(proxy: string, fault: FaultPlan, here: Begun): FaultCounts
  gauge(of: GaugeOf): GaugeShare
  nudge(nudge: Nudge): void
}

export interface ProxyShare {
  /** Of all threads, the one that puts on record and counts what all of them do alike. */
  readonly leads: boolean
  readonly ordinals: Counter
  /** Sessions that are not over. */
  readonly live: Counter
  /** Of these, how many were let in. */
  readonly active: Counter
  /** The others: they wait. */
  readonly waiting: Counter
  /** Runs `act` while nobody lets in anybody else; calls within it are one with it. */
  exclusively<T>(act: () => T): T
}

/** When a fault began: monotonic milliseconds, and the last session that there was then. */
export interface Begun {
  readonly at: number
  readonly behind: number
}

export interface FaultShare {
  /** Sessions, or exchanges, that it works on now. */
  readonly active: Counter
  readonly cells: () => Cells
}

export interface FaultCounts {
  readonly begun: Begun
  /** Sessions that matched by address, and of these how many were taken by count. */
  readonly met: Counter
  readonly taken: Counter
  /** The same of exchanges. */
  readonly exchangesMet: Counter
  readonly exchangesTaken: Counter
}

export type GaugeOf =
  | { readonly scope: 'fault'; readonly proxy: string; readonly fault: string }
  | { readonly scope: 'owner'; readonly owner: string }
  | { readonly scope: 'process' }

export interface GaugeShare {
  readonly seen: Counter
  readonly selected: Counter
  readonly active: Counter
  readonly acts: Counter
  readonly off: boolean
  readonly spent: boolean
  /** Changes with each restart. */
  readonly run: number
  /** Answers whether it was not so before: of several that come to it at once, one is told. */
  stop(how: 'off' | 'spent'): boolean
  /** Everything is 0 again but what is active, and nothing is stopped. Once for each change of the plan, whoever comes first. */
  restart(): void
  /** Lets other threads know that it has been stopped, or is not any more. */
  moved(): void
}
