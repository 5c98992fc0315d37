import { nowhere, type AbortHow, type Outlet, type Stage } from '../core/outlet.ts'
import type { Effect } from '../core/fault-factory.ts'
import type { Ending } from '../core/words.ts'
import type { FaultAtWork } from './fault-at-work.ts'

/**
 * Around a stage whose fault may hold things up for so long and no longer. Looks at what comes out of the stage: what is stamped later than that
 * goes on with the time at which it came in, and the fault is disarmed. What the stage takes and does not give on counts as held from when it
 * came; that is noticed when the time is over.
 */
export class DelayGuard implements Stage {
  readonly #inner: Stage
  readonly #work: FaultAtWork
  readonly #keepsOrder: boolean
  readonly unselected?: (at: number) => void
  readonly removed?: (at: number) => void
  #next: Outlet = nowhere
  /** When what the stage has in hand came in. */
  #cameIn = 0
  /** The stage has given something on since it was called. */
  #gave = false
  #refused = false
  #welcome = -Infinity
  /** When the first of what it has taken and not given on came in; `undefined` = there is nothing. */
  #since: number | undefined
  readonly #behind: Outlet = {
    chunk: (bytes, at) => (this.#welcome = this.#next.chunk(bytes, this.#bounded(at))),
    end: (at) => this.#next.end(this.#bounded(at)),
    abort: (at, how, ending) => this.#next.abort(this.#bounded(at), how, ending),
  }

  /** @param effect of the stage: one that drops nothing can be gone by. */
  constructor(inner: Stage, work: FaultAtWork, effect: Effect) {
    this.#inner = inner
    this.#work = work
    this.#keepsOrder = effect === 'timing' || effect === 'content'
    inner.next = this.#behind
    if (inner.unselected !== undefined) this.unselected = (at) => this.#leave(at, () => inner.unselected?.(at))
    if (inner.removed !== undefined) this.removed = (at) => this.#leave(at, () => inner.removed?.(at))
  }

  get next(): Outlet {
    return this.#next
  }

  set next(next: Outlet) {
    this.#next = next
    // Whoever is about to leave the chain is linked again by itself.
    this.#inner.next = this.#behind
  }

  get wakeAt(): number {
    return Math.min(this.#inner.wakeAt ?? Infinity, this.#tooLongAt)
  }

  wake(at: number): void {
    if (this.#tooLongAt <= at) this.#swallowedFor(at)
    if ((this.#inner.wakeAt ?? Infinity) > at) return
    this.#cameIn = at
    this.#inner.wake?.(at)
  }

  open(at: number): void {
    this.#inner.open?.(at)
  }

  chunk(bytes: Buffer, at: number): number {
    if (this.#keepsOrder && this.#work.off) return this.#next.chunk(bytes, at)
    const welcome = this.#watch(at, () => this.#inner.chunk(bytes, at))
    return this.#work.off ? this.#welcome : welcome
  }

  end(at: number): void {
    if (this.#keepsOrder && this.#work.off) this.#next.end(at)
    else this.#watch(at, () => this.#inner.end(at))
  }

  abort(at: number, how: AbortHow, ending: Ending): void {
    this.#watch(at, () => this.#inner.abort(at, how, ending))
  }

  rewind(bytes: number): void {
    this.#inner.rewind?.(bytes)
  }

  #leave(at: number, leave: () => void): void {
    this.#cameIn = at
    leave()
  }

  #watch<T>(at: number, call: () => T): T {
    if (this.#tooLongAt <= at) this.#swallowedFor(at)
    this.#cameIn = at
    this.#gave = false
    this.#refused = false
    this.#welcome = -Infinity
    const { tally } = this.#work
    const { applied } = tally
    const answer = call()
    // It has counted what it was not let do.
    if (this.#refused) tally.applied = applied
    if (this.#gave) this.#since = undefined
    else if (at < Infinity) this.#since ??= at
    return answer
  }

  get #tooLongAt(): number {
    return this.#since === undefined || this.#work.off ? Infinity : this.#since + this.#work.longestDelay
  }

  #swallowedFor(at: number): void {
    // A time that was reckoned forth and back may have lost its last bit.
    if (this.#since !== undefined) this.#work.isTooLong(Math.max(at - this.#since, this.#work.longestDelay), true)
  }

  #bounded(at: number): number {
    this.#gave = true
    if (!this.#work.off) this.#refused = this.#work.isTooLong(at - this.#cameIn)
    return this.#work.off ? Math.min(at, this.#cameIn) : at
  }
}
