import type { EventEmitter } from 'node:events'
import type { DecisionLog } from './decision-log.ts'
import type { EngineEvents } from './events.ts'
import type { ExchangeLog } from './http/exchange-log.ts'
import type { Limits } from './limits.ts'
import type { Replay } from './replay.ts'
import type { RelayShared } from './relay.ts'
import type { Sharing } from './sharing/sharing.ts'

/** What all proxies, sessions and relays of a data plane share. */
export interface EngineShared extends RelayShared {
  readonly seed: number
  readonly dialTimeoutMs: number
  readonly drainMs: number
  /** A RST of one peer reaches the other as an orderly close. */
  readonly softenResets: boolean
  readonly acceptHandles: boolean
  /** Several threads listen on the same address. */
  readonly reusePort: boolean
  readonly sharing: Sharing
  readonly decisions: DecisionLog
  readonly limits: Limits
  readonly exchanges: ExchangeLog
  /** A recorded run to follow. */
  readonly replay?: Replay
  readonly events: EventEmitter<EngineEvents>
  nextSessionId(): string
}
