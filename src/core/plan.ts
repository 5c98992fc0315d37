import type { FaultDirection } from './words.ts'

/**
 * One validated fault, as plain data (it survives a structured clone). What is optional is absent unless it was asked for. All times are
 * milliseconds.
 */
export interface FaultPlan {
  /** Unique within its proxy. */
  readonly name: string
  readonly type: string
  readonly direction: FaultDirection
  /** 0…1: the share of sessions (or chunks, see `per`) that it selects. */
  readonly probability: number
  /** What is drawn for: each session once (the default), or each chunk that comes in. */
  readonly per?: 'session' | 'chunk'
  /** Which sessions it may select at all; absent = every one. */
  readonly match?: FaultMatch
  /** What becomes of sessions that are older than the fault. Default: `apply`. */
  readonly existing?: 'apply' | 'skip' | 'reset'
  /** What becomes of the sessions that it works on when it is removed. Default: `release`: what it holds goes on at once. */
  readonly onRemove?: 'release' | 'reset'
  /** When it works; absent = always. */
  readonly schedule?: FaultSchedule
  /** Numeric parameters (or `probability`) that change over time, by name; their start value is in `params` too. */
  readonly ramp?: Readonly<Record<string, Ramp>>
  readonly limits?: FaultLimits
  /** Parameters in base units (milliseconds, bytes, bytes per second), as the fault's schema has produced them. */
  readonly params: Readonly<Record<string, unknown>>
  /** `api`, `profile:<name>`, `experiment:<id>`. */
  readonly owner: string
  /** Changes whenever anything above changes: the engine then makes new stages. */
  readonly revision: number
  /** Changes whenever live sessions have to draw again whether the fault selects them. */
  readonly draw: number
  /** Changes whenever the fault counts as newly added: schedule, ramp and limits begin again. Default: 0. */
  readonly epoch?: number
}

export interface FaultMatch {
  /** Client addresses in CIDR notation; one of them has to hold the client. An address without a prefix length is that one alone. */
  readonly client?: readonly string[]
  /** By the order in which sessions that match otherwise meet the fault. */
  readonly session?: SessionCount
}

/** Of the sessions that come: leave out `skip`, then take the `first` so many, or each `every`-th, and `max` at most. */
export interface SessionCount {
  readonly skip?: number
  readonly first?: number
  /** 1 = each; 3 = the third, sixth, … after those that were left out. */
  readonly every?: number
  readonly max?: number
}

/** Works from `after` (counted from when the fault was added) for `for`, and so again every `every`. */
export interface FaultSchedule {
  /** Default: 0. */
  readonly after?: number
  /** Default: without end. */
  readonly for?: number
  /** From the beginning of one window to that of the next; longer than `for`. Default: one window. */
  readonly every?: number
}

/** Goes from `from` to `to` evenly over `over`, and stays there. Counted from when the fault first works; in steps. */
export interface Ramp {
  readonly from: number
  readonly to: number
  readonly over: number
  /** Only whole values on the way (bytes, counts). Default: false. */
  readonly whole?: boolean
}

export interface FaultLimits {
  /** On how many sessions it works at the same time at most. */
  readonly maxActive?: number
  /** How often it acts at most; then it is spent. */
  readonly maxInjections?: number
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
