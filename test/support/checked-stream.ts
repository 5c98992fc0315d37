import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'

/**
 * A pseudo-random byte stream whose every byte follows from (seed, position), and its checker.
 *
 * Any part can be made without what comes before it, so a mismatch can be explained: bytes that belong further on mean that
 * something was lost (or overtaken), bytes that belong further back mean that something came twice.
 */

/** What a stream did wrong, at the first byte that is not what it should be. */
export type StreamFault = 'lost' | 'duplicated' | 'corrupt' | 'short' | 'long'

export class StreamError extends Error {
  override readonly name = 'StreamError'
  readonly fault: StreamFault
  /** Of the first wrong (or first missing) byte. */
  readonly position: number

  constructor(fault: StreamFault, position: number, message: string) {
    super(message)
    this.fault = fault
    this.position = position
  }
}

const PIECE = 65_536
/** How far around the expected place the bytes of a mismatch are searched for. */
const SEARCH = 4 << 20
/** So many bytes do not occur twice within the search by chance. */
const FINGERPRINT = 8

/** The stream's word at index `i`: Murmur3's finaliser over (seed, i). */
function word(seed: number, i: number): number {
  let h = (Math.imul(i, 0x9e3779b1) + seed) | 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

/** The bytes [position, position + length) of the stream of `seed`. */
export function checkedBytes(seed: number, position: number, length: number): Buffer {
  const first = Math.floor(position / 4)
  const skip = position - first * 4
  const words = new Int32Array(Math.ceil((skip + length) / 4))
  for (let i = 0; i < words.length; i++) words[i] = word(seed, first + i)
  return Buffer.from(words.buffer, skip, length)
}

export interface WriteOptions {
  /** Size of the next write, in bytes. Default: 65 536 each time. */
  readonly pieceSize?: () => number
  /** Ends the writing early, without an error. */
  readonly signal?: AbortSignal
}

/**
 * Writes the first `bytes` bytes of the stream of `seed`, heeding back-pressure; does not end the stream.
 * Answers how many were written. Rejects when the stream errs or closes before.
 */
export async function writeChecked(
  stream: Writable,
  seed: number,
  bytes: number,
  options: WriteOptions = {},
): Promise<number> {
  const { pieceSize = () => PIECE, signal } = options
  let position = 0
  while (position < bytes) {
    if (signal?.aborted === true) break
    if (stream.destroyed) throw stream.errored ?? new Error(`closed after ${position} of ${bytes} bytes were written`)
    const length = Math.min(Math.max(1, pieceSize()), bytes - position)
    const welcome = stream.write(checkedBytes(seed, position, length))
    position += length
    if (!welcome) await drained(stream)
  }
  return position
}

async function drained(stream: Writable): Promise<void> {
  const done = new AbortController()
  try {
    await Promise.race([once(stream, 'drain', done), once(stream, 'close', done)])
  } finally {
    done.abort()
  }
}

/** Compares what it is fed with the stream of `seed`. The first mismatch is kept in `error`, and nothing is compared after it. */
export class StreamChecker {
  readonly #seed: number
  #position = 0
  #error: StreamError | undefined

  constructor(seed: number) {
    this.#seed = seed
  }

  /** Bytes that were fed and right. */
  get position(): number {
    return this.#position
  }

  get error(): StreamError | undefined {
    return this.#error
  }

  /** Answers whether all is well so far. */
  feed(bytes: Buffer): boolean {
    for (let offset = 0; offset < bytes.length && this.#error === undefined; offset += PIECE) {
      this.#compare(bytes.subarray(offset, offset + PIECE))
    }
    return this.#error === undefined
  }

  /** The stream is over: the error met on the way, or that of a length that is not `expected`; `undefined` = exact. */
  finish(expected: number): StreamError | undefined {
    if (this.#error === undefined && this.#position !== expected) {
      const fault = this.#position < expected ? 'short' : 'long'
      this.#error = new StreamError(fault, this.#position, `ended after ${this.#position} of ${expected} bytes`)
    }
    return this.#error
  }

  #compare(piece: Buffer): void {
    const wanted = checkedBytes(this.#seed, this.#position, piece.length)
    if (piece.equals(wanted)) {
      this.#position += piece.length
      return
    }
    const wrong = piece.findIndex((byte, i) => byte !== wanted[i])
    this.#position += wrong
    this.#error = this.#explain(piece.subarray(wrong))
  }

  /** Where in the stream do the bytes belong that stand at the current position? */
  #explain(actual: Buffer): StreamError {
    const at = this.#position
    const start = Math.max(0, at - SEARCH)
    const around = checkedBytes(this.#seed, start, at - start + SEARCH)
    const found = actual.length < FINGERPRINT ? -1 : around.indexOf(actual.subarray(0, FINGERPRINT))
    if (found === -1) return new StreamError('corrupt', at, `corrupt at byte ${at}: bytes from nowhere near it`)
    const belongs = start + found
    if (belongs > at)
      return new StreamError('lost', at, `lost or overtaken at byte ${at}: ${belongs - at} bytes are missing`)
    return new StreamError('duplicated', at, `duplicated at byte ${at}: bytes of ${belongs} came again`)
  }
}

/**
 * Reads until the end of the stream or until `bytes` bytes have come, whichever is first, and rejects with a `StreamError` when what came
 * is not exactly the first `bytes` bytes of the stream of `seed`. Leaves the stream flowing.
 */
export function readChecked(stream: Readable, seed: number, bytes: number): Promise<void> {
  const checker = new StreamChecker(seed)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const onEnd = (): void => {
    const error = checker.finish(bytes)
    if (error === undefined) resolve()
    else reject(error)
  }
  const onData = (chunk: Buffer): void => {
    if (!checker.feed(chunk) || checker.position >= bytes) onEnd()
  }
  stream.on('data', onData).once('end', onEnd).once('close', onEnd).once('error', reject)
  const detach = (): void => {
    stream.off('data', onData).off('end', onEnd).off('close', onEnd).off('error', reject)
  }
  return promise.finally(detach)
}
