import type { Clock, Timer } from '../../src/core/clock.ts'

interface ManualTimer extends Timer {
  readonly due: number
  readonly fire: () => void
}

/** A clock that goes when it is told to. Timers fire in order of their time, and see exactly that time. */
export class ManualClock implements Clock {
  #now: number
  readonly #timers = new Set<ManualTimer>()

  constructor(now = 0) {
    this.#now = now
  }

  now(): number {
    return this.#now
  }

  setTimer(delay: number, fire: () => void): Timer {
    if (!(delay >= 0 && delay < 2 ** 31)) throw new RangeError(`no timer takes ${delay} ms`)
    const timer = { due: this.#now + delay, fire }
    this.#timers.add(timer)
    return timer
  }

  clearTimer(timer: Timer): void {
    this.#timers.delete(timer as ManualTimer)
  }

  /** How many timers are armed. */
  get armed(): number {
    return this.#timers.size
  }

  advance(by: number): void {
    this.advanceTo(this.#now + by)
  }

  /** Fires what comes due on the way, timers that are set on the way included. */
  advanceTo(time: number): void {
    if (time < this.#now) throw new Error(`time does not go back from ${this.#now} to ${time}`)
    for (let timer = this.#first(); timer !== undefined && timer.due <= time; timer = this.#first()) {
      this.#timers.delete(timer)
      this.#now = timer.due
      timer.fire()
    }
    this.#now = time
  }

  #first(): ManualTimer | undefined {
    let first: ManualTimer | undefined
    for (const timer of this.#timers) if (first === undefined || timer.due < first.due) first = timer
    return first
  }
}
