import { defined } from '../core/defined.ts'
import type { By } from './by.ts'
import type { FaultRecord, ProxyRecord } from './records.ts'
import { faultView, proxyView, type FaultView, type ProxyView } from './views.ts'

export type ProxyAction = 'proxy-created' | 'proxy-updated' | 'proxy-deleted'
export type FaultAction = 'fault-added' | 'fault-updated' | 'fault-removed' | 'fault-expired' | 'fault-renewed'
export type ProfileAction =
  | 'profile-put'
  | 'profile-deleted'
  | 'profile-activated'
  | 'profile-reloaded'
  | 'profile-reload-failed'
  | 'profile-renewed'
  | 'profile-deactivated'
  | 'profile-expired'
export type SessionAction = 'session-reset'
export type SafetyAction = 'halted' | 'resumed'

/** What has been done, as plain data that JSON can hold, before it has its place in the order of all changes. */
export interface Changed {
  readonly action: ProxyAction | FaultAction | ProfileAction | SessionAction | SafetyAction
  /** Absent when the change is to a profile, or to everything. */
  readonly proxy?: string
  /** The fault's name, when the change is to a fault. */
  readonly fault?: string
  readonly profile?: string
  /** Its id, when one session was told to end. */
  readonly session?: string
  /** The proxy, fault, profile or session as it was; `null` when it is new. */
  readonly before: object | null
  /** The proxy, fault or profile as it is now; `null` when it is gone. */
  readonly after: object | null
  /** What the fault, as it is now, does that whoever chose its parameters may not have meant; absent = nothing. */
  readonly warnings?: readonly string[]
  /** Who asked for it, as the door that it came through tells (`ip:port` of an API client). */
  readonly actor?: string
  /** Why, in the words of whoever asked; where nobody did (a lease that ran out), ours. */
  readonly reason?: string
}

/** One change to what is in force. */
export interface ControlChange extends Changed {
  /** Counts all changes of the process, from 1; `revision` of `/v1/status`. */
  readonly revision: number
  /** Wall clock, ISO 8601. */
  readonly time: string
}

export interface ControlEvents {
  changed: [ControlChange]
}

export function proxyChange(
  action: ProxyAction,
  before: ProxyRecord | null,
  after: ProxyRecord | null,
  by: By,
): Changed {
  const proxy = (after ?? before)?.name ?? ''
  const views: { before: ProxyView | null; after: ProxyView | null } = {
    before: before && proxyView(before),
    after: after && proxyView(after),
  }
  return { action, proxy, ...views, ...said(by) }
}

export function faultChange(
  action: FaultAction,
  proxy: string,
  before: FaultRecord | null,
  after: FaultRecord | null,
  by: By,
): Changed {
  const fault = (after ?? before)?.plan.name ?? ''
  const views: { before: FaultView | null; after: FaultView | null } = {
    before: before && faultView(before),
    after: after && faultView(after),
  }
  const warnings = views.after?.warnings ?? []
  return { action, proxy, fault, ...views, ...(warnings.length === 0 ? {} : { warnings }), ...said(by) }
}

export function profileChange(
  action: ProfileAction,
  profile: string,
  before: object | null,
  after: object | null,
  by: By,
): Changed {
  return { action, profile, before, after, ...said(by) }
}

export function said({ actor, reason }: By): Pick<By, 'actor' | 'reason'> {
  return defined({ actor, reason })
}
