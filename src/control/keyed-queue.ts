/**
 * Runs the jobs of one key one after another, and the jobs of different keys side by side.
 *
 * One queue per proxy rather than one lock for all: a change that has to wait (for the DNS, say) delays nobody else.
 */
export class KeyedQueue {
  readonly #tails = new Map<string, Promise<unknown>>()

  run<T>(key: string, job: () => Promise<T>): Promise<T> {
    const result = (this.#tails.get(key) ?? Promise.resolve()).then(job)
    const tail: Promise<unknown> = Promise.allSettled([result]).finally(() => {
      if (this.#tails.get(key) === tail) this.#tails.delete(key)
    })
    this.#tails.set(key, tail)
    return result
  }
}
