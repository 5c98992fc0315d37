import type { FaultRecord, ProxyRecord } from './records.ts'
import { faultView, proxyView, type FaultView, type ProxyView } from './views.ts'

export type ProxyAction = 'proxy-created' | 'proxy-updated' | 'proxy-deleted'
export type FaultAction = 'fault-added' | 'fault-updated' | 'fault-removed' | 'fault-expired'

/** One change to what is in force, as plain data that JSON can hold. */
export interface ControlChange {
  readonly action: ProxyAction | FaultAction
  readonly proxy: string
  /** The fault's name, when the change is to a fault. */
  readonly fault?: string
  /** The proxy or fault as it was; `null` when it is new. */
  readonly before: ProxyView | FaultView | null
  /** The proxy or fault as it is now; `null` when it is gone. */
  readonly after: ProxyView | FaultView | null
  /** What the fault, as it is now, does that whoever chose its parameters may not have meant; absent = nothing. */
  readonly warnings?: readonly string[]
  /** Who asked for it, as the door that it came through tells (`ip:port` of an API client). */
  readonly actor?: string
}

export interface ControlEvents {
  changed: [ControlChange]
}

export function proxyChange(
  action: ProxyAction,
  before: ProxyRecord | null,
  after: ProxyRecord | null,
  actor: string | undefined,
): ControlChange {
  const proxy = (after ?? before)?.name ?? ''
  return { action, proxy, before: before && proxyView(before), after: after && proxyView(after), ...by(actor) }
}

export function faultChange(
  action: FaultAction,
  proxy: string,
  before: FaultRecord | null,
  after: FaultRecord | null,
  actor: string | undefined,
): ControlChange {
  const fault = (after ?? before)?.plan.name ?? ''
  const views = { before: before && faultView(before), after: after && faultView(after) }
  const warnings = views.after?.warnings ?? []
  return { action, proxy, fault, ...views, ...(warnings.length === 0 ? {} : { warnings }), ...by(actor) }
}

function by(actor: string | undefined): { readonly actor?: string } {
  return actor === undefined ? {} : { actor }
}
