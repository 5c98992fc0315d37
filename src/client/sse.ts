/** One event as it comes over the wire. */
export interface SseMessage {
  /** Default: `message`. */
  readonly event: string
  readonly data: string
  /** What to go on behind: that of this event, or the latest before it that had one; empty = there was none. */
  readonly id: string
}

/** Characters of one line, and of the data of one event: far more than the server sends. */
const LONGEST = 2 ** 20

/** Reads a stream of server-sent events (WHATWG HTML, section 9.2.6), however it is cut. */
export class SseParser {
  /** What to go on behind; empty = nothing has had an id yet. */
  lastId: string
  /** How long the server wants clients to wait before they come again, milliseconds; `undefined` = it has not said. */
  retryMs: number | undefined
  readonly #decoder = new TextDecoder()
  #rest = ''
  #event = ''
  #data: string[] = []
  #size = 0
  #id: string

  constructor(lastId = '') {
    this.lastId = lastId
    this.#id = lastId
  }

  /** @throws RangeError where a line, or an event, is longer than any that can be meant. */
  push(bytes: Uint8Array): readonly SseMessage[] {
    const text = this.#rest + this.#decoder.decode(bytes, { stream: true })
    // A CR at the very end may be half of a CRLF.
    const lines = text.split(/\r\n|\n|\r(?!$)/)
    this.#rest = lines.pop() ?? ''
    if (this.#rest.length > LONGEST) throw new RangeError(`a line of events is longer than ${LONGEST} characters`)
    return lines.flatMap((line) => this.#line(line) ?? [])
  }

  #line(line: string): SseMessage | undefined {
    if (line === '') return this.#dispatch()
    const colon = line.indexOf(':')
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'event') this.#event = value
    else if (field === 'data') this.#addData(value)
    else if (field === 'id' && !value.includes('\0')) this.#id = value
    else if (field === 'retry' && /^\d{1,9}$/.test(value)) this.retryMs = Number(value)
    return undefined
  }

  #addData(value: string): void {
    this.#size += value.length + 1
    if (this.#size > LONGEST) throw new RangeError(`an event is longer than ${LONGEST} characters`)
    this.#data.push(value)
  }

  #dispatch(): SseMessage | undefined {
    this.lastId = this.#id
    const event = this.#event || 'message'
    const data = this.#data
    this.#event = ''
    this.#data = []
    this.#size = 0
    return data.length === 0 ? undefined : { event, data: data.join('\n'), id: this.lastId }
  }
}
