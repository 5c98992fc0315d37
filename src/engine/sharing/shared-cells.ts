import type { Cells } from '../../core/cells.ts'

/** In front of the numbers: who holds the lock (0 = nobody), and how many wait for it. */
const HOLDER = 0
const WAITING = 1
const HEAD_BYTES = 8

const LARGEST_HOLDER = 2 ** 31 - 1

/** How often a thread looks again at once: by then a holder that is running has mostly let go. */
const LOOKS = 100

/** A wait ends by itself after so many milliseconds, whatever became of the holder. */
const LONGEST_WAIT_MS = 1

/**
 * Cells in memory that threads share, behind a lock:
 *
 *     [holder: int32][waiting: int32][number: float64] …
 *
 * What is done under the lock is some dozen operations on numbers: well below a microsecond, some ten where thousands wait, and a few milliseconds
 * when an update lays out anew what thousands wait for. Who finds it held looks again for about as long, and then sleeps until it is told that it is free. Nobody is
 * first by right; a thread may be passed by others, for as long as these ask.
 */
export class SharedCells implements Cells {
  readonly #head: Int32Array
  readonly #values: Float64Array
  readonly #holder: number

  /**
   * @param buffer of `SharedCells.bytes(count)`, all 0 at first.
   * @param holder number of the thread, from 1 to 2147483647; no two that live may have the same.
   */
  constructor(buffer: SharedArrayBuffer, holder: number) {
    if (!Number.isInteger(holder) || holder < 1 || holder > LARGEST_HOLDER) {
      throw new RangeError(`holder: expected a whole number, 1 to ${LARGEST_HOLDER}, got ${holder}`)
    }
    this.#head = new Int32Array(buffer, 0, HEAD_BYTES / Int32Array.BYTES_PER_ELEMENT)
    this.#values = new Float64Array(buffer, HEAD_BYTES)
    this.#holder = holder
  }

  /** How large a buffer for so many numbers is. */
  static bytes(count: number): number {
    return HEAD_BYTES + count * Float64Array.BYTES_PER_ELEMENT
  }

  /**
   * For a thread that has died: if it held the lock, the numbers may be half written, so all begin at 0 again, and the lock is free. Answers whether
   * it did. Never for a thread that lives.
   */
  static release(buffer: SharedArrayBuffer, holder: number): boolean {
    const head = new Int32Array(buffer, 0, HEAD_BYTES / Int32Array.BYTES_PER_ELEMENT)
    if (Atomics.load(head, HOLDER) !== holder) return false
    new Float64Array(buffer, HEAD_BYTES).fill(0)
    Atomics.store(head, HOLDER, 0)
    Atomics.notify(head, HOLDER)
    return true
  }

  /** @throws Error where this very thread has them already: it would wait for itself. */
  exclusively<T>(act: (values: Float64Array) => T): T {
    if (Atomics.compareExchange(this.#head, HOLDER, 0, this.#holder) !== 0) this.#wait()
    try {
      return act(this.#values)
    } finally {
      Atomics.store(this.#head, HOLDER, 0)
      if (Atomics.load(this.#head, WAITING) > 0) Atomics.notify(this.#head, HOLDER, 1)
    }
  }

  #wait(): void {
    if (Atomics.load(this.#head, HOLDER) === this.#holder) {
      throw new Error('cells: a call of exclusively within another, or two threads with the same number')
    }
    for (;;) {
      for (let look = 0; look < LOOKS; look++) if (this.#tryTake()) return
      // Who lets go looks at this afterwards: either it sees it, or this thread sees that the lock is free.
      Atomics.add(this.#head, WAITING, 1)
      const holder = Atomics.load(this.#head, HOLDER)
      if (holder !== 0) Atomics.wait(this.#head, HOLDER, holder, LONGEST_WAIT_MS)
      Atomics.sub(this.#head, WAITING, 1)
    }
  }

  /** Looks before it takes, so that those who wait do not keep the memory from who holds the lock. */
  #tryTake(): boolean {
    return Atomics.load(this.#head, HOLDER) === 0 && Atomics.compareExchange(this.#head, HOLDER, 0, this.#holder) === 0
  }
}
