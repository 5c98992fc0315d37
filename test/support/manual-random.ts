import type { Random } from '../../src/core/random.ts'

/** Answers the given numbers in turn, over and over. */
export class ManualRandom implements Random {
  readonly #values: readonly number[]
  #next = 0

  constructor(...values: readonly number[]) {
    if (values.length === 0) throw new Error('no numbers to answer')
    this.#values = values
  }

  next(): number {
    const value = this.#values[this.#next % this.#values.length] ?? 0
    this.#next++
    return value
  }
}
