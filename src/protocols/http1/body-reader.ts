import type { BodyKind } from '../../core/http.ts'
import { ChunkFraming } from './chunk-framing.ts'
import { FOUND } from './events.ts'
import type { Found } from './events.ts'
import type { RefusalRule } from './refusals.ts'

/** Reads one body after the other, however it is delimited. Nothing is copied or allocated: it only says where its parts end. */
export class BodyReader {
  /** Where what was found last ends. */
  end = 0
  readonly #maxHead: number
  readonly #maxHeaders: number
  /** Made for the first body in chunks: most connections have none. */
  #chunks: ChunkFraming | undefined
  #kind: BodyKind = 'none'
  /** Bytes of data to come: of the body, or of this chunk. */
  #left = 0

  constructor(maxHead: number, maxHeaders: number) {
    this.#maxHead = maxHead
    this.#maxHeaders = maxHeaders
  }

  get rule(): RefusalRule | undefined {
    return this.#chunks?.rule
  }

  begin(kind: BodyKind, length: number): void {
    this.#kind = kind
    this.#left = kind === 'close' ? Infinity : length
    if (kind !== 'chunked') return
    if (this.#chunks === undefined) this.#chunks = new ChunkFraming(this.#maxHead, this.#maxHeaders)
    else this.#chunks.reset()
  }

  read(bytes: Uint8Array, from: number): Found {
    this.end = from
    if (this.#left > 0) {
      if (from === bytes.length) return FOUND.nothing
      const take = Math.min(this.#left, bytes.length - from)
      this.#left -= take
      this.end = from + take
      return FOUND.data
    }
    const chunks = this.#chunks
    if (this.#kind !== 'chunked' || chunks === undefined || chunks.over) return FOUND.end
    if (from === bytes.length) return FOUND.nothing
    const end = chunks.read(bytes, from)
    if (chunks.rule !== undefined) return FOUND.refused
    this.#left = chunks.data
    this.end = end
    return FOUND.framing
  }

  /** To the end of the body, or of the bytes, in one go. */
  skip(bytes: Uint8Array, from: number): Found {
    let found = this.read(bytes, from)
    while (found === FOUND.data || found === FOUND.framing) found = this.read(bytes, this.end)
    return found
  }

  /** Whether the body is whole if nothing comes any more. */
  get complete(): boolean {
    if (this.#kind === 'close') return true
    return this.#left === 0 && (this.#kind !== 'chunked' || this.#chunks?.over === true)
  }
}
