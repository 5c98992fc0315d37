import type { FoulweatherError } from '../../core/errors.ts'
import type { PlanChange } from '../../core/plan.ts'
import type { Decision } from '../../core/decision.ts'
import type { ProxyOutcome, SessionFilter, SessionInfo, Snapshot } from '../data-plane.ts'
import type { DecisionFilter } from '../decision-log.ts'
import type { EngineEvents } from '../events.ts'
import type { ExchangeInfo } from '../http/exchange-info.ts'
import type { ExchangeFilter } from '../http/exchange-log.ts'
import type { DataPlaneOptions } from '../local-data-plane.ts'
import type { Recorded } from '../replay.ts'
import type { ProcessMemory, Shares } from '../sharing/memory.ts'
import type { Nudge } from '../sharing/sharing.ts'

/** What a thread is told of the engine's options; the rest it has itself. */
export type WireOptions = Omit<DataPlaneOptions, 'factory' | 'clock' | 'replay' | 'sharing'>

/** What a thread begins with. */
export interface Beginning {
  /** From 1. */
  readonly thread: number
  readonly options: WireOptions
  readonly replay?: readonly Recorded[]
  readonly memory: ProcessMemory
  /** Milliseconds that the clock of the main thread is ahead of the time of the system's monotonic clock. */
  readonly clockOffset: number
}

/** An error that has kept what a user is told. */
export type WireError = Pick<FoulweatherError, 'code' | 'message' | 'field' | 'value'>

export type WireOutcome = Omit<ProxyOutcome, 'error'> & { readonly error?: WireError }

/** What a thread can be asked, with what it answers. */
export interface Calls {
  apply: { readonly asks: readonly [change: PlanChange, shares: Shares]; readonly answers: readonly WireOutcome[] }
  clearFaults: { readonly asks: readonly []; readonly answers: null }
  snapshot: { readonly asks: readonly [proxy: string | undefined]; readonly answers: Snapshot }
  sessions: { readonly asks: readonly [filter: SessionFilter | undefined]; readonly answers: readonly SessionInfo[] }
  decisions: { readonly asks: readonly [filter: DecisionFilter | undefined]; readonly answers: readonly Decision[] }
  exchanges: { readonly asks: readonly [filter: ExchangeFilter | undefined]; readonly answers: readonly ExchangeInfo[] }
  kill: { readonly asks: readonly [id: string]; readonly answers: boolean }
  close: { readonly asks: readonly []; readonly answers: null }
}

export type CallName = keyof Calls

export type Call = {
  [Name in CallName]: { readonly id: number; readonly call: Name; readonly asks: Calls[Name]['asks'] }
}[CallName]

export type EventName = keyof EngineEvents

/** To a thread. */
export type ToThread =
  | Call
  | { readonly nudge: Nudge }
  /** These are to be told, and no others. */
  | { readonly watch: readonly EventName[] }

export type Told = { [Name in EventName]: readonly [Name, EngineEvents[Name][0]] }[EventName]

/** From a thread. */
export type FromThread =
  | { readonly id: number; readonly answer: Calls[CallName]['answers'] }
  | { readonly id: number; readonly failed: string }
  | { readonly nudge: Nudge }
  | { readonly told: readonly Told[] }
  | 'ready'
