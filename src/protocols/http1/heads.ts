import { headerOf, type BodyKind, type HeaderList, type RequestHead, type ResponseHead } from '../../core/http.ts'
import { COLON, CR, HTAB, LF, SP } from './chars.ts'

interface ParsedHead {
  /**
   * What the message says about its connection (RFC 9112, section 9.3): true = it stays open behind it. A response that ends with its connection
   * says false.
   */
  readonly keepAlive: boolean
  /** There is an `Upgrade` field, and `Connection` names it. */
  readonly upgrade: boolean
  /** Bytes of the head on the wire, the empty line at its end included. */
  readonly rawLength: number
  /**
   * Makes it last. Without it, fields (and the host, and the reason) can be asked for as long as the bytes that the framer was given are what they
   * were, and everything else until the framer reads on behind the message: most heads are of no interest to anybody, and a copy and an object for
   * each are a third of what reading one costs.
   */
  keep(): void
}

/** What a `RequestFramer` has read. Its `headers` are made when they are first asked for, by a getter that `{ ...head }` does not copy. */
export interface ParsedRequest extends RequestHead, ParsedHead {
  /** The client waits for a `100 (Continue)` before it sends the body. */
  readonly expectContinue: boolean
  /** The value of `Host`; may be empty. */
  readonly host: string | undefined
  /**
   * The value of a field, several joined with `, `; `undefined` = there is none. `name` in lower case. What `headerOf` answers, without a list of all
   * fields where nobody has asked for that.
   */
  field(name: string): string | undefined
}

/** What a `ResponseFramer` has read. About `headers` see `ParsedRequest`. */
export interface ParsedResponse extends ResponseHead, ParsedHead {}

const NO_BYTES = Buffer.alloc(0)

const LOOKS_WITHOUT_LIST = 4

/** A head as text: a copy of its bytes, made when it is first asked for. Written again by the next head, unless somebody has asked. */
class HeadText {
  rawLength = 0
  #bytes: Buffer = NO_BYTES
  #from = 0
  #text = ''
  #fieldsAt = 0
  #kept = false
  #looks = 0
  #headers: HeaderList | undefined

  protected place(bytes: Buffer, from: number, length: number, fieldsAt: number): void {
    this.rawLength = length
    this.#bytes = bytes
    this.#from = from
    this.#fieldsAt = fieldsAt
    this.#looks = 0
  }

  /** Somebody has asked for it: it is theirs, and the next head is another object. */
  get isKept(): boolean {
    return this.#kept
  }

  keep(): void {
    if (this.#kept) return
    this.#kept = true
    this.#text = this.#bytes.toString('latin1', this.#from, this.#from + this.rawLength)
    this.#bytes = NO_BYTES
  }

  get headers(): HeaderList {
    this.keep()
    this.#headers ??= fieldsOf(this.#text, this.#fieldsAt)
    return this.#headers
  }

  field(name: string): string | undefined {
    // A list costs more than to look a few times.
    if (this.#kept || ++this.#looks > LOOKS_WITHOUT_LIST) return headerOf(this, name)
    return fieldIn(this.#bytes, this.#from + this.#fieldsAt, name)
  }

  protected slice(from: number, to: number): string {
    return this.#kept ? this.#text.slice(from, to) : this.#bytes.toString('latin1', this.#from + from, this.#from + to)
  }
}

/** All that is the same for every head. */
export interface HeadFacts {
  readonly minor: 0 | 1
  readonly bodyKind: BodyKind
  readonly bodyLength: number
  readonly keepAlive: boolean
  readonly upgrade: boolean
}

export class RequestText extends HeadText implements ParsedRequest {
  method = ''
  target = ''
  minor: 0 | 1 = 1
  bodyKind: BodyKind = 'none'
  bodyLength = 0
  keepAlive = false
  upgrade = false
  expectContinue = false
  #hostStart = -1
  #hostEnd = -1

  /** `hostStart` -1 = there is no `Host`. Everything else is counted from the start of the text, which is a head that has been checked. */
  set(
    bytes: Buffer,
    from: number,
    length: number,
    fieldsAt: number,
    method: string,
    target: string,
    minor: 0 | 1,
    bodyKind: BodyKind,
    bodyLength: number,
    keepAlive: boolean,
    upgrade: boolean,
    expectContinue: boolean,
    hostStart: number,
    hostEnd: number,
  ): void {
    this.place(bytes, from, length, fieldsAt)
    this.method = method
    this.target = target
    this.minor = minor
    this.bodyKind = bodyKind
    this.bodyLength = bodyLength
    this.keepAlive = keepAlive
    this.upgrade = upgrade
    this.expectContinue = expectContinue
    this.#hostStart = hostStart
    this.#hostEnd = hostEnd
  }

  get host(): string | undefined {
    return this.#hostStart < 0 ? undefined : this.slice(this.#hostStart, this.#hostEnd)
  }
}

/** Behind `HTTP/1.1 200 `. */
const REASON_AT = 13

export class ResponseText extends HeadText implements ParsedResponse {
  status = 0
  minor: 0 | 1 = 1
  bodyKind: BodyKind = 'none'
  bodyLength = 0
  keepAlive = false
  upgrade = false
  #lineEnd = 0

  set(
    bytes: Buffer,
    from: number,
    length: number,
    fieldsAt: number,
    status: number,
    minor: 0 | 1,
    bodyKind: BodyKind,
    bodyLength: number,
    keepAlive: boolean,
    upgrade: boolean,
  ): void {
    this.place(bytes, from, length, fieldsAt)
    this.#lineEnd = fieldsAt - 2
    this.status = status
    this.minor = minor
    this.bodyKind = bodyKind
    this.bodyLength = bodyLength
    this.keepAlive = keepAlive
    this.upgrade = upgrade
  }

  get reason(): string {
    return this.slice(REASON_AT, this.#lineEnd)
  }
}

/** The lines from `at` on, up to the empty one. */
function fieldsOf(text: string, at: number): HeaderList {
  const fields: (readonly [string, string])[] = []
  let start = at
  for (;;) {
    const end = text.indexOf('\r\n', start)
    if (end <= start) return fields
    const colon = text.indexOf(':', start)
    fields.push([text.slice(start, colon), valueOf(text, colon + 1, end)])
    start = end + 2
  }
}

/** The same for the field of one name (lower case), in the bytes of a head. */
function fieldIn(bytes: Buffer, at: number, name: string): string | undefined {
  let found: string | undefined
  let start = at
  while (start < bytes.length && bytes[start] !== CR) {
    const colon = start + name.length
    const isMeant = bytes[colon] === COLON && isNamed(bytes, start, name)
    let end = isMeant ? colon : start
    while (end < bytes.length && bytes[end] !== LF) end++
    if (isMeant) {
      const value = valueAt(bytes, colon + 1, end - 1)
      found = found === undefined ? value : `${found}, ${value}`
    }
    start = end + 1
  }
  return found
}

function isNamed(bytes: Uint8Array, start: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const byte = bytes[start + i] ?? 0
    if ((byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte) !== name.charCodeAt(i)) return false
  }
  return true
}

function valueAt(bytes: Buffer, from: number, to: number): string {
  let start = from
  let end = to
  while (start < end && isBlank(bytes[start] ?? 0)) start++
  while (end > start && isBlank(bytes[end - 1] ?? 0)) end--
  return bytes.toString('latin1', start, end)
}

/** Without the white space around it: space and tab alone, where `trim` takes others, such as the byte 0xA0. */
function valueOf(text: string, from: number, to: number): string {
  let start = from
  let end = to
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

function isBlank(code: number): boolean {
  return code === SP || code === HTAB
}
