import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../core/clock.ts'
import { FoulweatherError, type ErrorCode } from '../core/errors.ts'
import { FoulweatherApiError } from './api-error.ts'
import { Lease } from './lease.ts'

/** The real time; a lease does not keep the process alive: where that ends, so does what is leased. */
export const clientClock: Clock = {
  now: () => performance.now(),
  setTimer: (delay, fire) => setTimeout(fire, delay).unref(),
  clearTimer: (timer) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- opaque to callers; every one of them came from setTimer above
    clearTimeout(timer as NodeJS.Timeout)
  },
}

/** What was leased is not there any more, or may not be: it has been removed, or could not be renewed in time. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError'
}

export interface HeldParts {
  /** As errors call it: `fault latency-x7f3 of pg`. */
  readonly what: string
  /** Has its lease begin anew; answers how long it is, milliseconds. */
  readonly renew: (timeoutMs: number) => Promise<number | undefined>
  readonly end: () => Promise<unknown>
  /** Codes that say that it is not there. */
  readonly goneCodes: ReadonlySet<ErrorCode>
  readonly clock?: Clock
}

/** Before what has failed is tried once more, milliseconds. */
const PAUSE_MS = 100

/** Something on a server that this process has put there, keeps alive, and takes away again. */
export class Held {
  readonly #parts: HeldParts
  readonly #lease: Lease
  readonly #clock: Clock
  #leased = false
  #gone = false
  #ended: Promise<void> | undefined

  constructor(parts: HeldParts) {
    const { renew, what, clock = clientClock } = parts
    this.#parts = parts
    this.#clock = clock
    this.#lease = new Lease({
      renew,
      isGone: (error) => (this.#gone = this.#isGone(error) || codeOf(error) === 'no_lease'),
      lost: (cause) => {
        const why = cause instanceof Error ? cause.message : String(cause)
        return new LeaseLostError(`the ${what} is lost, its lease could not be renewed: ${why}`, { cause })
      },
      clock,
    })
  }

  get signal(): AbortSignal {
    return this.#lease.signal
  }

  get lost(): Promise<Error> {
    return this.#lease.lost
  }

  /** Now, for `keep`. */
  now(): number {
    return this.#clock.now()
  }

  /** See `Lease.keep`. */
  keep(ms: number | undefined, since: number): void {
    this.#leased = ms !== undefined
    if (this.#ended === undefined) this.#lease.keep(ms, since)
  }

  /**
   * Takes it away; that it has gone already is fine. Tries twice. It is not renewed any more, whatever comes of that.
   *
   * @throws FoulweatherApiError, FoulweatherError `unreachable`: it may be there until its lease is over.
   */
  end(): Promise<void> {
    this.#lease.stop()
    this.#ended ??= this.#end().catch((error: unknown) => {
      this.#ended = undefined
      throw error
    })
    return this.#ended
  }

  /** The same for a block that is left: with a server that cannot be reached a lease does the work, and that is no error. */
  async release(): Promise<void> {
    try {
      await this.end()
    } catch (error) {
      if (!(this.#leased && codeOf(error) === 'unreachable')) throw error
    }
  }

  async #end(): Promise<void> {
    if (this.#gone) return
    const { end } = this.#parts
    try {
      await end()
    } catch (error) {
      if (this.#isGone(error)) return
      await sleep(PAUSE_MS)
      await end().catch((again: unknown) => {
        if (!this.#isGone(again)) throw again
      })
    }
  }

  #isGone(error: unknown): boolean {
    const code = codeOf(error)
    return code !== undefined && this.#parts.goneCodes.has(code)
  }
}

function codeOf(error: unknown): ErrorCode | undefined {
  return error instanceof FoulweatherApiError || error instanceof FoulweatherError ? error.code : undefined
}
