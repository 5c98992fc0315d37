import type { RelayShared } from './relay-owner.ts'
import type { ReleaseQueue } from './release-queue.ts'

/** What one direction of one session costs in memory, against its own budget and that of the process. */
export class RelayAccount {
  /** Bytes that are kept beside the queue. */
  kept = 0
  readonly #shared: Pick<RelayShared, 'budget' | 'sessionBudget'>
  readonly #queue: ReleaseQueue
  /** What the process budget knows of `#cost`. */
  #accounted = 0

  constructor(shared: Pick<RelayShared, 'budget' | 'sessionBudget'>, queue: ReleaseQueue) {
    this.#shared = shared
    this.#queue = queue
  }

  get #cost(): number {
    return this.#queue.cost + this.kept
  }

  /** More than it may cost. */
  get full(): boolean {
    return this.#cost > this.#shared.sessionBudget
  }

  /** Little enough to read on, after it was full. */
  get roomAgain(): boolean {
    return this.#cost <= this.#shared.sessionBudget / 2
  }

  /** What the queue may cost before it has to be thrifty. */
  measureRoom(): void {
    const { budget, sessionBudget } = this.#shared
    this.#queue.roomy = Math.min(sessionBudget, this.#accounted + budget.limit - budget.usedByAll)
  }

  /** Tells the budget of the process what has changed. */
  settle(): void {
    const delta = this.#cost - this.#accounted
    if (delta === 0) return
    this.#accounted = this.#cost
    this.#shared.budget.change(delta)
  }
}
