import type { Clock, Timer } from '../core/clock.ts'
import type { FaultRecord, ProxyRecord } from './records.ts'

/** `setTimeout` fires at once for longer ones (2^31 ms are 24.8 days). */
export const LONGEST_TIMER_MS = 2 ** 31 - 1

/** Knows when the next fault of each proxy is over, and says so. The records are the truth: there is one timer for each proxy that has such a fault. */
export class Expiry {
  readonly #clock: Clock
  readonly #due: (proxy: string) => void
  readonly #timers = new Map<string, Timer>()
  #closed = false

  /** @param due told of a proxy one of whose faults may be over; the records have to be looked at. */
  constructor(clock: Clock, due: (proxy: string) => void) {
    this.#clock = clock
    this.#due = due
  }

  /** These are the faults of the proxy from now on. */
  watch(proxy: ProxyRecord): void {
    const { name, faults } = proxy
    this.forget(name)
    const next = Math.min(...faults.map(({ lifetime }) => lifetime?.until ?? Infinity))
    if (next === Infinity || this.#closed) return
    const delay = Math.min(Math.max(0, next - this.#clock.now()), LONGEST_TIMER_MS)
    const fire = () => (this.#clock.now() < next ? this.watch(proxy) : this.#due(name))
    this.#timers.set(name, this.#clock.setTimer(delay, fire))
  }

  /** The proxy is gone. */
  forget(name: string): void {
    const timer = this.#timers.get(name)
    if (timer !== undefined) this.#clock.clearTimer(timer)
    this.#timers.delete(name)
  }

  /** No fault is over any more. */
  close(): void {
    this.#closed = true
    for (const name of this.#timers.keys()) this.forget(name)
  }
}

/** Those whose time is over at `now`. */
export function expired(faults: readonly FaultRecord[], now: number): readonly FaultRecord[] {
  return faults.filter(({ lifetime }) => lifetime !== undefined && lifetime.until <= now)
}
