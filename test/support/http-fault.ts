import type { ExchangeContext, RequestVerdict, ResponseVerdict } from '../../src/core/exchange.ts'
import type { RequestHead, ResponseHead } from '../../src/core/http.ts'
import type { FaultPlan } from '../../src/core/plan.ts'
import { randomFor, type Random } from '../../src/core/random.ts'
import { faultFactory, parseParams } from '../../src/faults/index.ts'
import { SharedObjects } from './fault-chain.ts'

type Params = Readonly<Record<string, unknown>>

export const REQUEST: RequestHead = {
  method: 'GET',
  target: '/things?id=1',
  minor: 1,
  headers: [
    ['Host', 'example.test'],
    ['Accept', '*/*'],
  ],
  bodyKind: 'none',
  bodyLength: 0,
}

export const RESPONSE: ResponseHead = {
  status: 200,
  reason: 'OK',
  minor: 1,
  headers: [['Content-Length', '1000']],
  bodyKind: 'length',
  bodyLength: 1000,
}

/** A fault that works on exchanges, as the engine asks it: with parameters as users write them, without sockets. */
export class HttpFault {
  readonly counters = { seen: 0, selected: 0, applied: 0 }
  readonly records: string[] = []
  readonly #plan: FaultPlan
  readonly #randomOf: (exchange: number) => Random
  readonly #shared = new SharedObjects()

  constructor(type: string, params: Params, randomOf: (exchange: number) => Random = (nth) => randomFor(1, type, nth)) {
    const parsed = parseParams(type, params)
    const base = { name: type, type, direction: 'downstream', probability: 1, params: parsed, owner: 'api' } as const
    this.#plan = { ...base, revision: 0, draw: 0 }
    this.#randomOf = randomOf
  }

  /** Each asking begins the sequence of its exchange anew. */
  request(exchange = 1, at = 0): RequestVerdict | undefined {
    return faultFactory.request(this.#plan, this.#context(exchange, at), REQUEST)
  }

  response(exchange = 1, at = 0): ResponseVerdict | undefined {
    return faultFactory.response(this.#plan, this.#context(exchange, at), RESPONSE, REQUEST)
  }

  #context(exchange: number, at: number): ExchangeContext {
    const { type } = this.#plan
    return {
      random: this.#randomOf(exchange),
      counters: this.counters,
      ending: { origin: 'injected', reason: type },
      shared: this.#shared.of(type),
      cells: this.#shared.cellsOf(type),
      record: (_at, what) => this.records.push(what),
      exchange,
      client: '127.0.0.1',
      at,
      wall: 1_700_000_000_000 + at,
    }
  }
}

/** What is said to parameters that cannot be taken. */
export function refusalOf(type: string, params: Params): string {
  try {
    parseParams(type, params)
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  throw new Error(`${type} took ${JSON.stringify(params)}`)
}
