import type { Clock, Timer } from '../../core/clock.ts'

const WINDOW_MS = 1000

export interface SessionGateParts {
  readonly clock: Clock
  /** How many pass in a second. */
  readonly most: number
  /** At the end of a second: what was held back of one proxy, by type. */
  readonly tellOmitted: (proxy: string, omitted: Readonly<Record<string, number>>) => void
}

/** Lets so many events of sessions through each second, and counts the others. */
export class SessionGate {
  readonly #parts: SessionGateParts
  readonly #omitted = new Map<string, Record<string, number>>()
  #until = -Infinity
  #passed = 0
  #timer: Timer | undefined

  constructor(parts: SessionGateParts) {
    this.#parts = parts
  }

  /** Whether this one is to be told. */
  admit(type: string, proxy: string): boolean {
    const { clock, most } = this.#parts
    // Read once: by a second reading the end of the second may be past, and no timer takes less than nothing.
    const now = clock.now()
    if (now >= this.#until) this.#begin(now)
    if (this.#passed < most) {
      this.#passed++
      return true
    }
    this.#omit(type, proxy, now)
    return false
  }

  /** What was held back is told now. */
  close(): void {
    if (this.#timer !== undefined) this.#parts.clock.clearTimer(this.#timer)
    this.#tell()
  }

  #begin(now: number): void {
    this.close()
    this.#until = now + WINDOW_MS
    this.#passed = 0
  }

  #omit(type: string, proxy: string, now: number): void {
    const counts = this.#omitted.get(proxy) ?? {}
    counts[type] = (counts[type] ?? 0) + 1
    this.#omitted.set(proxy, counts)
    this.#timer ??= this.#parts.clock.setTimer(this.#until - now, () => this.#tell())
  }

  #tell(): void {
    this.#timer = undefined
    const omitted = [...this.#omitted]
    this.#omitted.clear()
    for (const [proxy, counts] of omitted) this.#parts.tellOmitted(proxy, counts)
  }
}
