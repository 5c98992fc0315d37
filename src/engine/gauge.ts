import type { FaultLimits } from '../core/plan.ts'
import type { Disarmed, LimitCrossed } from './data-plane.ts'

/** A fault that is held to limits. */
export interface Gauged {
  readonly proxy: string
  readonly name: string
  readonly type: string
  /** Sessions, or exchanges, that it works on now. */
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
  seen = 0
  selected = 0
  /** Of groups alone: a fault by itself has its tally. */
  active = 0
  acts = 0
  off = false
  spent = false
  crossed: Disarmed | undefined
  #full = false
  readonly #members = new Set<Gauged>()
  readonly #onMet: OnMet

  constructor(scope: Disarmed['scope'], limits: FaultLimits, onMet: OnMet) {
    this.scope = scope
    this.limits = limits
    this.#onMet = onMet
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
    if (this.crossed !== undefined) this.restart(this.limits)
  }

  leave(fault: Gauged): void {
    this.#members.delete(fault)
  }

  /** Counts begin again. */
  restart(limits: FaultLimits): void {
    const wasStopped = this.off || this.spent
    this.limits = limits
    this.seen = 0
    this.selected = 0
    this.acts = 0
    this.off = false
    this.spent = false
    this.crossed = undefined
    // Doors and stages that were asked for nothing any more have times of their own again.
    if (wasStopped) this.#tellHomes()
  }

  /** Whether there is no place for one more. */
  isFull(by: Gauged): boolean {
    const { maxActive } = this.limits
    if (maxActive === undefined) return false
    const active = this.scope === 'fault' ? by.active : this.active
    const full = active >= maxActive
    if (full && !this.#full) this.#onMet(this, by, { limit: 'max_active', bound: maxActive, value: active + 1 })
    this.#full = full
    return full
  }

  /** Whether the share is too large, with one more if `more` is to be selected. Disarms then. */
  isOverShare(by: Gauged, more: boolean): boolean {
    const { maxShare } = this.limits
    if (maxShare === undefined || this.seen < SHARE_OF_AT_LEAST) return false
    const share = (this.selected + (more ? 1 : 0)) / this.seen
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
    this.acts += acts
    const { maxInjections } = this.limits
    if (this.spent || maxInjections === undefined || this.acts < maxInjections) return
    this.spent = true
    this.#cross(by, 'max_injections', maxInjections, this.acts)
  }

  #disarm(by: Gauged, limit: 'max_share' | 'max_added_delay', bound: number, value: number): void {
    if (this.off) return
    this.off = true
    this.#cross(by, limit, bound, value)
    this.#tellHomes()
  }

  #cross(by: Gauged, limit: Disarmed['limit'], bound: number, value: number): void {
    const told = this.#onMet(this, by, { limit, bound, value })
    this.crossed ??= { ...told, limit, scope: this.scope, at: new Date().toISOString() }
  }

  #tellHomes(): void {
    for (const home of new Set(Array.from(this.#members, (member) => member.home))) home.moved()
  }
}
