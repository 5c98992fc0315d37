/** Behind its hello a client that has to wait may send so much. Then it is read once in a while, because only who reads notices that it leaves. */
const KEPT_BYTES = 65_536
export const READ_AGAIN_MS = 15_000

/** Nobody who begins a TLS session has that much to say before it is answered. */
export const MOST_BYTES = 1 << 20

/** What a client has sent before its session can begin. */
export class FirstBytes {
  size = 0
  #pieces: Buffer[] = []

  push(bytes: Buffer): void {
    this.#pieces.push(bytes)
    this.size += bytes.length
  }

  /** All of it in one piece. */
  joined(): Buffer {
    const [only] = this.#pieces
    const bytes = this.#pieces.length === 1 && only !== undefined ? only : Buffer.concat(this.#pieces)
    this.#pieces = [bytes]
    return bytes
  }

  /** The first `length` bytes have been dealt with. */
  drop(length: number): void {
    this.#pieces = [this.joined().subarray(length)]
    this.size -= length
  }

  clear(): void {
    this.#pieces = []
  }

  /** More than is read at once. */
  get isMuch(): boolean {
    return this.size > KEPT_BYTES
  }

  get isTooMuch(): boolean {
    return this.size > MOST_BYTES
  }
}
