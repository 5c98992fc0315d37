/**
 * The input that a thread works at, in memory that another one can read: a thread that is caught in a loop cannot tell it any more.
 */
const COUNT = 0
const LENGTH = 1
const HEAD = 8

export class Heartbeat {
  readonly memory: SharedArrayBuffer
  readonly #numbers: Int32Array
  readonly #bytes: Uint8Array

  /** @param from its memory, or how many bytes an input may have. */
  constructor(from: SharedArrayBuffer | number) {
    this.memory = typeof from === 'number' ? new SharedArrayBuffer(HEAD + from) : from
    this.#numbers = new Int32Array(this.memory, 0, 2)
    this.#bytes = new Uint8Array(this.memory, HEAD)
  }

  /** The next input is about to be run. */
  beat(input: Buffer): void {
    const length = Math.min(input.length, this.#bytes.length)
    this.#bytes.set(input.subarray(0, length))
    Atomics.store(this.#numbers, LENGTH, length)
    Atomics.add(this.#numbers, COUNT, 1)
  }

  /** How many there have been. */
  get count(): number {
    return Atomics.load(this.#numbers, COUNT)
  }

  /** The last one. */
  get input(): Buffer {
    return Buffer.from(this.#bytes.slice(0, Atomics.load(this.#numbers, LENGTH)))
  }
}
