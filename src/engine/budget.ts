/** Whoever had to stop reading because the process holds too many bytes. */
export interface BudgetWaiter {
  budgetFreed(): void
}

/** Reading goes on when this share of the limit is free again, so that it does not flutter at the edge. */
const RESUME_BELOW = 0.75

/** The hard limit on bytes that wait in this process, over all sessions. */
export class Budget {
  readonly limit: number
  /** How often a session had to stop reading because of the limit. */
  stalls = 0
  #used = 0
  readonly #waiters = new Set<BudgetWaiter>()

  constructor(limit: number) {
    this.limit = limit
  }

  get used(): number {
    return this.#used
  }

  get exhausted(): boolean {
    return this.#used > this.limit
  }

  /** `delta` is negative when bytes leave. */
  change(delta: number): void {
    this.#used += delta
    if (delta < 0 && this.#waiters.size > 0 && this.#used < this.limit * RESUME_BELOW) this.#freed()
  }

  wait(waiter: BudgetWaiter): void {
    if (this.#waiters.has(waiter)) return
    this.stalls++
    this.#waiters.add(waiter)
  }

  forget(waiter: BudgetWaiter): void {
    this.#waiters.delete(waiter)
  }

  #freed(): void {
    const waiters = [...this.#waiters]
    this.#waiters.clear()
    for (const waiter of waiters) waiter.budgetFreed()
  }
}
