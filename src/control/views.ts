import type { Protocol, ProxyProtocolOptions } from '../core/plan.ts'
import { faultDefinition } from '../faults/index.ts'
import { fieldsOf } from './fault-fields.ts'
import type { Fields } from './fault-input.ts'
import { defined } from '../core/defined.ts'
import { proxyFields } from './proxy-document.ts'
import type { FaultRecord, ProxyRecord } from './records.ts'

/** A proxy as Foulweather's own API, logs and events show it. */
export interface ProxyView {
  readonly name: string
  readonly listen: string
  readonly upstream: string
  readonly enabled: boolean
  readonly protocol: Protocol
  /** What it does with HTTP, where something else than the usual was asked for. */
  readonly http?: Fields
  /** Certificates by their subjects; keys are not shown. */
  readonly tls?: Fields
  readonly proxy_protocol?: ProxyProtocolOptions
  readonly owner: string
  readonly revision: number
  readonly faults: readonly FaultView[]
}

/** A fault as Foulweather's own API, logs and events show it: everything that is in force, parameters inline, in base units. */
export interface FaultView {
  readonly name: string
  readonly type: string
  /** Milliseconds, as it was asked for; absent = it stays. */
  readonly ttl?: number
  /** Milliseconds within which it has to be renewed; absent = it need not. */
  readonly lease?: number
  readonly owner: string
  /** ISO 8601. */
  readonly created: string
  /** When it is removed by itself, ISO 8601; absent = never. */
  readonly expires?: string
  readonly revision: number
  /** Whether Toxiproxy's clients see it. */
  readonly toxic: boolean
  /** What its parameters do that whoever chose them may not have meant. */
  readonly warnings: readonly string[]
  /** `direction`, `probability` and the other common fields where it has them, and its parameters. */
  readonly [field: string]: unknown
}

export function proxyView(record: ProxyRecord): ProxyView {
  const { name, owner, revision } = record
  return { name, ...proxyFields(record), owner, revision, faults: record.faults.map(faultView) }
}

export function faultView({ plan, toxic, created, lifetime, revision }: FaultRecord): FaultView {
  const { name, type, owner } = plan
  return {
    ...fieldsOf(plan),
    name,
    type,
    ...defined({ ttl: lifetime?.ttl, lease: lifetime?.lease }),
    owner,
    created: new Date(created).toISOString(),
    ...defined({ expires: lifetime && new Date(lifetime.expires).toISOString() }),
    revision,
    toxic: toxic !== undefined,
    warnings: warningsOf(plan),
  }
}

/** Of a ramp both ends count; that one which begins at 0 does nothing at first is what is meant. */
function warningsOf({ type, params, ramp = {} }: FaultRecord['plan']): readonly string[] {
  const { probability: _share, ...ramps } = ramp
  const end = { ...params, ...Object.fromEntries(Object.entries(ramps).map(([name, { to }]) => [name, to])) }
  const fromNothing = Object.values(ramps).some(({ from }) => from === 0)
  const warnings = (fromNothing ? [end] : [params, end]).flatMap(
    (values) => faultDefinition(type)?.warnings?.(values) ?? [],
  )
  return [...new Set(warnings)]
}
