import type { ChangedBody, ExchangeContext, RequestVerdict, ResponseVerdict } from '../../src/core/exchange.ts'
import { plainCells, type Cells } from '../../src/core/cells.ts'
import type { BodyKind, HeaderList, RequestHead, ResponseHead } from '../../src/core/http.ts'
import { randomFor, type Random } from '../../src/core/random.ts'
import { faultDefinition, faultFactory, parseParams } from '../../src/faults/index.ts'

/** 2026-11-22T12:00:00Z, a Sunday. */
export const WALL = 1_795_348_800_000

export interface ExchangeOptions {
  /** Default: 1. */
  readonly exchange?: number
  /** Default: 0. */
  readonly at?: number
  /** Default: `127.0.0.1`. */
  readonly client?: string
  /** Any name; what a fault keeps for a session is apart for each. Default: `a`. */
  readonly session?: string
}

/** One fault of one proxy as the engine asks it about exchanges, with what it shares between sessions and keeps for each. */
export class ExchangeFaults {
  readonly counters = { seen: 0, selected: 0, applied: 0 }
  readonly records: string[] = []
  readonly #shared = new Map<string, object>()
  readonly #cells: Cells
  readonly #type: string
  #params: Readonly<Record<string, unknown>>
  readonly #random: ((place: string) => Random) | undefined

  /**
   * @param random in the place of the one that hangs on session, exchange and phase.
   * @param otherThread of the same proxy: objects are apart, and cells are the same.
   */
  constructor(
    type: string,
    params: Readonly<Record<string, unknown>> = {},
    random?: (place: string) => Random,
    otherThread?: ExchangeFaults,
  ) {
    this.#type = type
    this.#cells = otherThread === undefined ? plainCells(faultFactory.cells(type)) : otherThread.#cells
    this.#params = parseParams(type, params)
    this.#random = random
  }

  update(params: Readonly<Record<string, unknown>>): void {
    this.#params = parseParams(this.#type, params)
  }

  request(head: RequestHead, options: ExchangeOptions = {}): RequestVerdict | undefined {
    return this.#definition.request?.(this.#params, this.context('request', options), head)
  }

  response(
    head: ResponseHead,
    request: RequestHead = aRequest(),
    options: ExchangeOptions = {},
  ): ResponseVerdict | undefined {
    return this.#definition.response?.(this.#params, this.context('response', options), head, request)
  }

  /** A new generator each time: who is asked again draws the same. */
  context(phase: 'request' | 'response', options: ExchangeOptions = {}): ExchangeContext {
    const { exchange = 1, at = 0, client = '127.0.0.1', session = 'a' } = options
    const place = `${session} ${exchange} ${phase}`
    const objects = this.#shared
    return {
      random: this.#random?.(place) ?? randomFor(1, this.#type, place),
      counters: this.counters,
      ending: { origin: 'injected', reason: this.#type },
      shared<T extends object>(scope: 'session' | 'proxy', make: () => T): T {
        const key = scope === 'proxy' ? 'proxy' : `session ${session}`
        const known = objects.get(key) ?? make()
        objects.set(key, known)
        return known as T
      },
      cells: () => this.#cells,
      record: (when, what, detail) => this.records.push(`${what} @ ${when} ${JSON.stringify(detail ?? {})}`),
      exchange,
      client,
      at,
      wall: WALL + at,
    }
  }

  get #definition() {
    const definition = faultDefinition(this.#type)
    if (definition === undefined) throw new Error(`no fault ${this.#type}`)
    return definition
  }
}

export function aRequest(more: Partial<RequestHead> = {}): RequestHead {
  return {
    method: 'GET',
    target: '/things?id=1',
    minor: 1,
    headers: [['Host', 'example.test']],
    bodyKind: 'none',
    bodyLength: 0,
    ...more,
  }
}

/** With a body of that many bytes. */
export function aResponse(more: Partial<ResponseHead> = {}, length = 100): ResponseHead {
  const bodyKind: BodyKind = length > 0 ? 'length' : 'none'
  return {
    status: 200,
    reason: 'OK',
    minor: 1,
    headers: [['Content-Length', String(length)]],
    bodyKind,
    bodyLength: length,
    ...more,
  }
}

/** What becomes of a body; `undefined` = it goes on as it came. */
export function changeOf(
  verdict: RequestVerdict | ResponseVerdict | undefined,
  body: Buffer | string,
): ChangedBody | undefined {
  const bytes = Buffer.from(body)
  const change = verdict?.body
  return change === undefined || bytes.length > change.atMost ? undefined : change.change(bytes)
}

/** All fields of that name (lower case). */
export function fields(headers: HeaderList | undefined, name: string): readonly string[] {
  return (headers ?? []).flatMap(([key, value]) => (key.toLowerCase() === name ? [value] : []))
}
