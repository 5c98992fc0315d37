import type { Protocol } from '../core/plan.ts'
import type { FaultDirection } from '../core/words.ts'
import type { FaultRecord, ProxyRecord } from './records.ts'

/** A proxy as Foulweather's own API, logs and events show it. */
export interface ProxyView {
  readonly name: string
  readonly listen: string
  readonly upstream: string
  readonly enabled: boolean
  readonly protocol: Protocol
  readonly faults: readonly FaultView[]
}

/** A fault as Foulweather's own API, logs and events show it: parameters inline, in base units. */
export interface FaultView {
  readonly name: string
  readonly type: string
  readonly direction: FaultDirection
  readonly probability: number
  readonly owner: string
  readonly [param: string]: unknown
}

export function proxyView(record: ProxyRecord): ProxyView {
  const { name, listen, upstream, enabled, protocol } = record
  return { name, listen, upstream, enabled, protocol, faults: record.faults.map(faultView) }
}

export function faultView({ plan }: FaultRecord): FaultView {
  const { name, type, direction, probability, owner } = plan
  // The common fields come last: no parameter may shadow them.
  return { ...plan.params, name, type, direction, probability, owner }
}
