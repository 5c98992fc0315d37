import type { Outlet } from '../../core/outlet.ts'
import type { HttpOptions } from '../../core/plan.ts'
import type { Direction, Ending } from '../../core/words.ts'
import type { Held } from '../release-queue.ts'
import type { Selection, SelectionPlace } from '../selection.ts'
import type { EngineShared } from '../shared.ts'
import type { ExchangeFault } from './exchange-fault.ts'
import type { ExchangeRecorder } from './exchange-facts.ts'

/** The session that speaks HTTP: what a conversation cannot do itself. */
export interface ConversationHost extends SelectionPlace {
  readonly shared: EngineShared
  readonly upstream: string
  readonly http: HttpOptions
  /** Clients speak TLS with us. */
  readonly secure: boolean
  /** Those at work now, in order. */
  readonly exchangeFaults: readonly ExchangeFault[]
  readonly recorder: ExchangeRecorder
  /** No fault keeps the connection waiting. */
  readonly isAdmitted: boolean
  /** The upstream has been connected to. */
  readonly serverReady: boolean
  /** Connects to the upstream, if nobody has yet; `Conversation.serverReady` or `dialFailed` will be called. */
  wantServer(): void
  selectionMade(): Selection
  /** Gives what waits in this direction on once more, through the timing stages of its chain. */
  refeed(direction: Direction, feed: (held: Held, timing: Outlet) => void): void
  drop(ending: Ending): void
}
