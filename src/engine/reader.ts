import type { OnReadOpts } from 'node:net'
import type { PeerReader } from './peers/peer.ts'
import { BIG_BYTES, CELL_BYTES, type ReadMemory } from './read-memory.ts'

/** What is read goes to it. */
export interface ReadSink {
  /** So many bytes have been read into `memory`. `false` = stop reading. */
  read(count: number, memory: Buffer): boolean
}

/** So many small reads in a row, and a big buffer goes back to the pool. */
const SMALL_READS_BEFORE_GIVING_BACK = 16

/** Above this, a read that must wait keeps its big buffer; below, copying it is cheaper than pinning 65 000 bytes. */
const WORTH_KEEPING_BYTES = 16_384

/** The read memory of one direction of one session: which piece of memory the next read goes to. */
export class Reader implements PeerReader {
  readonly #memory: ReadMemory
  readonly #sink: ReadSink
  #cell: Buffer
  #current: Buffer
  #smallReads = 0
  #view: Buffer
  #viewed: Buffer

  constructor(memory: ReadMemory, sink: ReadSink) {
    this.#memory = memory
    this.#sink = sink
    this.#cell = memory.takeCell()
    this.#current = this.#cell
    this.#view = this.#cell
    this.#viewed = this.#cell
  }

  get current(): Buffer {
    return this.#current
  }

  gave(count: number): boolean {
    return this.#sink.read(count, this.#current)
  }

  /** `buffer` is asked after every read, so the memory can be changed from one read to the next. */
  get onread(): OnReadOpts {
    return { buffer: () => this.#current, callback: (count) => this.gave(count) }
  }

  /**
   * The first `count` bytes of `memory`, which is what has just been read into. Messages of one length follow each other often: the view of the last one
   * serves again, so that passing one on allocates nothing.
   */
  view(count: number, memory: Buffer): Buffer {
    if (count === memory.length) return memory
    if (count !== this.#view.length || memory !== this.#viewed) {
      this.#view = memory.subarray(0, count)
      this.#viewed = memory
    }
    return this.#view
  }

  /** The bytes went to the kernel whole: the memory can be read into again. */
  reuse(count: number): void {
    const big = this.#current !== this.#cell
    if (!big) {
      if (count === CELL_BYTES) this.#current = this.#memory.takeBig()
    } else if (count > CELL_BYTES) {
      this.#smallReads = 0
    } else if (++this.#smallReads >= SMALL_READS_BEFORE_GIVING_BACK) {
      this.#smallReads = 0
      this.#memory.giveBackBig(this.#current)
      this.#current = this.#cell
    }
  }

  /** A pending write points into the memory, and reading goes on: leave it to the write and take fresh memory. */
  abandon(): void {
    if (this.#current === this.#cell) {
      this.#cell = this.#memory.takeCell()
      this.#current = this.#cell
    } else {
      this.#current = this.#memory.takeBig()
    }
  }

  /** The bytes have to wait: answers them in memory that is not read into again. */
  keep(count: number): Buffer {
    const read = count === this.#current.length ? this.#current : this.#current.subarray(0, count)
    if (this.#current.length === BIG_BYTES && count > WORTH_KEEPING_BYTES) {
      this.#memory.lend(this.#current, count)
      this.#current = this.#memory.takeBig()
      return read
    }
    const kept = this.#memory.copy(read)
    this.reuse(count)
    return kept
  }

  /** The session is over: both sockets have closed, so no write points into the memory any more. */
  release(): void {
    if (this.#current !== this.#cell) this.#memory.giveBackBig(this.#current)
    this.#memory.giveBackCell(this.#cell)
  }
}
