/**
 * The memory that sockets read into. Three kinds:
 *
 * - cell: 2 KiB, private to one direction of one session for its life. Most messages fit.
 * - big:  65 000 bytes, borrowed by a direction as soon as a read fills its cell, given back after a run of small reads.
 * - slab: small reads that have to wait (a fault is active) are copied here, one behind the other.
 *
 * Invariant: memory that the kernel or a waiting chunk may still point into is never read into. A buffer shared between
 * sessions breaks it: a pending write of one still points into it while the next read of another overwrites it.
 */

export const CELL_BYTES = 2048

/**
 * Not 64 KiB: segments on loopback carry 65 483 bytes, so 65 536 becomes a full segment and a 53-byte runt with every write, which
 * measured 2.5 to 3 times the CPU. 128 KiB and 256 KiB are no better.
 */
export const BIG_BYTES = 65_000

const CELLS_PER_SLAB = 128
/** 50 MB, which stay with the process: what one fast session has under way through a delay of 20 ms. Allocating them anew halves its rate. */
const BIG_BUFFERS_KEPT = 768
const HOLDING_SLAB_BYTES = 128 * 1024

/** One per thread. Not zeroed: only bytes that were read are ever written out. */
export class ReadMemory {
  readonly #freeCells: Buffer[] = []
  readonly #freeBig: Buffer[] = []
  /** Big buffers with bytes that wait, and how many of these are left. Whose bytes a fault has dropped is left to the garbage collector. */
  readonly #lent = new WeakMap<ArrayBufferLike, { readonly big: Buffer; left: number }>()
  #cellSlab = Buffer.alloc(0)
  #cellOffset = 0
  #holdingSlab = Buffer.alloc(0)
  #holdingOffset = 0

  takeCell(): Buffer {
    const free = this.#freeCells.pop()
    if (free !== undefined) return free
    if (this.#cellOffset + CELL_BYTES > this.#cellSlab.length) {
      this.#cellSlab = Buffer.allocUnsafeSlow(CELL_BYTES * CELLS_PER_SLAB)
      this.#cellOffset = 0
    }
    const cell = this.#cellSlab.subarray(this.#cellOffset, this.#cellOffset + CELL_BYTES)
    this.#cellOffset += CELL_BYTES
    return cell
  }

  /** Only for memory that nothing points into any more. */
  giveBackCell(cell: Buffer): void {
    this.#freeCells.push(cell)
  }

  takeBig(): Buffer {
    return this.#freeBig.pop() ?? Buffer.allocUnsafeSlow(BIG_BYTES)
  }

  /** Only for memory that nothing points into any more. */
  giveBackBig(big: Buffer): void {
    if (this.#freeBig.length < BIG_BUFFERS_KEPT) this.#freeBig.push(big)
  }

  /** The first `count` bytes of `big` have to wait; the buffer comes back when all of them have gone (`gone`). */
  lend(big: Buffer, count: number): void {
    this.#lent.set(big.buffer, { big, left: count })
  }

  /** Whether `bytes` are in memory that wants to know when they have gone. */
  isLent({ buffer }: Buffer): boolean {
    return buffer.byteLength === BIG_BYTES && this.#lent.has(buffer)
  }

  /** Nothing points to these bytes of a lent buffer any more. Never twice for the same ones. */
  gone({ buffer, length }: Buffer): void {
    const lent = this.#lent.get(buffer)
    if (lent === undefined) return
    lent.left -= length
    if (lent.left > 0) return
    this.#lent.delete(buffer)
    this.giveBackBig(lent.big)
  }

  /** A copy of `bytes` that is the caller's to keep. */
  copy(bytes: Uint8Array): Buffer {
    if (this.#holdingOffset + bytes.length > this.#holdingSlab.length) {
      this.#holdingSlab = Buffer.allocUnsafeSlow(Math.max(HOLDING_SLAB_BYTES, bytes.length))
      this.#holdingOffset = 0
    }
    const kept = this.#holdingSlab.subarray(this.#holdingOffset, this.#holdingOffset + bytes.length)
    kept.set(bytes)
    this.#holdingOffset += bytes.length
    return kept
  }
}
