import { KeyedQueue } from '../keyed-queue.ts'
import { asProblem } from './problems.ts'
import type { ProfileViews } from './profile-views.ts'

/** Changes to profiles are made one after another. */
export class Turns {
  readonly #views: ProfileViews
  readonly #queue = new KeyedQueue()
  #closed = false

  constructor(views: ProfileViews) {
    this.#views = views
  }

  take<T>(change: () => Promise<T>): Promise<T> {
    return this.#queue.run('', change)
  }

  /** Nobody waits for it who could be told: what cannot be done is announced, and must not end the process. */
  async byItself(name: string, change: () => Promise<void>): Promise<void> {
    try {
      await this.take(async () => {
        if (!this.#closed) await change()
      })
    } catch (error) {
      this.#views.announceFailure(name, [asProblem(error)], {})
    }
  }

  /** Nothing happens by itself any more. */
  close(): void {
    this.#closed = true
  }
}
