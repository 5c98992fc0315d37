import { COLON, CR, HTAB, LF, SP, TEXT, TOKEN } from './chars.ts'
import { FieldFacts, fieldAt } from './field-facts.ts'
import type { Field } from './field-facts.ts'
import { ruleOfByte } from './refusals.ts'
import type { RefusalRule } from './refusals.ts'

/** Where the scanner is in a head. */
const IN_START_LINE = 0
const BEHIND_START_LINE_CR = 1
const AT_LINE = 2
const IN_NAME = 3
const IN_VALUE = 4
const BEHIND_VALUE_CR = 5
const BEHIND_LAST_CR = 6

export const SCANNED = { more: 0, whole: 1, refused: 2 } as const

/**
 * Finds the end of a head and looks at every byte of it once, however it is cut: the caller gives the same bytes again with more behind them, and
 * the scan goes on where it stopped. Checks the lines (RFC 9112, section 2.2) and the shape of the fields (section 5), and notes the few
 * fields that a proxy needs in `facts`; nothing is copied. The start line is for the caller to take apart.
 */
export class HeadScanner {
  readonly facts = new FieldFacts()
  /** Bytes looked at, from the start of the head; its length once it is whole. */
  seen = 0
  /** Where the CR of the start line is, from the start of the head; -1 as long as its LF has not come. */
  startLineEnd = -1
  rule: RefusalRule | undefined
  readonly #maxHead: number
  readonly #maxHeaders: number
  #state = IN_START_LINE
  /** Where the name or value under the scanner begins, from the start of the head. */
  #mark = 0
  #field: Field = 0
  #fields = 0

  constructor(maxHead: number, maxHeaders: number) {
    this.#maxHead = maxHead
    this.#maxHeaders = maxHeaders
  }

  reset(): void {
    this.seen = 0
    this.startLineEnd = -1
    this.#state = IN_START_LINE
    this.#fields = 0
    this.facts.reset()
  }

  scan(bytes: Buffer, from: number): (typeof SCANNED)[keyof typeof SCANNED] {
    const end = Math.min(bytes.length, from + this.#maxHead)
    let state = this.#state
    let at = from + this.seen
    while (at < end) {
      let byte = bytes[at] ?? 0
      switch (state) {
        case IN_START_LINE:
          while (TEXT[byte] === 1 && ++at < end) byte = bytes[at] ?? 0
          if (at === end) break
          if (byte !== CR) return this.#refuse(ruleOfByte(byte))
          state = BEHIND_START_LINE_CR
          at++
          break
        case AT_LINE:
          if (byte === CR) {
            state = BEHIND_LAST_CR
            at++
            break
          }
          if (byte === SP || byte === HTAB) return this.#refuse('obs_fold')
          this.#mark = at - from
          state = IN_NAME
          break
        case IN_NAME: {
          while (TOKEN[byte] === 1 && ++at < end) byte = bytes[at] ?? 0
          if (at === end) break
          const name = from + this.#mark
          if (byte !== COLON || at === name) return this.#refuse(ruleOfName(byte, at > name))
          this.#field = fieldAt(bytes, name, at)
          at++
          this.#mark = at - from
          state = IN_VALUE
          break
        }
        case IN_VALUE:
          while (TEXT[byte] === 1 && ++at < end) byte = bytes[at] ?? 0
          if (at === end) break
          if (byte !== CR) return this.#refuse(ruleOfByte(byte))
          state = BEHIND_VALUE_CR
          at++
          break
        case BEHIND_VALUE_CR: {
          if (byte !== LF) return this.#refuse('bare_cr')
          if (++this.#fields > this.#maxHeaders) return this.#refuse('too_many_headers')
          const wrong = this.#field && this.facts.note(this.#field, bytes, from, from + this.#mark, at - 1)
          if (wrong) return this.#refuse(wrong)
          state = AT_LINE
          at++
          break
        }
        case BEHIND_START_LINE_CR:
          if (byte !== LF) return this.#refuse('bare_cr')
          this.startLineEnd = at - 1 - from
          state = AT_LINE
          at++
          break
        default:
          if (byte !== LF) return this.#refuse('bare_cr')
          this.seen = at + 1 - from
          return SCANNED.whole
      }
    }
    this.#state = state
    this.seen = at - from
    if (this.seen < this.#maxHead) return SCANNED.more
    return this.#refuse(this.startLineEnd < 0 ? 'target_too_long' : 'head_too_large')
  }

  #refuse(rule: RefusalRule): typeof SCANNED.refused {
    this.rule = rule
    return SCANNED.refused
  }
}

/** The rule for a byte that can neither go on with a name nor end it. */
export function ruleOfName(byte: number, begun: boolean): RefusalRule {
  if (byte === LF) return 'bare_lf'
  return begun && (byte === SP || byte === HTAB) ? 'space_before_colon' : 'bad_field_name'
}
