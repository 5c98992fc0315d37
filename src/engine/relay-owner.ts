import type { Clock } from '../core/clock.ts'
import type { FaultFactory } from '../core/fault-factory.ts'
import type { AbortHow } from '../core/outlet.ts'
import type { Direction, Ending } from '../core/words.ts'
import type { Budget } from './budget.ts'
import type { ReadMemory } from './read-memory.ts'
import type { Scheduler } from './scheduler.ts'

/** What every relay of a thread shares. */
export interface RelayShared {
  readonly factory: FaultFactory
  readonly clock: Clock
  readonly scheduler: Scheduler
  readonly memory: ReadMemory
  readonly budget: Budget
  /** Bytes that one direction of one session may hold before it stops reading. */
  readonly sessionBudget: number
}

/** The session that a relay belongs to: what a relay cannot do itself. */
export interface RelayOwner {
  /** `direction` is over, and with it the session. */
  abort(direction: Direction, how: AbortHow, ending: Ending): void
  /** The end of `direction` has been passed on, behind all of its bytes. */
  delivered(direction: Direction): void
  /** The chain was given something: stages may want to be woken at another time now. */
  chainRan(direction: Direction): void
}

/**
 * Looks at what a relay reads before anything else does: the framer of a protocol, and what is made of its messages. What is not plain is the
 * intake's to keep, to change and to give on (`Relay.pass`).
 */
export interface Intake {
  /** Of bytes that have been read: how many, from the first on, simply go on. Those behind are given to `take` next. */
  inspect(bytes: Buffer): number
  /** Bytes that are the intake's to keep. Answers from when on more is welcome. */
  take(bytes: Buffer): number
  /** Something is to be done as soon as what has been inspected is on its way: `passed`. */
  readonly due: boolean
  passed(): void
  /** The source has ended in an orderly way: to be passed on with `passEnd`, behind what is kept. */
  ended(): void
  /** The source has failed, or the session is ended from the other direction: to be passed on with `passAbort`. */
  failed(how: AbortHow, ending: Ending): void
  /** Everything that was passed on has been written. */
  drained(): void
}
