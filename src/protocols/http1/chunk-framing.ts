import { BACKSLASH, CR, EQUALS, HEX, LF, QUOTE, SEMICOLON, TEXT, TOKEN } from './chars.ts'
import { ruleOfByte } from './refusals.ts'
import type { RefusalRule } from './refusals.ts'
import { TrailerScanner } from './trailer-scanner.ts'

const BEHIND_DATA = 0
const BEHIND_DATA_CR = 1
const AT_SIZE = 2
const IN_SIZE = 3
const AT_NAME = 4
const IN_NAME = 5
const AT_VALUE = 6
const IN_VALUE = 7
const IN_QUOTED = 8
const BEHIND_BACKSLASH = 9
const BEHIND_QUOTED = 10
const BEHIND_SIZE_CR = 11
const IN_TRAILERS = 12

/** Zeros in front count: without a bound, a size could go on for ever. */
const MAX_DIGITS = 16

/**
 * Everything of a chunked body that is not data (RFC 9112, section 7.1), byte by byte: line ends behind data, sizes with their extensions, trailers.
 *
 * The grammar is followed to the letter but for the "bad white space" around extensions, which the RFC has recipients accept and Node, among
 * others, does not. A quoted value must be closed on its line, so that nobody reads a line end as a part of it.
 */
export class ChunkFraming {
  /** Bytes of data that come next; 0 while what comes is framing. */
  data = 0
  over = false
  rule: RefusalRule | undefined
  readonly #trailers: TrailerScanner
  readonly #maxExtensions: number
  #state = AT_SIZE
  #size = 0
  #digits = 0
  /** Bytes of all extensions of this body. */
  #extensions = 0

  constructor(maxHead: number, maxHeaders: number) {
    this.#maxExtensions = maxHead
    this.#trailers = new TrailerScanner(maxHead, maxHeaders)
  }

  reset(): void {
    this.over = false
    this.#state = AT_SIZE
    this.#digits = 0
    this.#extensions = 0
    this.data = 0
    this.#trailers.reset()
  }

  /** Reads from `from` to where data begins, the body is over, something is refused, or the bytes end; answers where that is. */
  read(bytes: Uint8Array, from: number): number {
    const end = bytes.length
    let at = from
    this.data = 0
    while (at < end) {
      const byte = bytes[at] ?? 0
      at++
      if (this.#state === IN_TRAILERS) {
        this.#trailers.take(byte)
        this.rule = this.#trailers.rule
        this.over = this.#trailers.over
        if (this.over || this.rule !== undefined) return at
        continue
      }
      if (this.#state === BEHIND_SIZE_CR) {
        if (byte !== LF) {
          this.rule = 'bare_cr'
          return at
        }
        if (this.#size === 0) {
          this.#state = IN_TRAILERS
          continue
        }
        this.data = this.#size
        this.#state = BEHIND_DATA
        return at
      }
      this.rule = this.#next(byte)
      if (this.rule !== undefined) return at
    }
    return at
  }

  #next(byte: number): RefusalRule | undefined {
    switch (this.#state) {
      case BEHIND_DATA:
        if (byte !== CR) return 'bad_chunk_end'
        this.#state = BEHIND_DATA_CR
        return undefined
      case BEHIND_DATA_CR:
        if (byte !== LF) return 'bad_chunk_end'
        this.#state = AT_SIZE
        return undefined
      case AT_SIZE:
        this.#size = 0
        this.#digits = 0
        this.#state = IN_SIZE
        return this.#digit(byte) ? undefined : 'bad_chunk_size'
      case IN_SIZE:
        if (this.#digit(byte)) return undefined
        if (byte === SEMICOLON) return this.#extension(AT_NAME)
        return this.#lineEnd(byte, 'bad_chunk_size')
      default:
        return this.#extensionByte(byte)
    }
  }

  #digit(byte: number): boolean {
    const digit = (HEX[byte] ?? 0) - 1
    if (digit < 0 || ++this.#digits > MAX_DIGITS) return false
    this.#size = this.#size * 16 + digit
    return this.#size <= Number.MAX_SAFE_INTEGER
  }

  #extensionByte(byte: number): RefusalRule | undefined {
    const isToken = TOKEN[byte] === 1
    switch (this.#state) {
      case AT_NAME:
        return isToken ? this.#extension(IN_NAME) : this.#badExtension(byte)
      case IN_NAME:
        if (isToken) return this.#extension(IN_NAME)
        if (byte === EQUALS) return this.#extension(AT_VALUE)
        return this.#nextExtension(byte)
      case AT_VALUE:
        if (byte === QUOTE) return this.#extension(IN_QUOTED)
        return isToken ? this.#extension(IN_VALUE) : this.#badExtension(byte)
      case IN_VALUE:
        return isToken ? this.#extension(IN_VALUE) : this.#nextExtension(byte)
      case IN_QUOTED:
        if (TEXT[byte] !== 1) return this.#badExtension(byte)
        if (byte === QUOTE) return this.#extension(BEHIND_QUOTED)
        return this.#extension(byte === BACKSLASH ? BEHIND_BACKSLASH : IN_QUOTED)
      case BEHIND_BACKSLASH:
        return TEXT[byte] === 1 ? this.#extension(IN_QUOTED) : this.#badExtension(byte)
      default:
        return this.#nextExtension(byte)
    }
  }

  #nextExtension(byte: number): RefusalRule | undefined {
    return byte === SEMICOLON ? this.#extension(AT_NAME) : this.#lineEnd(byte, 'bad_chunk_extension')
  }

  #extension(state: number): RefusalRule | undefined {
    this.#state = state
    return ++this.#extensions > this.#maxExtensions ? 'chunk_extensions_too_large' : undefined
  }

  #lineEnd(byte: number, otherwise: RefusalRule): RefusalRule | undefined {
    if (byte !== CR) return byte === LF ? 'bare_lf' : otherwise
    this.#state = BEHIND_SIZE_CR
    return undefined
  }

  #badExtension(byte: number): RefusalRule {
    return TEXT[byte] === 1 || byte === CR ? 'bad_chunk_extension' : ruleOfByte(byte)
  }
}
