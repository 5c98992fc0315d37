import type { AbortHow, Outlet } from '../core/outlet.ts'
import type { Ending } from '../core/words.ts'
import { notATime } from './not-a-time.ts'

/** What waits: a chunk, the orderly end of the direction, or the end of the session. */
export type Held = HeldChunk | HeldEnd | HeldAbort

interface HeldCommon {
  /** When to release it. */
  at: number
  /** When what caused it came in: the input of the chain, from which a changed chain counts again. */
  arrival: number
  /** Part of a body that stages of its exchange have had in hand: when they got it. NaN = it is not. */
  readonly came: number
  following: Held | undefined
}

export interface HeldChunk extends HeldCommon {
  readonly kind: 'chunk'
  bytes: Buffer
}

export interface HeldEnd extends HeldCommon {
  readonly kind: 'end'
}

export interface HeldAbort extends HeldCommon {
  readonly kind: 'abort'
  readonly how: AbortHow
  readonly ending: Ending
}

/**
 * What a waiting chunk takes beside its bytes: measured, 190 bytes of heap and as much again in the allocator. Without it, 16 MiB cut into
 * single bytes would fit a budget of 16 MiB and take 4 GiB.
 */
const CHUNK_OVERHEAD = 256

/** Where memory is short, pieces of one read are put together again up to this size. */
const MERGED_BYTES = 4096

/**
 * The last outlet of every chain: a FIFO of stamped things.
 *
 *     head → chunk@12.0 → chunk@12.5 → chunk@40.0 → end@40.0 ← tail
 *
 * Stamps never fall: one that goes backwards waits behind its predecessor. Nothing is released here; the relay takes what is due.
 */
export class ReleaseQueue implements Outlet {
  /** Bytes of all chunks that wait. */
  bytes = 0
  /** The memory that they take, in bytes: what budgets are about. */
  cost = 0
  /**
   * Above this cost, pieces that a stage has cut are put together again and go when the last of them is due: small pieces would take many
   * times the memory of their bytes. Set by the relay before it feeds the chain.
   */
  roomy = Infinity
  /** Set by the relay before it feeds the chain: the arrival of what comes out of it. */
  arrival = 0
  /** Set while the stages of a body are fed: when it came. Otherwise NaN. */
  came = NaN
  /** When a waiting reset is due: it does not wait for a peer to take the bytes before it. `Infinity` = none waits. */
  resetAt = Infinity
  #head: Held | undefined
  #tail: Held | undefined
  #ended = false

  get head(): Held | undefined {
    return this.#head
  }

  get empty(): boolean {
    return this.#head === undefined
  }

  chunk(bytes: Buffer, at: number): number {
    if (this.#ended) return -Infinity
    if (this.cost > this.roomy && this.#mergeIntoTail(bytes, at)) return -Infinity
    this.bytes += bytes.length
    this.cost += bytes.length + CHUNK_OVERHEAD
    this.#push({
      kind: 'chunk',
      bytes,
      at: this.#inOrder(at),
      arrival: this.arrival,
      came: this.came,
      following: undefined,
    })
    return -Infinity
  }

  end(at: number): void {
    if (this.#ended) return
    this.#ended = true
    this.#push({ kind: 'end', at: this.#inOrder(at), arrival: this.arrival, came: this.came, following: undefined })
  }

  /** May follow `end`: a session can be ended while its last bytes wait. */
  abort(at: number, how: AbortHow, ending: Ending): void {
    this.#ended = true
    const due = this.#inOrder(at)
    if (how !== 'destroy') this.resetAt = Math.min(this.resetAt, due)
    this.#push({ kind: 'abort', how, ending, at: due, arrival: this.arrival, came: this.came, following: undefined })
  }

  /** Everything that waits has come at `at` and is due. */
  restamp(at: number): void {
    for (let held = this.#head; held !== undefined; held = held.following) {
      held.at = at
      held.arrival = at
      if (held.kind === 'abort' && held.how !== 'destroy') this.resetAt = at
    }
  }

  /** Nothing has delayed what waits: it is due when it came. */
  backToArrival(): void {
    let before = -Infinity
    this.resetAt = Infinity
    for (let held = this.#head; held !== undefined; held = held.following) {
      held.at = Math.max(before, held.arrival)
      before = held.at
      if (held.kind === 'abort' && held.how !== 'destroy') this.resetAt = Math.min(this.resetAt, held.at)
    }
  }

  /** The first reset that waits. */
  get waitingReset(): HeldAbort | undefined {
    for (let held = this.#head; held !== undefined; held = held.following) {
      if (held.kind === 'abort' && held.how !== 'destroy') return held
    }
    return undefined
  }

  shift(): void {
    const head = this.#head
    if (head === undefined) return
    if (head.kind === 'chunk') {
      this.bytes -= head.bytes.length
      this.cost -= head.bytes.length + CHUNK_OVERHEAD
    }
    this.#head = head.following
    if (this.#head === undefined) this.#tail = undefined
  }

  /** Empties the queue and answers what was in it, in order, so that it can be passed through a changed chain. */
  takeAll(): Held | undefined {
    const first = this.#head
    this.#head = undefined
    this.#tail = undefined
    this.bytes = 0
    this.cost = 0
    this.resetAt = Infinity
    // An end that waits comes again; one that was released stays.
    if (first !== undefined) this.#ended = false
    return first
  }

  #mergeIntoTail(bytes: Buffer, at: number): boolean {
    const tail = this.#tail
    if (tail?.kind !== 'chunk' || tail.arrival !== this.arrival || !Object.is(tail.came, this.came)) return false
    const length = tail.bytes.length + bytes.length
    if (length > MERGED_BYTES || tail.bytes.buffer !== bytes.buffer) return false
    if (tail.bytes.byteOffset + tail.bytes.length !== bytes.byteOffset) return false
    tail.bytes = Buffer.from(bytes.buffer, tail.bytes.byteOffset, length)
    tail.at = this.#inOrder(at)
    this.bytes += bytes.length
    this.cost += bytes.length
    return true
  }

  #inOrder(at: number): number {
    const before = this.#tail?.at ?? -Infinity
    if (Number.isNaN(at)) {
      notATime('the stamp of what is to be released')
      return Math.max(before, this.arrival)
    }
    return at < before ? before : at
  }

  #push(held: Held): void {
    if (this.#tail === undefined) this.#head = held
    else this.#tail.following = held
    this.#tail = held
  }
}

/** What a client that is not let in yet may send. */
const REQUEST_BYTES = 65_536

/** In front of `queue`, for as long as nothing may go on: what comes waits until it is stamped anew. */
export function waitingRoom(queue: ReleaseQueue): Outlet {
  return {
    chunk: (bytes) => {
      queue.chunk(bytes, Infinity)
      return queue.bytes < REQUEST_BYTES ? -Infinity : Infinity
    },
    end: () => queue.end(Infinity),
    abort: (_at, how, ending) => queue.abort(Infinity, how, ending),
  }
}
