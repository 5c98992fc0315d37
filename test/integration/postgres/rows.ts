import { createHash } from 'node:crypto'
import { Readable, Writable } from 'node:stream'

/** Bytes of one row in COPY's text format, its newline included. */
export const ROW_BYTES = 1000
const ROWS_PER_CHUNK = 64

/** `id<TAB>text<NEWLINE>`: the text differs in every row, so a lost, doubled or swapped piece shows. */
function row(id: number): string {
  const start = `${id}\t`
  const word = `${(id * 2_654_435_761) % 4_294_967_296}-`
  return `${start.padEnd(ROW_BYTES - 1, word)}\n`
}

/** `count` rows, made as they are read. */
export function rows(count: number): Readable {
  function* chunks() {
    for (let id = 0; id < count; id += ROWS_PER_CHUNK) {
      const last = Math.min(id + ROWS_PER_CHUNK, count)
      yield Buffer.from(Array.from({ length: last - id }, (_, i) => row(id + i)).join(''))
    }
  }
  return Readable.from(chunks())
}

/** Takes everything in and remembers how much it was and its SHA-256. */
export class Digest extends Writable {
  readonly #hash = createHash('sha256')
  bytes = 0

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#hash.update(chunk)
    this.bytes += chunk.length
    done()
  }

  /** Call once, at the end. */
  result(): { readonly bytes: number; readonly sha256: string } {
    return { bytes: this.bytes, sha256: this.#hash.digest('hex') }
  }
}
