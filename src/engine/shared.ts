import type { EventEmitter } from 'node:events'
import type { StageFactory } from '../core/stage-factory.ts'
import type { EngineEvents } from './events.ts'
import type { RelayShared } from './relay.ts'

/** What all proxies, sessions and relays of a data plane share. */
export interface EngineShared extends RelayShared {
  readonly seed: number
  readonly factory: StageFactory
  readonly dialTimeoutMs: number
  readonly drainMs: number
  /** A RST of one peer reaches the other as an orderly close. */
  readonly softenResets: boolean
  readonly acceptHandles: boolean
  readonly events: EventEmitter<EngineEvents>
  nextSessionId(): string
}
