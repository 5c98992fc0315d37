import { FoulweatherError } from '../core/errors.ts'
import { decodeGoString } from './go-string.ts'

/** A JSON value with everything that JSON.parse throws away: number texts, key order and duplicate keys. */
export type JsonNode =
  | { readonly kind: 'null' }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'array'; readonly items: readonly JsonNode[] }
  | { readonly kind: 'object'; readonly members: readonly JsonMember[] }

export interface JsonMember {
  readonly key: string
  readonly value: JsonNode
}

/** Deeper values are refused. Go allows 10 000; this reader recurses, and no document of ours is deeper than four. */
export const MAX_DEPTH = 1000

/**
 * Reads the first JSON value of a body as Go's decoder does: what follows it is ignored, bad UTF-8 becomes U+FFFD, and the texts
 * of refusals are those that Toxiproxy's users know.
 *
 * @throws FoulweatherError `bad_request_body`.
 */
export function readGoJson(body: Buffer): JsonNode {
  return new Reader(body).read()
}

export function badBody(text: string): FoulweatherError {
  return new FoulweatherError('bad_request_body', `bad request body: ${text}`)
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a
const SIMPLE_ESCAPES = new Set(Buffer.from('"\\/bfnrt'))

class Reader {
  readonly #body: Buffer
  #at = 0

  constructor(body: Buffer) {
    this.#body = body
  }

  read(): JsonNode {
    this.#skipSpace()
    if (this.#at === this.#body.length) throw badBody('EOF')
    return this.#value(0)
  }

  #value(depth: number): JsonNode {
    if (depth > MAX_DEPTH) throw badBody('exceeded max depth')
    const c = this.#peek()
    if (c === 0x7b) return this.#object(depth)
    if (c === 0x5b) return this.#array(depth)
    if (c === QUOTE) return { kind: 'string', value: this.#string() }
    if (c === 0x2d || isDigit(c)) return { kind: 'number', text: this.#number() }
    if (c === 0x74) return this.#literal('true', { kind: 'bool', value: true })
    if (c === 0x66) return this.#literal('false', { kind: 'bool', value: false })
    if (c === 0x6e) return this.#literal('null', { kind: 'null' })
    throw this.#unexpected('looking for beginning of value')
  }

  #object(depth: number): JsonNode {
    const members: JsonMember[] = []
    this.#at++
    this.#skipSpace()
    if (this.#peek() === 0x7d) {
      this.#at++
      return { kind: 'object', members }
    }
    for (;;) {
      if (this.#peek() !== QUOTE) throw this.#unexpected('looking for beginning of object key string')
      const key = this.#string()
      this.#skipSpace()
      if (this.#peek() !== COLON) throw this.#unexpected('after object key')
      this.#at++
      this.#skipSpace()
      members.push({ key, value: this.#value(depth + 1) })
      if (this.#closes(0x7d, 'after object key:value pair')) return { kind: 'object', members }
    }
  }

  #array(depth: number): JsonNode {
    const items: JsonNode[] = []
    this.#at++
    this.#skipSpace()
    if (this.#peek() === 0x5d) {
      this.#at++
      return { kind: 'array', items }
    }
    for (;;) {
      items.push(this.#value(depth + 1))
      if (this.#closes(0x5d, 'after array element')) return { kind: 'array', items }
    }
  }

  /** After an element: `true` at the closing bracket; `false` after a comma, with the next element in sight. */
  #closes(bracket: number, context: string): boolean {
    this.#skipSpace()
    const c = this.#peek()
    if (c !== bracket && c !== COMMA) throw this.#unexpected(context)
    this.#at++
    if (c === COMMA) this.#skipSpace()
    return c === bracket
  }

  #string(): string {
    const start = ++this.#at
    for (;;) {
      const c = this.#peek()
      if (c === QUOTE) return decodeGoString(this.#body.subarray(start, this.#at++))
      if (c < 0x20) throw this.#unexpected('in string literal')
      this.#at++
      if (c === BACKSLASH) this.#escape()
    }
  }

  #escape(): void {
    const c = this.#peek()
    if (c !== 0x75 && !SIMPLE_ESCAPES.has(c)) throw this.#unexpected('in string escape code')
    this.#at++
    if (c !== 0x75) return
    for (let digit = 0; digit < 4; digit++) {
      if (!isHexDigit(this.#peek())) throw this.#unexpected(String.raw`in \u hexadecimal character escape`)
      this.#at++
    }
  }

  #number(): string {
    const start = this.#at
    if (this.#peek() === 0x2d) this.#at++
    if (this.#next() === 0x30) this.#at++
    else this.#digits('in numeric literal')
    if (this.#at < this.#body.length && this.#peek() === 0x2e) {
      this.#at++
      this.#digits('after decimal point in numeric literal')
    }
    if (this.#at < this.#body.length && (this.#peek() | 0x20) === 0x65) {
      this.#at++
      if (this.#next() === 0x2b || this.#next() === 0x2d) this.#at++
      this.#digits('in exponent of numeric literal')
    }
    return this.#body.toString('latin1', start, this.#at)
  }

  #digits(context: string): void {
    if (!isDigit(this.#peek())) throw this.#unexpected(context)
    while (this.#at < this.#body.length && isDigit(this.#peek())) this.#at++
  }

  #literal(word: string, node: JsonNode): JsonNode {
    for (const expected of word) {
      if (this.#peek() !== expected.charCodeAt(0)) {
        throw this.#unexpected(`in literal ${word} (expecting ${quoteByte(expected.charCodeAt(0))})`)
      }
      this.#at++
    }
    return node
  }

  #skipSpace(): void {
    while (this.#at < this.#body.length && isSpace(this.#next())) this.#at++
  }

  /** The byte in sight. The body must not end here. */
  #peek(): number {
    const c = this.#body[this.#at]
    if (c === undefined) throw badBody('unexpected EOF')
    return c
  }

  /** The byte in sight, or 0 at the end of the body. */
  #next(): number {
    return this.#body[this.#at] ?? 0
  }

  #unexpected(context: string): FoulweatherError {
    return badBody(`invalid character ${quoteByte(this.#peek())} ${context}`)
  }
}

function isSpace(c: number): boolean {
  return c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09
}

function isDigit(c: number): boolean {
  return c >= 0x30 && c <= 0x39
}

function isHexDigit(c: number): boolean {
  return isDigit(c) || ((c | 0x20) >= 0x61 && (c | 0x20) <= 0x66)
}

const NAMED_CONTROLS: Readonly<Record<number, string>> = {
  7: 'a',
  8: 'b',
  9: 't',
  10: 'n',
  11: 'v',
  12: 'f',
  13: 'r',
}

/** A byte as Go prints it in these texts: `'x'`, `'\n'`, `'\x00'`; above 127 it is taken for the Latin-1 character. */
function quoteByte(c: number): string {
  if (c === 0x27) return String.raw`'\''`
  if (c === BACKSLASH) return String.raw`'\\'`
  const named = NAMED_CONTROLS[c]
  if (named !== undefined) return `'\\${named}'`
  if (c < 0x20 || c === 0x7f) return `'\\x${c.toString(16).padStart(2, '0')}'`
  if ((c >= 0x80 && c <= 0xa0) || c === 0xad) return String.raw`'\u00${c.toString(16)}'`
  return `'${String.fromCharCode(c)}'`
}
