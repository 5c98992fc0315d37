import { randomFor } from '../src/core/random.ts'

/** A seeded source of choices: the same place, the same sequence. */
export class Chance {
  readonly #random

  constructor(seed: number, ...place: readonly (string | number)[]) {
    this.#random = randomFor(seed, ...place)
  }

  /** In [from, to). */
  number(from: number, to: number): number {
    return from + (to - from) * this.#random.next()
  }

  /** From `from` to `to`, both included. */
  whole(from: number, to: number): number {
    return Math.floor(this.number(from, to + 1))
  }

  happens(share: number): boolean {
    return this.#random.next() < share
  }

  oneOf<T>(things: readonly [T, ...T[]]): T {
    return things[this.whole(0, things.length - 1)] ?? things[0]
  }

  /** One of `things`; `undefined` = there is none. */
  anyOf<T>(things: readonly T[]): T | undefined {
    return things[this.whole(0, things.length - 1)]
  }

  /** 1 to `most`, small numbers as often as large ones. */
  magnitude(most: number): number {
    return Math.max(1, Math.floor(most ** this.#random.next()))
  }

  /** A time until something that happens once in `mean` on average; five times that at the most. */
  pause(mean: number): number {
    return Math.min(-Math.log(1 - this.#random.next()), 5) * mean
  }
}
