import type { Clock, Timer } from '../core/clock.ts'

/** What a lease is kept alive with. */
export interface LeaseParts {
  /** Has it begin anew; answers how long it is from then on, milliseconds, `undefined` = there is none any more. @param timeoutMs for the call. */
  readonly renew: (timeoutMs: number) => Promise<number | undefined>
  /** Whether an error says that there is nothing left to renew. */
  readonly isGone: (error: unknown) => boolean
  /** Makes the error that says that it is lost. */
  readonly lost: (cause: unknown) => Error
  readonly clock: Clock
}

/** Longest time that a timer can be set for, milliseconds. */
const LONGEST_TIMER = 2 ** 31 - 1

/**
 * Renews a lease at a third of it, again and again, so that two renewals may fail. Where that comes to nothing, because what is leased has gone or
 * nobody answered until the lease was over, it says so once, and stops.
 */
export class Lease {
  readonly #parts: LeaseParts
  readonly #gone = new AbortController()
  readonly #lost = Promise.withResolvers<Error>()
  #timer: Timer | undefined
  #ms = Infinity
  /** Until when it is good without a renewal, by the clock. */
  #until = Infinity
  /** Counts what it was last told: an answer to a call that was made before is of no interest. */
  #turn = 0

  constructor(parts: LeaseParts) {
    this.#parts = parts
  }

  /** Aborted when it is lost; the reason is the error. */
  get signal(): AbortSignal {
    return this.#gone.signal
  }

  /** Answers the error when it is lost; never, when it is given back. */
  get lost(): Promise<Error> {
    return this.#lost.promise
  }

  /**
   * It is good for `ms` from `since` on, and is kept alive from now on. `undefined`: there is none, and nothing to do.
   *
   * @param since when that was asked for, by the clock: the server counts from when it was told, which is later.
   */
  keep(ms: number | undefined, since: number): void {
    this.stop()
    if (ms === undefined || this.#gone.signal.aborted) return
    this.#ms = ms
    this.#until = since + ms
    this.#wait(Math.min(ms / 3, LONGEST_TIMER), this.#turn)
  }

  /** Nothing is renewed any more, and nothing is lost. */
  stop(): void {
    this.#turn++
    if (this.#timer !== undefined) this.#parts.clock.clearTimer(this.#timer)
    this.#timer = undefined
  }

  #wait(ms: number, turn: number): void {
    this.#timer = this.#parts.clock.setTimer(ms, () => {
      this.#timer = undefined
      void this.#renew(turn)
    })
  }

  async #renew(turn: number): Promise<void> {
    const { clock, renew, isGone } = this.#parts
    const asked = clock.now()
    try {
      const ms = await renew(Math.max(1, Math.ceil(Math.min(this.#until - asked, LONGEST_TIMER))))
      if (turn === this.#turn) this.keep(ms, asked)
    } catch (error) {
      if (turn !== this.#turn) return
      const left = this.#until - clock.now()
      if (isGone(error) || left <= 0) this.#lose(error)
      // Sooner than the next one would have been, and more often as the end comes near.
      else this.#wait(Math.min(Math.max(left / 3, this.#ms / 30), left), turn)
    }
  }

  #lose(cause: unknown): void {
    this.stop()
    const error = this.#parts.lost(cause)
    this.#gone.abort(error)
    this.#lost.resolve(error)
  }
}
