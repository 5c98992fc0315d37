import { COLON, CR, HTAB, LF, SP, TEXT, TOKEN } from './chars.ts'
import { FIELD, fieldAt } from './field-facts.ts'
import { ruleOfName } from './head-scanner.ts'
import { ruleOfByte } from './refusals.ts'
import type { RefusalRule } from './refusals.ts'

const AT_LINE = 0
const IN_NAME = 1
const IN_VALUE = 2
const BEHIND_VALUE_CR = 3
const BEHIND_LAST_CR = 4

/** Longer names than this are no name that is looked for: `transfer-encoding` has 17. */
const LONGEST_NAME = 17

/** The fields behind the last chunk, with the empty line that ends them (RFC 9112, section 7.1.2), byte by byte. */
export class TrailerScanner {
  over = false
  rule: RefusalRule | undefined
  readonly #maxBytes: number
  readonly #maxFields: number
  readonly #name = new Uint8Array(LONGEST_NAME)
  #nameLength = 0
  #state = AT_LINE
  #bytes = 0
  #fields = 0

  constructor(maxBytes: number, maxFields: number) {
    this.#maxBytes = maxBytes
    this.#maxFields = maxFields
  }

  reset(): void {
    this.over = false
    this.#state = AT_LINE
    this.#bytes = 0
    this.#fields = 0
  }

  /** Takes one byte; `over` behind the last, `rule` set where it is refused. */
  take(byte: number): void {
    this.rule = ++this.#bytes > this.#maxBytes ? 'trailers_too_large' : this.#next(byte)
  }

  #next(byte: number): RefusalRule | undefined {
    switch (this.#state) {
      case AT_LINE:
        if (byte === CR) {
          this.#state = BEHIND_LAST_CR
          return undefined
        }
        if (byte === SP || byte === HTAB) return 'obs_fold'
        this.#nameLength = 0
        this.#state = IN_NAME
        return this.#nameByte(byte)
      case IN_NAME:
        return this.#nameByte(byte)
      case IN_VALUE:
        if (TEXT[byte] === 1) return undefined
        if (byte !== CR) return ruleOfByte(byte)
        this.#state = BEHIND_VALUE_CR
        return undefined
      case BEHIND_VALUE_CR:
        if (byte !== LF) return 'bare_cr'
        this.#state = AT_LINE
        return undefined
      default:
        if (byte !== LF) return 'bare_cr'
        this.over = true
        return undefined
    }
  }

  #nameByte(byte: number): RefusalRule | undefined {
    if (TOKEN[byte] === 1) {
      if (this.#nameLength < LONGEST_NAME) this.#name[this.#nameLength] = byte
      this.#nameLength++
      return undefined
    }
    if (byte !== COLON || this.#nameLength === 0) return ruleOfName(byte, this.#nameLength > 0)
    if (++this.#fields > this.#maxFields) return 'too_many_trailers'
    this.#state = IN_VALUE
    return isForbidden(this.#name, this.#nameLength) ? 'forbidden_trailer' : undefined
  }
}

/** Who merges trailers into the head would read the message otherwise than who does not (RFC 9110, section 6.5.1). */
function isForbidden(name: Uint8Array, length: number): boolean {
  const field = fieldAt(name, 0, length)
  return field === FIELD.contentLength || field === FIELD.transferEncoding || field === FIELD.host
}
