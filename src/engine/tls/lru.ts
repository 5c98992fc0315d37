/** Keeps the `most` entries that were asked for last. */
export class Lru<Value> {
  readonly #most: number
  /** In the order of their last use: a Map remembers the order in which keys were set. */
  readonly #entries = new Map<string, Value>()

  constructor(most: number) {
    this.#most = most
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: string): Value | undefined {
    const value = this.#entries.get(key)
    if (value === undefined) return undefined
    this.#entries.delete(key)
    this.#entries.set(key, value)
    return value
  }

  set(key: string, value: Value): void {
    this.#entries.delete(key)
    this.#entries.set(key, value)
    if (this.#entries.size <= this.#most) return
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest)
      return
    }
  }

  /** Only if it still is that one. */
  forget(key: string, value: Value): void {
    if (this.#entries.get(key) === value) this.#entries.delete(key)
  }
}
