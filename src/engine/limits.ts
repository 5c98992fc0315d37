import type { EventEmitter } from 'node:events'
import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '../core/clock.ts'
import type { FaultLimits, FaultPlan } from '../core/plan.ts'
import type { DecisionLog } from './decision-log.ts'
import type { EngineEvents } from './events.ts'
import { Gauge, NO_GAUGES, type Gauged, type Met } from './gauge.ts'
import { createAlone } from './sharing/alone.ts'
import type { Sharing } from './sharing/sharing.ts'

/** Where what happens to limits is put on record, and told. */
export interface LimitsParts {
  readonly clock: Clock
  readonly decisions: DecisionLog
  readonly events: EventEmitter<EngineEvents>
  /** Of all faults of the process together. */
  readonly limits?: FaultLimits | undefined
  /** Default: there is nobody to share with. */
  readonly sharing?: Sharing
}

/** A fault that is refused again and again says so once in this time. */
const TELL_AGAIN_MS = 1000

/** Nothing is as long as a hold without end; JSON knows no infinity. */
const NO_END = Number.MAX_SAFE_INTEGER

/** The limits of a data plane: those of each fault, of all faults of an owner, and of the process. */
export class Limits {
  readonly sharing: Sharing
  readonly #parts: LimitsParts
  readonly #process: Gauge | undefined
  readonly #owners = new Map<string, Gauge>()
  readonly #told = new WeakMap<Gauged, number>()
  readonly #met = (gauge: Gauge, by: Gauged, met: Met): Met => this.#tell(gauge, by, met)

  constructor(parts: LimitsParts) {
    this.#parts = parts
    this.sharing = parts.sharing ?? createAlone()
    if (parts.limits === undefined) return
    this.#process = new Gauge('process', parts.limits, this.sharing.gauge({ scope: 'process' }), this.#met)
  }

  /** The fault is new, or begins anew: what it is held to from now on, the narrowest first. What has disarmed any of that does so no more. */
  gaugesFor(fault: Gauged, { limits, ownerLimits, owner, shadow }: FaultPlan): readonly Gauge[] {
    const own = limits === undefined ? [] : [this.#ownGauge(fault, limits)]
    // What does nothing has no part in what several do together.
    const groups = shadow === true ? [] : [this.#ownerGauge(fault, owner, ownerLimits), this.#process]
    const gauges = [...own, ...groups.filter((gauge) => gauge !== undefined)]
    for (const gauge of gauges) gauge.join(fault)
    this.#leaveBut(fault, gauges)
    return gauges.length === 0 ? NO_GAUGES : gauges
  }

  /** The fault is gone. */
  leave(fault: Gauged): void {
    this.#leaveBut(fault, NO_GAUGES)
  }

  #leaveBut(fault: Gauged, gauges: readonly Gauge[]): void {
    for (const gauge of fault.gauges) if (!gauges.includes(gauge)) gauge.leave(fault)
    for (const [owner, gauge] of this.#owners) if (gauge.empty) this.#owners.delete(owner)
  }

  #ownGauge({ proxy, name }: Gauged, limits: FaultLimits): Gauge {
    return new Gauge('fault', limits, this.sharing.gauge({ scope: 'fault', proxy, fault: name }), this.#met)
  }

  #ownerGauge(fault: Gauged, owner: string, limits: FaultLimits | undefined): Gauge | undefined {
    if (limits === undefined) return undefined
    const known = this.#owners.get(owner)
    if (known !== undefined) {
      // Also where all of it begins anew it stays the same one: what is under way keeps its place in `maxActive`.
      if (known.isOf(fault) || !isDeepStrictEqual(known.limits, limits)) known.restart(limits)
      return known
    }
    const fresh = new Gauge('owner', limits, this.sharing.gauge({ scope: 'owner', owner }), this.#met)
    this.#owners.set(owner, fresh)
    return fresh
  }

  /** Answers it as it can be told. */
  #tell({ scope }: Gauge, by: Gauged, { limit, bound, value: exact }: Met): Met {
    const { clock, decisions, events } = this.#parts
    const value = Math.min(exact, NO_END)
    const told = { limit, bound, value }
    if (limit === 'max_active') {
      const now = clock.now()
      if (now - (this.#told.get(by) ?? -Infinity) < TELL_AGAIN_MS) return told
      this.#told.set(by, now)
    }
    const { proxy, name, type } = by
    decisions.add({ proxy, fault: name, type, kind: 'limit', what: limit, detail: { scope, bound, value } })
    events.emit('limit-crossed', { proxy, fault: name, limit, scope, bound, value })
    return told
  }
}
