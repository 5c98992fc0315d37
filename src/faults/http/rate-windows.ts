import { createHash } from 'node:crypto'

/** Keys that are counted at the same time; of more, the one that was used longest ago begins anew. */
const MOST_KEYS = 10_000

/** Longer ones are kept as a hash: they come from whoever sends requests. */
const LONGEST_KEY = 64

/** One request as its budget has met it. */
export interface Taken {
  /** Of the request within its window, from 1. */
  readonly nth: number
  /** When the window of its key ends, monotonic milliseconds. */
  readonly endsAt: number
}

/** Requests in the current window of each key. A window begins with the first request that comes after the one before it is over. */
export class RateWindows {
  readonly #byKey = new Map<string, { start: number; used: number }>()

  /** How many keys are counted. */
  get size(): number {
    return this.#byKey.size
  }

  /** @param length of a window, milliseconds. */
  take(key: string, at: number, length: number): Taken {
    const short = key.length <= LONGEST_KEY ? key : createHash('sha256').update(key).digest('base64')
    const known = this.#byKey.get(short)
    const window = known === undefined || at >= known.start + length ? { start: at, used: 0 } : known
    window.used++
    // Taken out and put in again, the latest is the last.
    this.#byKey.delete(short)
    this.#byKey.set(short, window)
    for (const oldest of this.#byKey.keys()) {
      if (this.#byKey.size <= MOST_KEYS) break
      this.#byKey.delete(oldest)
    }
    return { nth: window.used, endsAt: window.start + length }
  }
}
