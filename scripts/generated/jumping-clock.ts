import { setImmediate, setTimeout } from 'node:timers/promises'
import type { Clock, Timer } from '../../src/core/clock.ts'

interface JumpingTimer extends Timer {
  readonly due: number
  readonly fire: () => void
}

/** So long nothing has to happen at the sockets, and so many looks at them have to find nothing, before time goes on. */
const QUIET_MS = 5
const QUIET_LOOKS = 10

/** A guard (a time-out of the proxy itself) is farther away than this, and is not jumped to. Milliseconds of this clock. */
const LONGEST_JUMP_MS = 30_000

/** What is to happen has to have happened by then. Milliseconds of the real time. */
const PATIENCE_MS = 30_000

/**
 * A clock for real sockets that stands still while anything happens, and then jumps to what is due next: what a run takes is what the faults
 * take, to the millisecond, and a delay of 20 s is over at once.
 */
export class JumpingClock implements Clock {
  #now = 0
  #happened = 0
  readonly #timers = new Set<JumpingTimer>()

  now(): number {
    return this.#now
  }

  setTimer(delay: number, fire: () => void): Timer {
    const timer = { due: this.#now + Math.max(0, delay), fire }
    this.#timers.add(timer)
    return timer
  }

  clearTimer(timer: Timer): void {
    this.#timers.delete(timer as JumpingTimer)
  }

  /** Something has happened at a socket. */
  touch(): void {
    this.#happened++
  }

  /** Lets things happen, and time go on, until `promise` is settled, and answers as that does. */
  async until<T>(promise: Promise<T>): Promise<T> {
    const settled = promise.then(
      () => true,
      () => true,
    )
    const patience = performance.now() + PATIENCE_MS
    for (;;) {
      if (await Promise.race([settled, this.#quiet()])) return promise
      if (!this.#jump() && performance.now() > patience) throw new Error('nothing happens any more, and it is not over')
    }
  }

  async #quiet(): Promise<false> {
    let before: number
    do {
      before = this.#happened
      await setTimeout(QUIET_MS)
      for (let i = 0; i < QUIET_LOOKS; i++) await setImmediate()
    } while (before !== this.#happened)
    return false
  }

  #jump(): boolean {
    const next = [...this.#timers].reduce<JumpingTimer | undefined>(
      (first, timer) => (first === undefined || timer.due < first.due ? timer : first),
      undefined,
    )
    if (next === undefined || next.due > this.#now + LONGEST_JUMP_MS) return false
    this.#timers.delete(next)
    this.#now = Math.max(this.#now, next.due)
    next.fire()
    return true
  }
}
