import type { FaultDirection } from './words.ts'

/** One validated fault, as plain data (it survives a structured clone). */
export interface FaultPlan {
  /** Unique within its proxy. */
  readonly name: string
  readonly type: string
  readonly direction: FaultDirection
  /** 0…1: the share of sessions that it selects, drawn once per session and direction. */
  readonly probability: number
  /** Parameters in base units (milliseconds, bytes, bytes per second), as the fault's schema has produced them. */
  readonly params: Readonly<Record<string, unknown>>
  /** `api`, `profile:<name>`, `experiment:<id>`. */
  readonly owner: string
  /** Changes whenever anything above changes: the engine then makes new stages. */
  readonly revision: number
  /** Changes whenever live sessions have to draw again whether the fault selects them. */
  readonly draw: number
}

export type Protocol = 'tcp'

/** One validated proxy, as plain data. */
export interface ProxyPlan {
  readonly name: string
  /** `host:port`, `[v6]:port`, `:port` or `unix:/path`. */
  readonly listen: string
  /** `host:port`, `[v6]:port` or `unix:/path`; resolved anew for each session. */
  readonly upstream: string
  readonly enabled: boolean
  readonly protocol: Protocol
  /** In order: bytes pass the first one first, in both directions. */
  readonly faults: readonly FaultPlan[]
}

/** A change to what is in force. Proxies that are not named stay as they are. */
export interface PlanChange {
  readonly put?: readonly ProxyPlan[]
  readonly remove?: readonly string[]
}
