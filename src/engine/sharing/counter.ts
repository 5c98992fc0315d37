/** A whole number that everybody counts on who has it, in whatever thread. */
export interface Counter {
  readonly value: number
  /** `by` may be negative. Answers the value after it. */
  add(by: number): number
}

/** Of one thread alone. */
export class PlainCounter implements Counter {
  value = 0

  add(by: number): number {
    this.value += by
    return this.value
  }
}

/** Exact up to 2⁵³. An addition costs some 60 ns: for what happens once in a session or exchange. */
export class SharedCounter implements Counter {
  readonly #words: BigInt64Array
  readonly #at: number

  constructor(words: BigInt64Array, at: number) {
    this.#words = words
    this.#at = at
  }

  get value(): number {
    return Number(Atomics.load(this.#words, this.#at))
  }

  add(by: number): number {
    return Number(Atomics.add(this.#words, this.#at, BigInt(by))) + by
  }

  reset(): void {
    Atomics.store(this.#words, this.#at, 0n)
  }
}

/**
 * How many there are of something now, up to 2³¹. The first word is the sum; behind it every thread has one for its own part, so that the part of
 * one that dies can be taken out.
 */
export class Ledger implements Counter {
  readonly #words: Int32Array
  readonly #thread: number

  /** @param thread from 1. */
  constructor(words: Int32Array, thread: number) {
    this.#words = words
    this.#thread = thread
  }

  /** For so many threads. */
  static bytes(threads: number): number {
    return (1 + threads) * Int32Array.BYTES_PER_ELEMENT
  }

  get value(): number {
    return Atomics.load(this.#words, 0)
  }

  add(by: number): number {
    Atomics.add(this.#words, this.#thread, by)
    return Atomics.add(this.#words, 0, by) + by
  }

  /** Takes out the part of a thread that is no more; answers it. */
  withdraw(thread: number): number {
    const part = Atomics.exchange(this.#words, thread, 0)
    Atomics.sub(this.#words, 0, part)
    return part
  }
}
