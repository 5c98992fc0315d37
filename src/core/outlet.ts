import type { Ending } from './words.ts'

/**
 * How a session is ended.
 * - `destroy`: an orderly close (FIN) of both sides, after the bytes in front of it have been delivered.
 * - `reset`: an abortive close (RST) of both sides when its time has come; bytes that a peer does not take by then are dropped.
 * - `reset-client`, `reset-server`: a RST for that peer alone; the other gets an orderly close.
 * - `lose-client`, `lose-server`: that peer gets a RST, and the other is not told: its connection stays open, and what it sends vanishes.
 */
export type AbortHow = 'destroy' | Reset
export type Reset = 'reset' | 'reset-client' | 'reset-server' | 'lose-client' | 'lose-server'

/**
 * Where bytes of one direction go next. Times are monotonic milliseconds, fractional.
 *
 * Calls are synchronous, in stream order, and never re-entered. After `end` or `abort` no more bytes may follow.
 * The bytes handed over are owned by the receiver but may be shared with other chunks: they are never modified in place.
 */
export interface Outlet {
  /** Deliver `bytes` at time `at`; answers from when on more input is welcome (a time; anything not after now = at once). */
  chunk(bytes: Buffer, at: number): number
  /** Orderly end of this direction (FIN) at time `at`, after all bytes. */
  end(at: number): void
  /** Ends the whole session at time `at`, in order behind the bytes that were handed over before. */
  abort(at: number, how: AbortHow, ending: Ending): void
}

/**
 * One fault at work on one direction of one session: a synchronous object that stamps times and passes on.
 *
 * No promises, timers or clocks in a stage; its only notion of time are the stamps it is given. A stage holds no bytes back:
 * what it does not drop on purpose it hands to `next` before it returns, stamped with the time at which it is due.
 */
export interface Stage extends Outlet {
  /** The rest of the chain. Set by the engine, and set anew whenever the chain around this stage changes. */
  next: Outlet
  /** The stage joins a live chain at `at`. It hands nothing on yet: the chain around it is not whole. */
  open?(at: number): void
  /**
   * When the stage wants `wake` to be called although nothing comes in; `Infinity` or absent = never. Looked at after every call.
   * What a stage does later without input goes through this, not through stamps in the future: so it can be moved and called off.
   */
  readonly wakeAt?: number
  wake?(at: number): void
  /**
   * The last `bytes` bytes that left this stage are still held behind it and are about to be handed to it again: go back to
   * the pacing state before them. Only for `timing` stages that keep state.
   */
  rewind?(bytes: number): void
  /** A new draw takes the stage out of the chain of a live session. May abort. */
  unselected?(at: number): void
  /**
   * The fault leaves a live session for good or until its next window: it is removed, its time is over (not updated, and not because the
   * session ends). May abort.
   */
  removed?(at: number): void
}

/** The outlet of a stage that is in no chain yet. Being reached is a bug of ours. */
export const nowhere: Outlet = {
  chunk: () => outOfChain(),
  end: () => outOfChain(),
  abort: () => outOfChain(),
}

function outOfChain(): never {
  throw new Error('a stage that is in no chain was given something')
}
