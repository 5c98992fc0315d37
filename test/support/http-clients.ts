import type { Decision } from '../../src/core/decision.ts'
import type { ExchangeInfo } from '../../src/engine/http/exchange-info.ts'
import { Foulweather } from './foulweather.ts'
import { Origin } from './http-clients-origin.ts'
import { eventually } from './wait.ts'

export interface Address {
  readonly host: string
  readonly port: number
}

/** A fault as users write it. */
export type FaultFields = Readonly<Record<string, unknown>> & { readonly type: string }

/** As the API answers. */
export interface FaultCounts {
  readonly seen: number
  readonly selected: number
  readonly active: number
  readonly applied: number
}

interface ProxyAnswer {
  readonly listen: string
}

/** One proxy with protocol `http`, as a client of the REST API handles it. */
export class HttpProxy implements Address {
  readonly host = '127.0.0.1'
  readonly port: number
  readonly url: string
  readonly #foulweather: Foulweather
  readonly #name: string

  private constructor(foulweather: Foulweather, name: string, { listen }: ProxyAnswer) {
    this.#foulweather = foulweather
    this.#name = name
    this.port = Number(listen.split(':').at(-1))
    this.url = `http://127.0.0.1:${this.port}`
  }

  /** On a free port. `http`: the options of the proxy as users write them. */
  static async create(
    foulweather: Foulweather,
    name: string,
    upstream: Address,
    http: Readonly<Record<string, unknown>> = {},
  ): Promise<HttpProxy> {
    const asked = { name, listen: '127.0.0.1:0', upstream: `${upstream.host}:${upstream.port}`, protocol: 'http', http }
    return new HttpProxy(foulweather, name, (await foulweather.call('POST', '/v1/proxies', asked)) as ProxyAnswer)
  }

  async add(fault: FaultFields): Promise<void> {
    await this.#faults('POST', '', fault)
  }

  async update(name: string, patch: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#faults('PATCH', `/${name}`, patch)
  }

  async remove(name: string): Promise<void> {
    await this.#faults('DELETE', `/${name}`)
  }

  async counts(name: string): Promise<FaultCounts> {
    return ((await this.#faults('GET', `/${name}`)) as { counters: FaultCounts }).counters
  }

  /** How often the fault has put something that it did on record. */
  async injections(fault: string): Promise<number> {
    const path = `/v1/decisions?proxy=${this.#name}&fault=${fault}&limit=9999`
    const { decisions } = (await this.#foulweather.call('GET', path)) as { decisions: Decision[] }
    return decisions.filter(({ kind }) => kind === 'injection').length
  }

  /** Those that are over, in the order of their ends, as soon as there are `count` of them. */
  async exchanges(count: number): Promise<readonly ExchangeInfo[]> {
    return await eventually(`${count} exchanges of ${this.#name} are over`, async () => {
      const path = `/v1/exchanges?proxy=${this.#name}&limit=1000`
      const { exchanges } = (await this.#foulweather.call('GET', path)) as { exchanges: ExchangeInfo[] }
      return exchanges.length >= count && exchanges
    })
  }

  #faults(method: string, path: string, body?: unknown): Promise<unknown> {
    return this.#foulweather.call(method, `/v1/proxies/${this.#name}/faults${path}`, body)
  }
}

/** What an exchange came to, without what differs from run to run. */
export function outcomeOf({ method, path, status, upstream_status, origin, outcome, faults }: ExchangeInfo) {
  return { method, path, status, upstream_status, origin, outcome, faults }
}

/** Foulweather, a real HTTP server of this process, and a proxy in front of it. */
export class HttpRig implements AsyncDisposable {
  readonly foulweather: Foulweather
  readonly origin: Origin
  readonly proxy: HttpProxy

  private constructor(foulweather: Foulweather, origin: Origin, proxy: HttpProxy) {
    this.foulweather = foulweather
    this.origin = origin
    this.proxy = proxy
  }

  static async start(http: Readonly<Record<string, unknown>> = {}, origin?: Origin): Promise<HttpRig> {
    const upstream = origin ?? (await Origin.start())
    const foulweather = await Foulweather.start()
    return new HttpRig(foulweather, upstream, await HttpProxy.create(foulweather, 'web', upstream, http))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.foulweather[Symbol.asyncDispose]()
    await this.origin[Symbol.asyncDispose]()
  }
}
