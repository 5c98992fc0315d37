import { createAlone } from './sharing/alone.ts'
import type { Sharing } from './sharing/sharing.ts'

type BudgetSharing = Pick<Sharing, 'held' | 'heldUp' | 'nudge'>

/** Whoever had to stop reading because the process holds too many bytes. */
export interface BudgetWaiter {
  budgetFreed(): void
}

/** Reading goes on when this share of the limit is free again, so that it does not flutter at the edge. */
const RESUME_BELOW = 0.75

const KIB = 1024

/** The hard limit on bytes that wait in this process, over all sessions of all threads. */
export class Budget {
  readonly limit: number
  readonly #sharing: BudgetSharing
  /** What the others know of `used`. */
  #told = 0
  /** How often a session had to stop reading because of the limit. */
  stalls = 0
  #used = 0
  readonly #waiters = new Set<BudgetWaiter>()

  constructor(limit: number, sharing: BudgetSharing = createAlone()) {
    this.limit = limit
    this.#sharing = sharing
  }

  /** Of this thread. */
  get used(): number {
    return this.#used
  }

  /** Of all threads. Others tell in whole KiB, and the parts of one that they have begun count as whole. */
  get usedByAll(): number {
    const { held } = this.#sharing
    return held === undefined ? this.#used : held.value * KIB
  }

  get exhausted(): boolean {
    return this.usedByAll > this.limit
  }

  /** `delta` is negative when bytes leave. */
  change(delta: number): void {
    this.#used += delta
    this.#tell()
    if (delta >= 0 || this.#sharing.heldUp.value === 0 || !this.#hasRoom) return
    if (this.#sharing.heldUp.value > this.#waiters.size) this.#sharing.nudge({ about: 'held' })
    this.#freed()
  }

  /** Another thread has let go of something. */
  look(): void {
    if (this.#hasRoom) this.#freed()
  }

  get #hasRoom(): boolean {
    return this.usedByAll < this.limit * RESUME_BELOW
  }

  wait(waiter: BudgetWaiter): void {
    if (this.#waiters.has(waiter)) return
    this.stalls++
    this.#waiters.add(waiter)
    this.#sharing.heldUp.add(1)
    // Others may have let go of all they had before they could know of this one, and would never say so.
    if (this.#sharing.held !== undefined && this.#hasRoom) setImmediate(() => this.look())
  }

  forget(waiter: BudgetWaiter): void {
    if (this.#waiters.delete(waiter)) this.#sharing.heldUp.add(-1)
  }

  #tell(): void {
    const { held } = this.#sharing
    if (held === undefined) return
    const kib = Math.ceil(this.#used / KIB)
    if (kib !== this.#told) held.add(kib - this.#told)
    this.#told = kib
  }

  #freed(): void {
    const waiters = [...this.#waiters]
    this.#waiters.clear()
    this.#sharing.heldUp.add(-waiters.length)
    for (const waiter of waiters) waiter.budgetFreed()
  }
}
