import type { BodyKind, HeaderList, RequestHead, ResponseHead } from '../../core/http.ts'

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
   * Copies what is not copied yet. Without it, fields (and the host, and the reason) can be asked for as long as the bytes that the framer was
   * given are what they were: for most heads nobody asks, and the copy is a sixth of what reading one costs.
   */
  keep(): void
}

/** What a `RequestFramer` has read. Its `headers` are made when they are first asked for, by a getter that `{ ...head }` does not copy. */
export interface ParsedRequest extends RequestHead, ParsedHead {
  /** The client waits for a `100 (Continue)` before it sends the body. */
  readonly expectContinue: boolean
  /** The value of `Host`; may be empty. */
  readonly host: string | undefined
}

/** What a `ResponseFramer` has read. About `headers` see `ParsedRequest`. */
export interface ParsedResponse extends ResponseHead, ParsedHead {}

/** A head as text: a copy of its bytes, made when it is first asked for. */
class HeadText {
  readonly rawLength: number
  #bytes: Buffer | undefined
  readonly #from: number
  #text = ''
  readonly #fieldsAt: number
  #headers: HeaderList | undefined

  constructor(bytes: Buffer, from: number, length: number, fieldsAt: number) {
    this.rawLength = length
    this.#bytes = bytes
    this.#from = from
    this.#fieldsAt = fieldsAt
  }

  keep(): void {
    if (this.#bytes === undefined) return
    this.#text = this.#bytes.toString('latin1', this.#from, this.#from + this.rawLength)
    this.#bytes = undefined
  }

  get headers(): HeaderList {
    this.keep()
    this.#headers ??= fieldsOf(this.#text, this.#fieldsAt)
    return this.#headers
  }

  protected slice(from: number, to: number): string {
    this.keep()
    return this.#text.slice(from, to)
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
  readonly method: string
  readonly target: string
  readonly minor: 0 | 1
  readonly bodyKind: BodyKind
  readonly bodyLength: number
  readonly keepAlive: boolean
  readonly upgrade: boolean
  readonly expectContinue: boolean
  readonly #hostStart: number
  readonly #hostEnd: number

  /** `hostStart` -1 = there is no `Host`. Everything else is counted from the start of the text, which is a head that has been checked. */
  constructor(
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
  ) {
    super(bytes, from, length, fieldsAt)
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
  readonly status: number
  readonly minor: 0 | 1
  readonly bodyKind: BodyKind
  readonly bodyLength: number
  readonly keepAlive: boolean
  readonly upgrade: boolean
  readonly #lineEnd: number

  constructor(
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
  ) {
    super(bytes, from, length, fieldsAt)
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

/** Without the white space around it: space and tab alone, where `trim` takes others, such as the byte 0xA0. */
function valueOf(text: string, from: number, to: number): string {
  let start = from
  let end = to
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}
