import type { ControlPlane } from '../control/control-plane.ts'
import type { FaultRecord, ProxyRecord } from '../control/records.ts'
import { faultView, proxyView, type FaultView, type ProxyView } from '../control/views.ts'
import { defined, definedOrNone } from '../core/defined.ts'
import type { FaultCounts, FaultSnapshot, FaultState, Snapshot } from '../engine/data-plane.ts'

/** A fault as it is, and how it is doing. */
export interface FaultStatus extends FaultView {
  /** Milliseconds until it is removed by itself. */
  readonly ttl_remaining?: number
  readonly state: FaultState
  /** What its ramps have reached, by parameter. */
  readonly ramped?: Readonly<Record<string, number>>
  /** Since it was added. `active`: sessions that it works on now. */
  readonly counters: FaultCounts & Pick<FaultSnapshot, 'active'>
}

/** What a fault that has met no session yet has counted. */
const NO_COUNTS: FaultCounts = { seen: 0, selected: 0, applied: 0, skipped: {} }
const NOTHING: FaultSnapshot = { ...NO_COUNTS, state: 'working', active: 0, own: NO_COUNTS, ramped: {} }

export interface ProxyStatus extends ProxyView {
  readonly faults: readonly FaultStatus[]
}

export function proxyStatus(control: ControlPlane, record: ProxyRecord): ProxyStatus {
  return proxyStatusIn(control, control.dataPlane.snapshot(record.name), record)
}

/** Of all proxies, from one snapshot. */
export function proxyStatuses(control: ControlPlane): readonly ProxyStatus[] {
  const snapshot = control.dataPlane.snapshot()
  return control.proxies().map((record) => proxyStatusIn(control, snapshot, record))
}

function proxyStatusIn(control: ControlPlane, snapshot: Snapshot, record: ProxyRecord): ProxyStatus {
  const faults = record.faults.map((fault) => faultStatusIn(control, snapshot, record.name, fault))
  return { ...proxyView(record), faults }
}

export function faultStatus(control: ControlPlane, proxy: string, fault: FaultRecord): FaultStatus {
  return faultStatusIn(control, control.dataPlane.snapshot(proxy), proxy, fault)
}

function faultStatusIn({ clock }: ControlPlane, snapshot: Snapshot, proxy: string, fault: FaultRecord): FaultStatus {
  const { state, active, own, ramped } = countersOf(snapshot, proxy, fault.plan.name)
  const { seen, selected, applied, skipped } = own
  const { lifetime } = fault
  const remaining = lifetime && { ttl_remaining: Math.max(0, Math.round(lifetime.until - clock.now())) }
  const counters = { seen, selected, active, applied, skipped }
  return { ...faultView(fault), ...remaining, state, ...defined({ ramped: definedOrNone(ramped) }), counters }
}

function countersOf({ proxies }: Snapshot, proxy: string, fault: string): FaultSnapshot {
  const faults = proxies.find(({ name }) => name === proxy)?.faults ?? {}
  return (Object.hasOwn(faults, fault) ? faults[fault] : undefined) ?? NOTHING
}
