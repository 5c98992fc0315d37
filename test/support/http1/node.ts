import { createRequire } from 'node:module'
import type { Outcome, ReadMessage, StreamCase } from './outcome.ts'

/** The part of Node's binding to llhttp that is used here; `node:_http_common` has no types. */
interface NodeParser {
  initialize(type: number, resource: object, maxHeaderSize: number, lenient: number): void
  execute(bytes: Buffer): number | ParserError
  finish(): ParserError | number | undefined
  [callback: number]: (...args: never[]) => number | void
}

interface ParserError extends Error {
  readonly code: string
  readonly reason: string
  readonly bytesParsed: number
}

interface HttpCommon {
  readonly HTTPParser: {
    new (): NodeParser
    readonly REQUEST: number
    readonly RESPONSE: number
    readonly kOnMessageBegin: number
    readonly kOnHeaders: number
    readonly kOnHeadersComplete: number
    readonly kOnBody: number
    readonly kOnMessageComplete: number
    readonly kLenientNone: number
  }
}

const { HTTPParser } = createRequire(import.meta.url)('node:_http_common') as HttpCommon

/** In the order of their numbers in llhttp; the binding names them by number. Filled in by asking the parser. */
const METHODS: string[] = []

const MAX_HEADER_SIZE = 16_384
const NO_BODY = 1
const TUNNEL = 2

/** Reads a stream, whole, with the parser of Node's HTTP server and client, without any leniency. */
export function readWithNode({ kind, bytes, methods }: Omit<StreamCase, 'cuts'>): Outcome {
  return new NodeReader(kind, methods).read(bytes)
}

/** Used for all streams: what a parser has allocated outside the heap is not given back until the process ends. */
const requestParser = new HTTPParser()
const responseParser = new HTTPParser()

class NodeReader {
  readonly #isRequest: boolean
  readonly #methods: readonly string[]
  readonly #messages: ReadMessage[] = []
  #answered = 0
  #fields: string[] = []
  #target = ''
  #inHead = false
  #tunnel = false

  constructor(kind: StreamCase['kind'], methods: readonly string[]) {
    this.#isRequest = kind === 'request'
    this.#methods = methods
  }

  read(bytes: Buffer): Outcome {
    const parser = this.#isRequest ? requestParser : responseParser
    parser.initialize(
      this.#isRequest ? HTTPParser.REQUEST : HTTPParser.RESPONSE,
      {},
      MAX_HEADER_SIZE,
      HTTPParser.kLenientNone,
    )
    parser[HTTPParser.kOnMessageBegin] = () => this.#begin()
    parser[HTTPParser.kOnHeaders] = (fields: string[], target: string) => this.#someFields(fields, target)
    parser[HTTPParser.kOnHeadersComplete] = (...args: HeadersComplete) => this.#headComplete(...args)
    parser[HTTPParser.kOnBody] = (part: Buffer) => this.#body(part)
    parser[HTTPParser.kOnMessageComplete] = () => this.#complete()
    const read = parser.execute(bytes)
    const messages = this.#messages
    if (typeof read !== 'number') {
      const { code, reason, bytesParsed: at } = read
      // Bytes behind a message that was to be the last: no mistake of what came before.
      if (code === 'HPE_CLOSED_CONNECTION') return { messages, ending: 'idle', error: '', at }
      return { messages, ending: 'refused', error: `${code}: ${reason}`, at }
    }
    const last = messages.at(-1)
    if (this.#tunnel && last?.whole === true) return { messages, ending: 'tunnel', error: '', at: read }
    // The binding keeps quiet about errors in the body of a request that asks for an upgrade; it only stops there.
    if (read < bytes.length) return { messages, ending: 'refused', error: 'in a body before an upgrade', at: read }
    const wasOpen = last !== undefined && !last.whole
    const finished = parser.finish()
    if (this.#inHead || (finished !== undefined && typeof finished !== 'number') || last?.whole === false)
      return { messages, ending: 'cut', error: '', at: read }
    return { messages, ending: wasOpen ? 'complete' : 'idle', error: '', at: read }
  }

  #begin(): void {
    this.#inHead = true
    this.#fields = []
    this.#target = ''
  }

  /** Node hands on fields 32 at a time, and trailers, this way. */
  #someFields(fields: string[], target: string): void {
    if (!this.#inHead) return
    this.#fields.push(...fields)
    this.#target += target
  }

  #headComplete(...[, minor, fields, method, target, status, reason, upgrade, keepAlive]: HeadersComplete): number {
    this.#fields.push(...(fields ?? []))
    const line = this.#isRequest ? `${METHODS[method ?? -1]} ${this.#target}${target ?? ''}` : `${status} ${reason}`
    this.#inHead = false
    this.#messages.push({ line, minor, fields: fieldsText(this.#fields), keepAlive, upgrade, body: '', whole: false })
    if (this.#isRequest) {
      this.#tunnel = upgrade
      return 0
    }
    return this.#behindResponse(status ?? 0, upgrade)
  }

  /** What Node's client makes of it. */
  #behindResponse(status: number, upgrade: boolean): number {
    const method = this.#methods[this.#answered]
    if (status < 200 && status !== 101) return NO_BODY
    this.#answered++
    this.#tunnel = upgrade || (method === 'CONNECT' && status >= 200 && status < 300)
    if (this.#tunnel) return TUNNEL
    return method === 'HEAD' ? NO_BODY : 0
  }

  #body(part: Buffer): void {
    const last = this.#messages.at(-1)
    if (last !== undefined) last.body += part.toString('latin1')
  }

  #complete(): void {
    const last = this.#messages.at(-1)
    if (last !== undefined) last.whole = true
  }
}

type HeadersComplete = [
  major: number,
  minor: number,
  fields: string[] | null,
  method: number | null,
  target: string | null,
  status: number | null,
  reason: string | null,
  upgrade: boolean,
  keepAlive: boolean,
]

function fieldsText(fields: readonly string[]): string {
  let text = ''
  for (let i = 0; i < fields.length; i += 2) text += `${fields[i]}: ${fields[i + 1]}\n`
  return text
}

/** The number of a method, by having a request with it parsed. */
function numberOf(method: string): number | undefined {
  let found: number | undefined
  const parser = new HTTPParser()
  parser.initialize(HTTPParser.REQUEST, {}, MAX_HEADER_SIZE, HTTPParser.kLenientNone)
  parser[HTTPParser.kOnHeadersComplete] = (...args: HeadersComplete) => {
    found = args[3] ?? undefined
    return 0
  }
  parser.execute(Buffer.from(`${method} ${method === 'CONNECT' ? 'a:1' : '/'} HTTP/1.1\r\n\r\n`, 'latin1'))
  return found
}

/** Those that llhttp knows; it refuses all others. */
export const KNOWN_METHODS: readonly string[] = (
  createRequire(import.meta.url)('node:http') as { readonly METHODS: readonly string[] }
).METHODS
for (const method of KNOWN_METHODS) {
  const number = numberOf(method)
  if (number !== undefined) METHODS[number] = method
}
