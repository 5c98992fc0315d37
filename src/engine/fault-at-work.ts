import type { Cells } from '../core/cells.ts'
import { SKIP_REASONS, type SkipReason } from '../core/decision.ts'
import type { FaultCounters } from '../core/fault-factory.ts'
import type { FaultPlan } from '../core/plan.ts'
import { CountedActs } from './counted-acts.ts'
import type { Disarmed, FaultCounts, FaultState } from './data-plane.ts'
import { NO_GAUGES, type Gauge, type Gauged } from './gauge.ts'
import type { FaultTally } from './proxy-counters.ts'
import type { FaultCounts as FaultShareCounts, FaultShare } from './sharing/sharing.ts'

/** Where a fault is at work. */
export interface FaultPlace extends Pick<Gauged, 'proxy' | 'home'> {
  readonly share: FaultShare
  readonly counts: FaultShareCounts
}

/** One fault of a proxy, as long as it is in the plan: what all sessions of the proxy share of it. */
export class FaultAtWork implements Gauged {
  readonly name: string
  readonly type: string
  readonly proxy: string
  readonly home: Gauged['home']
  readonly tally: FaultTally
  /** What acts are counted on: the tally, or (where acts are limited) what counts them against the limits as well. */
  counters: FaultCounters
  /** The last session that there was when the fault was added. */
  readonly addedBehind: number
  /** Since it began, or began anew. */
  counts: FaultShareCounts
  window: FaultState = 'working'
  /** Sessions that it works on do not outlive it. */
  resetsOnRemove = false
  /** It has a door, so that not sessions are counted for what it would have hit but those who come to it. */
  hasDoor = false
  #gauges = NO_GAUGES
  #shared: object | undefined
  readonly #share: FaultShare
  /** What other faults of that name had counted before. */
  readonly #before: FaultCounts
  /** What its ramps have reached, by parameter. */
  ramped: Readonly<Record<string, number>> = {}

  constructor({ name, type }: FaultPlan, tally: FaultTally, { proxy, home, share, counts }: FaultPlace) {
    this.name = name
    this.type = type
    this.proxy = proxy
    this.home = home
    this.tally = tally
    this.counters = tally
    this.#share = share
    this.counts = counts
    this.addedBehind = counts.begun.behind
    const { seen, selected, applied, shadowed, skipped } = tally
    this.#before = { seen, selected, applied, shadowed, skipped: { ...skipped } }
  }

  /** What it has counted itself. */
  get own(): FaultCounts {
    const { seen, selected, applied, shadowed, skipped } = this.tally
    const before = this.#before
    const since = (reason: SkipReason): number => (skipped[reason] ?? 0) - (before.skipped[reason] ?? 0)
    const reasons = SKIP_REASONS.filter((reason) => since(reason) > 0)
    return {
      seen: seen - before.seen,
      selected: selected - before.selected,
      applied: applied - before.applied,
      shadowed: shadowed - before.shadowed,
      skipped: Object.fromEntries(reasons.map((reason) => [reason, since(reason)])),
    }
  }

  /** Schedule, ramps and counts begin again. */
  startAnew(counts: FaultShareCounts): void {
    this.counts = counts
  }

  /** When it was added, monotonic milliseconds. */
  get addedAt(): number {
    return this.counts.begun.at
  }

  /** In all threads. */
  get active(): number {
    return this.#share.active.value
  }

  /** It works on one more, or one less (`by` = -1), session or exchange. Answers on how many now. */
  countActive(by: 1 | -1): number {
    this.tally.active += by
    return this.#share.active.add(by)
  }

  /** What it is held to, the narrowest first. */
  get gauges(): readonly Gauge[] {
    return this.#gauges
  }

  set gauges(gauges: readonly Gauge[]) {
    this.#gauges = gauges
    const counts = gauges.some(({ limits }) => limits.maxInjections !== undefined)
    this.counters = counts ? new CountedActs(this) : this.tally
  }

  /** It, or everything together that it belongs to, has acted as often as allowed: what has begun is finished, nothing is begun any more. */
  get spent(): boolean {
    for (const gauge of this.#gauges) if (gauge.spent) return true
    return false
  }

  /** A limit has been crossed: it does nothing any more. */
  get off(): boolean {
    for (const gauge of this.#gauges) if (gauge.off) return true
    return false
  }

  /** A limit may stop it while it works. */
  get stoppable(): boolean {
    return this.#gauges.some(
      ({ limits: { maxInjections, maxShare, maxAddedDelay } }) =>
        maxInjections !== undefined || maxShare !== undefined || maxAddedDelay !== undefined,
    )
  }

  /** The longest that it may hold anything up, milliseconds. */
  get longestDelay(): number {
    return this.#gauges.reduce((least, { limits }) => Math.min(least, limits.maxAddedDelay ?? Infinity), Infinity)
  }

  /** Whether holding something for `ms` milliseconds, or (`lasting`) for longer than that, is too long; it is disarmed then. */
  isTooLong(ms: number, lasting = false): boolean {
    let tooLong = false
    for (const gauge of this.#gauges) if (gauge.isTooLong(this, ms, lasting)) tooLong = true
    return tooLong
  }

  get disarmed(): Disarmed | undefined {
    return this.#gauges.find(({ off }) => off)?.crossed ?? this.#gauges.find(({ spent }) => spent)?.crossed
  }

  get state(): FaultState {
    if (this.window === 'over' || this.#gauges.length === 0) return this.window
    if (this.#gauges.some(({ scope, spent }) => spent && scope === 'fault')) return 'spent'
    // Which limit it was is known where it was met, which may have been in another thread.
    return this.off || this.spent ? 'disarmed' : this.window
  }

  /** What all sessions share in all threads. */
  get cells(): Cells {
    return this.#share.cells()
  }

  /** What the stages of all sessions in this thread share; made by the first that asks. */
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
  /** Its window is open, and no limit has disarmed it. */
  readonly on: boolean
}

/** Nothing is other than the probability: what has been made for the one serves the other. */
export function differInProbabilityAlone(a: FaultNow, b: FaultNow): boolean {
  if (a.work !== b.work || a.on !== b.on || a.plan.revision !== b.plan.revision || a.plan.draw !== b.plan.draw)
    return false
  if (a.plan.epoch !== b.plan.epoch) return false
  // A ramp changes these without a revision.
  return Object.keys(b.plan.ramp ?? {}).every((name) => a.plan.params[name] === b.plan.params[name])
}
