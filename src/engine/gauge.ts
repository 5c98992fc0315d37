import type { FaultLimits } from '../core/plan.ts'
import type { Disarmed, LimitCrossed } from './data-plane.ts'
import type { GaugeShare } from './sharing/sharing.ts'

/** A fault that is held to limits. */
export interface Gauged {
  readonly proxy: string
  readonly name: string
  readonly type: string
  /** Sessions, or exchanges, that it works on now, in all threads. */
  readonly active: number
  readonly gauges: readonly Gauge[]
  /** Told when its faults are disarmed or not any more. */
  readonly home: { moved(): void }
}

/** A limit that has been met. */
export type Met = Omit<LimitCrossed, 'scope'>

/** Puts it on record; answers it as it can be told. */
export type OnMet = (gauge: Gauge, by: Gauged, met: Met) => Met

/** Before so many have been seen, a share says nothing. */
const SHARE_OF_AT_LEAST = 20

/** Of a fault without limits: one for all, so that looking at them costs next to nothing. */
export const NO_GAUGES: readonly Gauge[] = []

/**
 * The limits of a fault, or of several together, and what has been counted against them. Plain fields, moved by whoever selects and acts.
 *
 *     armed ──max_share, max_added_delay──▶ off
 *       │  ◀──a fault of it begins anew───┘
 *       └──max_injections──▶ spent: what has begun is finished, nothing is begun any more
 */
export class Gauge {
  readonly scope: Disarmed['scope']
  limits: FaultLimits
  readonly #share: GaugeShare
  #crossed: { readonly run: number; readonly what: Disarmed } | undefined
  #full = false
  readonly #members = new Set<Gauged>()
  readonly #onMet: OnMet

  constructor(scope: Disarmed['scope'], limits: FaultLimits, share: GaugeShare, onMet: OnMet) {
    this.scope = scope
    this.limits = limits
    this.#share = share
    this.#onMet = onMet
    share.restart()
  }

  get off(): boolean {
    return this.#share.off
  }

  get spent(): boolean {
    return this.#share.spent
  }

  /** What has stopped it, where it was met in this thread. */
  get crossed(): Disarmed | undefined {
    return this.#crossed?.run === this.#share.run ? this.#crossed.what : undefined
  }

  /** It has been seen to be met by one more session or exchange. */
  countSeen(): void {
    this.#share.seen.add(1)
  }

  countSelected(): void {
    this.#share.selected.add(1)
  }

  get empty(): boolean {
    return this.#members.size === 0
  }

  /** There is no other fault in it. */
  isOf(fault: Gauged): boolean {
    return this.#members.size === 1 && this.#members.has(fault)
  }

  /** A fault that is new, or begins anew, arms all of them again. */
  join(fault: Gauged): void {
    this.#members.add(fault)
    if (this.off || this.spent) this.restart(this.limits)
  }

  leave(fault: Gauged): void {
    this.#members.delete(fault)
  }

  /** Counts begin again. */
  restart(limits: FaultLimits): void {
    const wasStopped = this.off || this.spent
    this.limits = limits
    this.#share.restart()
    // Doors and stages that were asked for nothing any more have times of their own again.
    if (wasStopped) this.#tellHomes()
  }

  /** Whether there is no place for one more. */
  isFull(by: Gauged): boolean {
    const { maxActive } = this.limits
    if (maxActive === undefined) return false
    const active = this.scope === 'fault' ? by.active : this.#share.active.value
    return this.#tellFull(by, maxActive, active + 1)
  }

  /**
   * One more takes its place, or (`by` = -1) leaves it. Answers whether there was none.
   *
   * @param active on how many the fault works with this one. Not asked anew: of two threads that come to the last place, one has it.
   */
  countActive(fault: Gauged, by: 1 | -1, active: number): boolean {
    const { maxActive } = this.limits
    const group = this.#share.active.add(by)
    if (by < 0 || maxActive === undefined) return false
    return this.#tellFull(fault, maxActive, this.scope === 'fault' ? active : group)
  }

  /** @param active with the one that is to be. */
  #tellFull(by: Gauged, maxActive: number, active: number): boolean {
    const full = active > maxActive
    if (full && !this.#full) this.#onMet(this, by, { limit: 'max_active', bound: maxActive, value: active })
    this.#full = full
    return full
  }

  /** Whether the share is too large, with one more if `more` is to be selected. Disarms then. */
  isOverShare(by: Gauged, more: boolean): boolean {
    const { maxShare } = this.limits
    if (maxShare === undefined) return false
    const { seen, selected } = this.#share
    if (seen.value < SHARE_OF_AT_LEAST) return false
    const share = (selected.value + (more ? 1 : 0)) / seen.value
    if (share <= maxShare) return false
    this.#disarm(by, 'max_share', maxShare, share)
    return true
  }

  /** Whether holding something for `ms` milliseconds, or (`lasting`) for longer than that, is too long. Disarms then. */
  isTooLong(by: Gauged, ms: number, lasting: boolean): boolean {
    const { maxAddedDelay } = this.limits
    if (maxAddedDelay === undefined || !(ms > maxAddedDelay || (lasting && ms >= maxAddedDelay))) return false
    this.#disarm(by, 'max_added_delay', maxAddedDelay, ms)
    return true
  }

  acted(by: Gauged, acts: number): void {
    const all = this.#share.acts.add(acts)
    const { maxInjections } = this.limits
    if (maxInjections === undefined || all < maxInjections || !this.#share.stop('spent')) return
    this.#cross(by, 'max_injections', maxInjections, all)
  }

  #disarm(by: Gauged, limit: 'max_share' | 'max_added_delay', bound: number, value: number): void {
    if (!this.#share.stop('off')) return
    this.#cross(by, limit, bound, value)
    this.#tellHomes()
  }

  #cross(by: Gauged, limit: Disarmed['limit'], bound: number, value: number): void {
    const told = this.#onMet(this, by, { limit, bound, value })
    if (this.crossed !== undefined) return
    this.#crossed = {
      run: this.#share.run,
      what: { ...told, limit, scope: this.scope, at: new Date().toISOString() },
    }
  }

  #tellHomes(): void {
    this.#share.moved()
    for (const home of new Set(Array.from(this.#members, (member) => member.home))) home.moved()
  }
}
