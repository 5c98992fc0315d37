import type { EventEmitter } from 'node:events'
import type { Decision, SkipReason } from '../core/decision.ts'
import type { FoulweatherError } from '../core/errors.ts'
import type { PlanChange } from '../core/plan.ts'
import type { FaultCounters } from '../core/fault-factory.ts'
import type { Direction, Origin } from '../core/words.ts'
import type { DecisionFilter } from './decision-log.ts'
import type { EngineEvents } from './events.ts'
import type { ExchangeInfo } from './http/exchange-info.ts'
import type { ExchangeFilter, ExchangeLogInfo } from './http/exchange-log.ts'

/** There at once, or as soon as other threads have answered. */
export type Awaitable<T> = T | Promise<T>

/**
 * Where the sessions are. The control plane speaks to this and to nothing else of the engine; everything that crosses it is
 * plain data, so that the same interface can be served by worker threads.
 */
export interface DataPlane {
  /**
   * Puts a change in force. Faults of a running proxy change before this returns; starting and stopping listeners answers when the
   * kernel has done it. Never waits for a session, a dial or a peer. Changes to one proxy must not overlap (the caller queues them).
   *
   * The outcome names each `put` proxy. A proxy that failed to start is kept, stopped.
   */
  apply(change: PlanChange): Promise<readonly ProxyOutcome[]>
  /**
   * Takes every fault of every proxy away, without what they were to do when they go, those of deleted proxies whose sessions drain included:
   * before it returns, or (other threads) before it answers. It may come at any time, in the middle of an `apply` too: that goes on with its
   * listener.
   */
  clearFaults(): Awaitable<void>
  /** @param proxy only that one; default: all. */
  snapshot(proxy?: string): Awaitable<Snapshot>
  sessions(filter?: SessionFilter): Awaitable<readonly SessionInfo[]>
  /** The latest decisions, oldest first. Bounded: `decisionsKept` of them in all, whatever the filter. */
  decisions(filter?: DecisionFilter): Awaitable<readonly Decision[]>
  /** The latest exchanges of HTTP that are over, oldest first. Bounded: `exchangesKept` of them in all, whatever the filter. */
  exchanges(filter?: ExchangeFilter): Awaitable<readonly ExchangeInfo[]>
  exchangeLog(): Awaitable<ExchangeLogInfo>
  /** Resets one live session (RST to both peers; origin `proxy`, reason `killed`). `false`: no such live session. */
  kill(id: string): Awaitable<boolean>
  readonly events: EventEmitter<EngineEvents>
  /** Stops everything. Sessions get the drain time, then they are closed. Answers when the last one is gone. */
  close(): Promise<void>
  /** The threads that sessions are served by; empty = none but this one. */
  workers(): readonly WorkerInfo[]
}

/** A data plane in this very thread: it answers at once. */
export interface LocalDataPlane extends DataPlane {
  clearFaults(): void
  snapshot(proxy?: string): Snapshot
  sessions(filter?: SessionFilter): readonly SessionInfo[]
  decisions(filter?: DecisionFilter): readonly Decision[]
  exchanges(filter?: ExchangeFilter): readonly ExchangeInfo[]
  exchangeLog(): ExchangeLogInfo
  kill(id: string): boolean
}

/** One thread that serves sessions. */
export interface WorkerInfo {
  /** From 1. */
  readonly worker: number
  readonly state: 'starting' | 'running' | 'closing'
  /** How often it has died and been replaced. */
  readonly deaths: number
  /** Wall clock, ISO 8601: when the present one began. */
  readonly since: string
}

export interface ProxyOutcome {
  readonly name: string
  /** Listening now. */
  readonly running: boolean
  /** The bound address in canonical form while running; otherwise as the plan has it. */
  readonly listen: string
  /** Why it could not start. */
  readonly error?: FoulweatherError
}

export interface SessionFilter {
  readonly id?: string
  readonly proxy?: string
  /** Default: `live`. `ended` = the most recent ones that are over (bounded). */
  readonly state?: 'live' | 'ended' | 'all'
}

/**
 * `handshake` = what comes before a session is being read (TLS, PROXY protocol); `waiting` = a fault has not let it in yet; `half_open` = a fault has taken one peer away without telling the other.
 */
export type SessionState = 'handshake' | 'waiting' | 'dialing' | 'open' | 'half_open' | 'closing' | 'ended'

export interface SessionInfo {
  readonly id: string
  readonly proxy: string
  /** Counts the sessions of its proxy, from 1; part of what decides its draws. */
  readonly ordinal: number
  readonly state: SessionState
  /** `ip:port`, `[v6]:port` or `unix`. */
  readonly client: string
  /** The upstream as the plan names it. */
  readonly upstream: string
  /** The address that the dial ended at; `null` before. */
  readonly upstreamAddress: string | null
  /** The name that the client asked for in its TLS handshake; absent = none, or nobody has looked. */
  readonly servername?: string
  /** Wall clock, ISO 8601. */
  readonly started: string
  readonly ageMs: number
  /** Bytes read from the direction's source and written to its destination. */
  readonly bytes: Readonly<Record<Direction, { readonly received: number; readonly sent: number }>>
  /** Bytes that wait in us, in each direction. */
  readonly held: Readonly<Record<Direction, number>>
  /** Names of the faults at work on it, in order. */
  readonly stages: Readonly<Record<Direction, readonly string[]>>
  /** Names of the faults that have worked on it or on one of its exchanges at any time, in the order in which they began; the last 32. */
  readonly touchedBy: readonly string[]
  /** `null` while it lives. */
  readonly ending: { readonly origin: string; readonly reason: string; readonly at: string } | null
}

export interface ByteCounters {
  received: number
  sent: number
}

/** Plain counters since start, for metrics and status. Proxies that were deleted stay listed (counters never go back). */
export interface Snapshot {
  readonly proxies: readonly ProxySnapshot[]
  /** All decisions so far, and how many of the latest can be looked at. */
  readonly decisions: { readonly total: number; readonly kept: number }
  readonly held: {
    /** The memory of all that waits: its bytes, and 256 more for each chunk. */
    readonly bytes: number
    readonly limit: number
    readonly perSessionLimit: number
    /** How often a session stopped reading because of `limit`. */
    readonly stalls: number
  }
  /** How late the scheduler fired, in milliseconds: cumulative-style buckets are made by the reader. */
  readonly lateness: HistogramData
}

export interface PlaceSnapshot {
  readonly listen: string
  readonly upstream: string
  readonly bytes: Readonly<Record<Direction, Readonly<ByteCounters>>>
}

export interface ProxySnapshot {
  readonly name: string
  readonly listen: string
  readonly upstream: string
  readonly running: boolean
  readonly sessions: {
    readonly total: number
    readonly active: number
    readonly endings: Readonly<Record<string, number>>
  }
  /** In all places together. */
  readonly bytes: Readonly<Record<Direction, Readonly<ByteCounters>>>
  /** Everywhere that it has had sessions (addresses may change): what it carried there. Bounded. */
  readonly places: readonly PlaceSnapshot[]
  readonly faults: Readonly<Record<string, FaultSnapshot>>
  /** Time to connect to the upstream, milliseconds. */
  readonly connect: HistogramData
  /** Absent where the protocol never was `http`. */
  readonly http?: HttpSnapshot
}

/** The first digit of a status; `none` = nothing was answered, `other` = no status that HTTP knows. */
export type StatusClass = 'none' | '1xx' | '2xx' | '3xx' | '4xx' | '5xx' | 'other'

/** Exchanges of HTTP. */
export interface HttpSnapshot {
  /** Begun and not over. */
  readonly inFlight: number
  /** Those that are over, by who answered or ended them, and by what the client was answered. Classes without any are absent. */
  readonly answered: Readonly<Record<Origin, Readonly<Partial<Record<StatusClass, number>>>>>
  /** Messages that were refused as broken or ambiguous, by who sent them and by rule. Bounded. */
  readonly refused: Readonly<Record<'client' | 'upstream', Readonly<Record<string, number>>>>
  /** From the head of the request to the end of the exchange, milliseconds. */
  readonly totalMs: HistogramData
  /** From sending the request on to the head of its response, milliseconds; only of those that the upstream has answered. */
  readonly upstreamMs: HistogramData
}

export interface FaultCounts extends Readonly<FaultCounters> {
  /**
   * What a fault that only counts (`shadow`) would have hit: sessions, exchanges, or chunks, whichever it draws for; of one that shuts the whole
   * proxy, connections that came while it would have been shut.
   */
  readonly shadowed: number
  /** Sessions that it left alone, by reason. */
  readonly skipped: Readonly<Partial<Record<SkipReason, number>>>
}

/** A fault at work, or one that was. What it counts goes on where another fault of that name left off, so that no counter goes back. */
export interface FaultSnapshot extends FaultCounts {
  /** The same since this fault was added. */
  readonly own: FaultCounts
  /** What its ramps have reached, by parameter; empty = it has none. */
  readonly ramped: Readonly<Record<string, number>>
  /** Sessions that it works on now. */
  readonly active: number
  readonly state: FaultState
  /** Set while it is `disarmed` or `spent`. */
  readonly disarmed?: Disarmed
}

/**
 * `working` = now; `waiting` = its next window is to come; `over` = its last window has passed; `spent` = it has acted as often as its
 * limit allows; `disarmed` = another limit has been crossed, or one that it shares with other faults; `gone` = it was removed, or its proxy was,
 * and only its counters are left.
 */
export type FaultState = 'working' | 'waiting' | 'over' | 'spent' | 'disarmed' | 'gone'

/** Which limit has stopped a fault. */
export interface Disarmed extends LimitCrossed {
  readonly limit: 'max_share' | 'max_added_delay' | 'max_injections'
  /** Wall clock, ISO 8601. */
  readonly at: string
}

export interface LimitCrossed {
  readonly limit: 'max_active' | 'max_share' | 'max_added_delay' | 'max_injections'
  /** Whose limit it is: that of the fault, of everything with its owner, or of the whole process. */
  readonly scope: 'fault' | 'owner' | 'process'
  readonly bound: number
  /** What it has come to, or would have: sessions or exchanges, a share, milliseconds (2⁵³ - 1 = without end), acts. */
  readonly value: number
}

/** `counts[i]` = observations ≤ `bounds[i]` and above the bound before; the last count is for everything above the last bound. */
export interface HistogramData {
  readonly bounds: readonly number[]
  readonly counts: readonly number[]
  readonly sum: number
}
