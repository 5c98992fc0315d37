import type { Clock, Timer } from '../../core/clock.ts'
import { LONGEST_TIMER_MS } from '../expiry.ts'
import type { Lifetime } from '../records.ts'

/** Tells when the time of an activation may be over. */
export class ActivationTimers {
  readonly #clock: Clock
  readonly #onTime: (name: string) => void
  readonly #timers = new Map<string, Timer>()
  #closed = false

  /** @param onTime may come too early: no timer lasts for months. */
  constructor(clock: Clock, onTime: (name: string) => void) {
    this.#clock = clock
    this.#onTime = onTime
  }

  watch(name: string, lifetime: Lifetime | undefined): void {
    this.unwatch(name)
    if (lifetime === undefined || this.#closed) return
    const delay = Math.min(Math.max(0, lifetime.until - this.#clock.now()), LONGEST_TIMER_MS)
    this.#timers.set(
      name,
      this.#clock.setTimer(delay, () => this.#onTime(name)),
    )
  }

  unwatch(name: string): void {
    const timer = this.#timers.get(name)
    if (timer !== undefined) this.#clock.clearTimer(timer)
    this.#timers.delete(name)
  }

  close(): void {
    this.#closed = true
    for (const name of this.#timers.keys()) this.unwatch(name)
  }
}
