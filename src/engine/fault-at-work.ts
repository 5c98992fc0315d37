import { SKIP_REASONS, type SkipReason } from '../core/decision.ts'
import type { FaultPlan } from '../core/plan.ts'
import type { FaultCounts, FaultState } from './data-plane.ts'
import type { FaultTally } from './proxy-counters.ts'

/** One fault of a proxy, as long as it is in the plan: what all sessions of the proxy share of it. */
export class FaultAtWork {
  readonly name: string
  readonly type: string
  readonly tally: FaultTally
  /** The last session that there was when the fault was added. */
  readonly addedBehind: number
  /** When it was added, monotonic milliseconds. */
  addedAt: number
  /** Sessions that matched by address, and of these how many were taken by count. */
  met = 0
  taken = 0
  /** The same of exchanges. */
  exchangesMet = 0
  exchangesTaken = 0
  window: FaultState = 'working'
  /** Sessions that it works on do not outlive it. */
  resetsOnRemove = false
  #limit: number | undefined
  /** Its acts under an earlier epoch do not count against its limit. */
  #actsBefore: number
  #shared: object | undefined
  /** What other faults of that name had counted before. */
  readonly #before: FaultCounts
  /** What its ramps have reached, by parameter. */
  ramped: Readonly<Record<string, number>> = {}

  constructor({ name, type, limits }: FaultPlan, tally: FaultTally, addedBehind: number, now: number) {
    this.name = name
    this.type = type
    this.tally = tally
    this.addedBehind = addedBehind
    this.addedAt = now
    this.#limit = limits?.maxInjections
    this.#actsBefore = tally.applied
    const { seen, selected, applied, skipped } = tally
    this.#before = { seen, selected, applied, skipped: { ...skipped } }
  }

  /** What it has counted itself. */
  get own(): FaultCounts {
    const { seen, selected, applied, skipped } = this.tally
    const before = this.#before
    const since = (reason: SkipReason): number => (skipped[reason] ?? 0) - (before.skipped[reason] ?? 0)
    const reasons = SKIP_REASONS.filter((reason) => since(reason) > 0)
    return {
      seen: seen - before.seen,
      selected: selected - before.selected,
      applied: applied - before.applied,
      skipped: Object.fromEntries(reasons.map((reason) => [reason, since(reason)])),
    }
  }

  /** Schedule, ramps, counts and limits begin again. */
  startAnew({ limits }: FaultPlan, now: number): void {
    this.addedAt = now
    this.met = 0
    this.taken = 0
    this.exchangesMet = 0
    this.exchangesTaken = 0
    this.#limit = limits?.maxInjections
    this.#actsBefore = this.tally.applied
  }

  /** It has acted as often as its limit allows. */
  get spent(): boolean {
    return this.#limit !== undefined && this.tally.applied - this.#actsBefore >= this.#limit
  }

  get state(): FaultState {
    return this.spent && this.window !== 'over' ? 'spent' : this.window
  }

  /** What the stages of all sessions share; made by the first that asks. */
  shared<T extends object>(make: () => T): T {
    this.#shared ??= make()
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a fault asks for one kind of thing only, under its own name and type
    return this.#shared as T
  }
}

/** A fault as it is at the moment. Whoever holds one knows by identity that nothing has changed. */
export interface FaultNow {
  readonly work: FaultAtWork
  /** With the values that its ramps have reached. */
  readonly plan: FaultPlan
  /** Its window is open. */
  readonly on: boolean
}
