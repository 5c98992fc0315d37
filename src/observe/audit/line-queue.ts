/** Bytes that are handed to the disk at once. */
const PIECE = 64 * 1024

/** Lines that wait for the disk, bounded in bytes. */
export class LineQueue {
  readonly #mostBytes: number
  readonly #lines: Buffer[] = []
  #bytes = 0
  /** Bytes of the first line that are written already. */
  #offset = 0
  #dropped = 0

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes
  }

  /** Lines that there was no room for, or that were given up. */
  get dropped(): number {
    return this.#dropped
  }

  get empty(): boolean {
    return this.#lines.length === 0
  }

  /** Nothing of the next line is written yet. */
  get atLineStart(): boolean {
    return this.#offset === 0
  }

  /** What is left of the next line. */
  get nextBytes(): number {
    return (this.#lines[0]?.length ?? 0) - this.#offset
  }

  /** @param line without its end. @returns `false`: there is no room for it, and it is dropped; those before it have waited longer. */
  add(line: string): boolean {
    const bytes = Buffer.from(`${line}\n`)
    if (this.#bytes + bytes.length > this.#mostBytes) {
      this.#dropped++
      return false
    }
    this.#lines.push(bytes)
    this.#bytes += bytes.length
    return true
  }

  /** What is next: as many whole lines as `room` bytes hold, and one at least. */
  peek(room: number): Buffer {
    let bytes = this.nextBytes
    let count = 1
    for (; count < this.#lines.length; count++) {
      const more = this.#lines[count]?.length ?? 0
      if (bytes + more > Math.min(room, PIECE)) break
      bytes += more
    }
    return Buffer.concat(this.#lines.slice(0, count)).subarray(this.#offset)
  }

  /** So many bytes of that are written. */
  taken(bytes: number): void {
    let left = this.#offset + bytes
    this.#bytes -= bytes
    for (let first = this.#lines[0]; first !== undefined && left >= first.length; first = this.#lines[0]) {
      left -= first.length
      this.#lines.shift()
    }
    this.#offset = left
  }

  /** Gives up what is left; answers how many lines that were. */
  clear(): number {
    const left = this.#lines.length
    this.#dropped += left
    this.#lines.length = 0
    this.#bytes = 0
    this.#offset = 0
    return left
  }
}
