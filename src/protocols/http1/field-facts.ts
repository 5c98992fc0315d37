import { AUTHORITY, COMMA, HTAB, SP, isWord, wordOf } from './chars.ts'
import type { RefusalRule } from './refusals.ts'

/** The fields that a framer looks at. */
export const FIELD = {
  none: 0,
  host: 1,
  contentLength: 2,
  transferEncoding: 3,
  connection: 4,
  upgrade: 5,
  expect: 6,
} as const

export type Field = (typeof FIELD)[keyof typeof FIELD]

const HOST = wordOf('host')
const EXPECT = wordOf('expect')
const UPGRADE = wordOf('upgrade')
const CONNECTION = wordOf('connection')
const CONTENT_LENGTH = wordOf('content-length')
const TRANSFER_ENCODING = wordOf('transfer-encoding')
const CLOSE = wordOf('close')
const KEEP_ALIVE = wordOf('keep-alive')
const CHUNKED = wordOf('chunked')
const CONTINUE = wordOf('100-continue')

/** Which field the token between `start` and `end` names. Most are told apart by their length alone. */
export function fieldAt(bytes: Uint8Array, start: number, end: number): Field {
  switch (end - start) {
    case 4:
      return isWord(bytes, start, HOST) ? FIELD.host : FIELD.none
    case 6:
      return isWord(bytes, start, EXPECT) ? FIELD.expect : FIELD.none
    case 7:
      return isWord(bytes, start, UPGRADE) ? FIELD.upgrade : FIELD.none
    case 10:
      return isWord(bytes, start, CONNECTION) ? FIELD.connection : FIELD.none
    case 14:
      return isWord(bytes, start, CONTENT_LENGTH) ? FIELD.contentLength : FIELD.none
    case 17:
      return isWord(bytes, start, TRANSFER_ENCODING) ? FIELD.transferEncoding : FIELD.none
    default:
      return FIELD.none
  }
}

/** What the fields of one head say that a proxy must know. */
export class FieldFacts {
  /** Of `Content-Length`; -1 = there is none. */
  length = -1
  chunked = false
  /** How many `Host` fields there are, and where the value of the last is, from the start of the head. */
  hosts = 0
  hostStart = 0
  hostEnd = 0
  /** Options of `Connection`. */
  close = false
  keepAlive = false
  connectionUpgrade = false
  /** There is an `Upgrade` field that names something. */
  upgrade = false
  expectContinue = false

  reset(): void {
    this.length = -1
    this.chunked = false
    this.hosts = 0
    this.close = false
    this.keepAlive = false
    this.connectionUpgrade = false
    this.upgrade = false
    this.expectContinue = false
  }

  /** Takes a value, with the white space around it, of the head that begins at `head`. Answers why it is refused, if it is. */
  note(field: Field, bytes: Buffer, head: number, valueStart: number, valueEnd: number): RefusalRule | undefined {
    let start = valueStart
    let end = valueEnd
    while (start < end && isBlank(bytes[start])) start++
    while (end > start && isBlank(bytes[end - 1])) end--
    switch (field) {
      case FIELD.host:
        this.hosts++
        this.hostStart = start - head
        this.hostEnd = end - head
        return undefined
      case FIELD.contentLength:
        return this.#contentLength(bytes, start, end)
      case FIELD.transferEncoding:
        return this.#transferEncoding(bytes, valueStart, start, end, valueEnd)
      case FIELD.connection:
        this.#connection(bytes, start, end)
        return undefined
      case FIELD.upgrade:
        if (end > start) this.upgrade = true
        return undefined
      case FIELD.expect:
        if (end - start === CONTINUE.length && isWord(bytes, start, CONTINUE)) this.expectContinue = true
        return undefined
      default:
        return undefined
    }
  }

  /** Whether the connection stays open behind this message (RFC 9112, section 9.3), by the minor version. */
  staysOpen(minor: 0 | 1): boolean {
    return !this.close && (minor === 1 || this.keepAlive)
  }

  /** Whether the value of `Host` can be one. It may be empty (RFC 9112, section 3.2). */
  hostIsAuthority(bytes: Uint8Array, head: number): boolean {
    const end = head + this.hostEnd
    for (let at = head + this.hostStart; at < end; at++) if (AUTHORITY[bytes[at] ?? 0] !== 1) return false
    return true
  }

  /**
   * A second one is refused even if it says the same: RFC 9110, section 8.6, lets a recipient refuse it or make one of both, and who passes
   * on the bytes that came cannot make one of both.
   */
  #contentLength(bytes: Uint8Array, start: number, end: number): RefusalRule | undefined {
    if (this.length >= 0) return 'repeated_content_length'
    if (start === end) return 'bad_content_length'
    let length = 0
    for (let at = start; at < end; at++) {
      const digit = (bytes[at] ?? 0) - 0x30
      if (digit < 0 || digit > 9) return 'bad_content_length'
      length = length * 10 + digit
      if (length > Number.MAX_SAFE_INTEGER) return 'bad_content_length'
    }
    this.length = length
    return undefined
  }

  /**
   * White space around the value is none of it, and yet is refused but for spaces in front: a tab there, or anything behind, is how one reader is
   * brought not to recognise `chunked` where another does.
   */
  #transferEncoding(
    bytes: Buffer,
    valueStart: number,
    start: number,
    end: number,
    valueEnd: number,
  ): RefusalRule | undefined {
    if (this.chunked || end !== valueEnd) return 'bad_transfer_encoding'
    for (let at = valueStart; at < start; at++) if (bytes[at] !== SP) return 'bad_transfer_encoding'
    if (end - start === CHUNKED.length && isWord(bytes, start, CHUNKED)) {
      this.chunked = true
      return undefined
    }
    return isOtherCoding(bytes.toString('latin1', start, end))
      ? 'unsupported_transfer_encoding'
      : 'bad_transfer_encoding'
  }

  /** A list of options; what is none is left alone (RFC 9110, section 7.6.1). */
  #connection(bytes: Uint8Array, valueStart: number, valueEnd: number): void {
    let at = valueStart
    while (at < valueEnd) {
      while (at < valueEnd && (isBlank(bytes[at]) || bytes[at] === COMMA)) at++
      const start = at
      while (at < valueEnd && bytes[at] !== COMMA) at++
      let end = at
      while (end > start && isBlank(bytes[end - 1])) end--
      this.#connectionOption(bytes, start, end - start)
    }
  }

  #connectionOption(bytes: Uint8Array, start: number, length: number): void {
    if (length === CLOSE.length && isWord(bytes, start, CLOSE)) this.close = true
    else if (length === KEEP_ALIVE.length && isWord(bytes, start, KEEP_ALIVE)) this.keepAlive = true
    else if (length === UPGRADE.length && isWord(bytes, start, UPGRADE)) this.connectionUpgrade = true
  }
}

/** A well-formed list of codings that ends with `chunked` or does not have it: right, perhaps, for somebody else. */
function isOtherCoding(value: string): boolean {
  const codings = value.split(',').map((coding) => coding.trim().toLowerCase())
  if (!codings.every((coding) => /^[\w!#$%&'*+.^`|~-]+$/.test(coding))) return false
  const chunked = codings.indexOf('chunked')
  return chunked < 0 || chunked === codings.length - 1
}

function isBlank(byte: number | undefined): boolean {
  return byte === SP || byte === HTAB
}
