import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { ReadMemory } from '../../../src/engine/read-memory.ts'
import { Reader } from '../../../src/engine/reader.ts'

/**
 * One session of a thread: reads bytes that only it has (its number), and does with its memory what a relay may do. Whatever is kept,
 * pending or being read must never be overwritten, by itself or by another session.
 */
class Session {
  readonly mark: number
  readonly #reader: Reader
  /** Bytes that wait, or that a pending write points into. */
  readonly #pinned: Buffer[] = []
  #read: Buffer | undefined

  constructor(memory: ReadMemory, mark: number) {
    this.mark = mark
    this.#reader = new Reader(memory, {
      read: (count, into) => {
        this.#read = into.subarray(0, count)
        return true
      },
    })
  }

  /** The kernel fills memory with what it has for this session. */
  #receive(count: number): number {
    const { onread } = this.#reader
    const into = typeof onread.buffer === 'function' ? onread.buffer() : onread.buffer
    if (!(into instanceof Uint8Array)) throw new Error('no memory')
    const size = Math.min(count, into.length)
    into.fill(this.mark, 0, size)
    onread.callback(size, into)
    return size
  }

  /** Everything went to the kernel. */
  pass(count: number): void {
    this.#reader.reuse(this.#receive(count))
  }

  /** The write is pending and reading goes on. */
  abandon(count: number): void {
    this.#receive(count)
    if (this.#read !== undefined) this.#pinned.push(this.#read)
    this.#reader.abandon()
  }

  keep(count: number): void {
    this.#pinned.push(this.#reader.keep(this.#receive(count)))
  }

  check(): void {
    for (const bytes of this.#pinned) {
      if (bytes.some((byte) => byte !== this.mark)) throw new Error(`bytes of session ${this.mark} were overwritten`)
    }
  }

  /** Both sockets have closed. Bytes that were handed over (abandoned or kept) may live on elsewhere. */
  end(): void {
    this.#reader.release()
  }
}

const SESSIONS = 4
const size = fc.oneof(fc.integer({ min: 1, max: 3000 }), fc.constantFrom(2047, 2048, 16_384, 16_385, 64_999, 65_000))
const operation = fc.record({
  session: fc.integer({ min: 0, max: SESSIONS - 1 }),
  kind: fc.constantFrom('pass', 'pass', 'keep', 'keep', 'abandon', 'end'),
  size,
})

test('memory that was kept or abandoned is never read into again, whoever ends in between', () => {
  fc.assert(
    fc.property(fc.array(operation, { minLength: 1, maxLength: 80 }), (operations) => {
      const memory = new ReadMemory()
      let mark = 0
      const begin = (): Session => new Session(memory, ++mark % 256)
      const sessions = Array.from({ length: SESSIONS }, begin)
      const all = [...sessions]
      for (const { session: index, kind, size: bytes } of operations) {
        const session = sessions[index]
        if (session === undefined) throw new Error('no such session')
        if (kind === 'pass') session.pass(bytes)
        else if (kind === 'keep') session.keep(bytes)
        else if (kind === 'abandon') session.abandon(bytes)
        else {
          session.end()
          const fresh = begin()
          sessions[index] = fresh
          all.push(fresh)
        }
      }
      for (const session of all) session.check()
      expect(all.length).toBeGreaterThanOrEqual(SESSIONS)
    }),
    { numRuns: 200 },
  )
})
