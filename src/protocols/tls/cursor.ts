const NOTHING: Buffer = Buffer.alloc(0)

/**
 * Reads the fields of a message one after the other. Whoever reads beyond the end gets zeros and empty fields, and is told by `broken` once, at the
 * end: so no field has to be asked for before it is read, and nothing is thrown.
 */
export class Cursor {
  readonly #bytes: Buffer
  #at = 0
  #broken = false

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** More was read than there is. */
  get broken(): boolean {
    return this.#broken
  }

  /** Everything was read, and nothing beyond it. */
  get whole(): boolean {
    return !this.#broken && this.#at === this.#bytes.length
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  /** The next `length` bytes; not a copy. */
  take(length: number): Buffer {
    if (length > this.left) {
      this.#broken = true
      this.#at = this.#bytes.length
      return NOTHING
    }
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  /** A whole number of 1 or 2 bytes, the highest first. */
  number(width: 1 | 2): number {
    const field = this.take(width)
    return field.length < width ? 0 : field.readUIntBE(0, width)
  }

  /** A field with its length, of `width` bytes, in front of it. */
  field(width: 1 | 2): Buffer {
    return this.take(this.number(width))
  }
}
