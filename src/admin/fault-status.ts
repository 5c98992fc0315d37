import type { ControlPlane } from '../control/control-plane.ts'
import type { FaultRecord, ProxyRecord } from '../control/records.ts'
import { faultView, proxyView, type FaultView, type ProxyView } from '../control/views.ts'
import type { FaultSnapshot, FaultState, Snapshot } from '../engine/data-plane.ts'

/** A fault as it is, and how it is doing. */
export interface FaultStatus extends FaultView {
  /** Milliseconds until it is removed by itself. */
  readonly ttl_remaining?: number
  readonly state: FaultState
  readonly counters: Omit<FaultSnapshot, 'state'>
}

/** What a fault that has met no session yet has counted. */
const NOTHING: FaultSnapshot = { state: 'working', seen: 0, selected: 0, active: 0, applied: 0, skipped: {} }

export interface ProxyStatus extends ProxyView {
  readonly faults: readonly FaultStatus[]
}

export function proxyStatus(control: ControlPlane, record: ProxyRecord): ProxyStatus {
  return proxyStatusIn(control, control.dataPlane.snapshot(), record)
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
  return faultStatusIn(control, control.dataPlane.snapshot(), proxy, fault)
}

function faultStatusIn({ clock }: ControlPlane, snapshot: Snapshot, proxy: string, fault: FaultRecord): FaultStatus {
  const { state, seen, selected, active, applied, skipped } = countersOf(snapshot, proxy, fault.plan.name)
  const { lifetime } = fault
  const remaining = lifetime && { ttl_remaining: Math.max(0, Math.round(lifetime.until - clock.now())) }
  return { ...faultView(fault), ...remaining, state, counters: { seen, selected, active, applied, skipped } }
}

function countersOf({ proxies }: Snapshot, proxy: string, fault: string): FaultSnapshot {
  const faults = proxies.find(({ name }) => name === proxy)?.faults ?? {}
  return (Object.hasOwn(faults, fault) ? faults[fault] : undefined) ?? NOTHING
}
