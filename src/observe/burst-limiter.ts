/** Keys come from users: what is kept of them has to have a bound. */
const KEYS_KEPT = 1024

/**
 * Lets one event per key and interval through, and counts those it holds back. While there are events of more than 1024 keys in one interval,
 * those of the keys beyond are held back and not counted.
 */
export class BurstLimiter {
  readonly #intervalMs: number
  readonly #now: () => number
  /** In the order in which they open. */
  readonly #keys = new Map<string, { readonly openAt: number; suppressed: number }>()

  /** `now` answers monotonic milliseconds. */
  constructor(intervalMs: number, now: () => number) {
    this.#intervalMs = intervalMs
    this.#now = now
  }

  /** `undefined` = hold this one back; a number = let it through, that many were held back since the last one. */
  admit(key: string): number | undefined {
    const now = this.#now()
    const entry = this.#keys.get(key)
    if (entry !== undefined && now < entry.openAt) {
      entry.suppressed++
      return undefined
    }
    if (entry === undefined && !this.#makeRoom(now)) return undefined
    this.#keys.delete(key)
    this.#keys.set(key, { openAt: now + this.#intervalMs, suppressed: 0 })
    return entry?.suppressed ?? 0
  }

  #makeRoom(now: number): boolean {
    if (this.#keys.size < KEYS_KEPT) return true
    for (const [oldest, { openAt }] of this.#keys) return now >= openAt && this.#keys.delete(oldest)
    return true
  }
}
