import type { Ending } from '../core/words.ts'
import type { SessionInfo } from './data-plane.ts'
import type { FaultNow } from './fault-at-work.ts'
import type { SessionFacts } from './session-info.ts'

/** A connection as its proxy sees it, from the accept to its end: a session, or what comes before one. */
export interface Visitor {
  readonly id: string
  readonly proxy: string
  readonly ordinal: number
  readonly upstream: string
  readonly ending: Ending | undefined
  /** It waits for a place. */
  readonly queued: boolean
  enter(): void
  /** What it waits for may have come. Answers whether it goes on. */
  lookAgain(): boolean
  setFaults(faults: readonly FaultNow[]): void
  /** Resets both peers. The first ending counts. */
  reset(ending: Ending): void
  /** Closes both peers at once. */
  drop(ending: Ending): void
  /** Lets the peers finish for `ms` milliseconds. */
  drain(ms: number, ending: Ending): void
  facts(): SessionFacts
  info(): SessionInfo
}
