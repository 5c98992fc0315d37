/** Lets one event per key and interval through, and counts those it holds back. */
export class BurstLimiter {
  readonly #intervalMs: number
  readonly #now: () => number
  readonly #keys = new Map<string, { openAt: number; suppressed: number }>()

  /** `now` answers monotonic milliseconds. */
  constructor(intervalMs: number, now: () => number) {
    this.#intervalMs = intervalMs
    this.#now = now
  }

  /** `undefined` = hold this one back; a number = let it through, that many were held back since the last one. */
  admit(key: string): number | undefined {
    const now = this.#now()
    const entry = this.#keys.get(key)
    if (entry === undefined) {
      this.#keys.set(key, { openAt: now + this.#intervalMs, suppressed: 0 })
      return 0
    }
    if (now < entry.openAt) {
      entry.suppressed++
      return undefined
    }
    const { suppressed } = entry
    entry.openAt = now + this.#intervalMs
    entry.suppressed = 0
    return suppressed
  }
}
