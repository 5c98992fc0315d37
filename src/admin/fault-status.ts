import type { ControlPlane } from '../control/control-plane.ts'
import type { FaultRecord, ProxyRecord } from '../control/records.ts'
import { faultView, proxyView, type FaultView, type ProxyView } from '../control/views.ts'
import { defined, definedOrNone } from '../core/defined.ts'
import type { Disarmed, FaultCounts, FaultSnapshot, FaultState, Snapshot } from '../engine/data-plane.ts'

/** A fault as it is, and how it is doing. */
export interface FaultStatus extends FaultView {
  /** Milliseconds until it is removed by itself. */
  readonly ttl_remaining?: number
  readonly state: FaultState
  /** The limit that has stopped it. */
  readonly disarmed?: Disarmed
  /** What its ramps have reached, by parameter. */
  readonly ramped?: Readonly<Record<string, number>>
  /** Since it was added. `active`: sessions that it works on now. */
  readonly counters: FaultCounts & Pick<FaultSnapshot, 'active'>
}

/** What a fault that has met no session yet has counted. */
const NO_COUNTS: FaultCounts = { seen: 0, selected: 0, applied: 0, shadowed: 0, skipped: {} }
const NOTHING: FaultSnapshot = { ...NO_COUNTS, state: 'working', active: 0, own: NO_COUNTS, ramped: {} }

/** Of one proxy, by name; of one that is not there yet, or not any more, there are none. */
type FaultSnapshots = Snapshot['proxies'][number]['faults'] | undefined

export interface ProxyStatus extends ProxyView {
  readonly faults: readonly FaultStatus[]
}

export async function proxyStatus(control: ControlPlane, record: ProxyRecord): Promise<ProxyStatus> {
  return proxyStatusIn(control, await snapshotsOf(control, record.name), record)
}

/** Of all proxies, from one snapshot. */
export async function proxyStatuses(control: ControlPlane): Promise<readonly ProxyStatus[]> {
  const { proxies } = await control.dataPlane.snapshot()
  // By name: looking each fault's proxy up in the list again takes the square of the time.
  const snapshots = new Map(proxies.map(({ name, faults }) => [name, faults]))
  return control.proxies().map((record) => proxyStatusIn(control, snapshots.get(record.name), record))
}

function proxyStatusIn(control: ControlPlane, snapshots: FaultSnapshots, record: ProxyRecord): ProxyStatus {
  const faults = record.faults.map((fault) => faultStatusIn(control, snapshots, fault))
  return { ...proxyView(record), faults }
}

export async function faultStatus(control: ControlPlane, proxy: string, fault: FaultRecord): Promise<FaultStatus> {
  return faultStatusIn(control, await snapshotsOf(control, proxy), fault)
}

async function snapshotsOf({ dataPlane }: ControlPlane, proxy: string): Promise<FaultSnapshots> {
  const { proxies } = await dataPlane.snapshot(proxy)
  return proxies.find(({ name }) => name === proxy)?.faults
}

function faultStatusIn({ clock }: ControlPlane, snapshots: FaultSnapshots, fault: FaultRecord): FaultStatus {
  const { state, active, own, ramped, disarmed } = countersOf(snapshots, fault.plan.name)
  const { seen, selected, applied, shadowed, skipped } = own
  const { lifetime } = fault
  const remaining = lifetime && { ttl_remaining: Math.max(0, Math.round(lifetime.until - clock.now())) }
  const counters = { seen, selected, active, applied, shadowed, skipped }
  return { ...faultView(fault), ...remaining, state, ...defined({ disarmed, ramped: definedOrNone(ramped) }), counters }
}

function countersOf(faults: FaultSnapshots, name: string): FaultSnapshot {
  return (faults !== undefined && Object.hasOwn(faults, name) ? faults[name] : undefined) ?? NOTHING
}
