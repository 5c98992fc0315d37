import type { FaultPlan, HttpOptions, ProxyPlan } from '../../src/core/plan.ts'
import type { DataPlaneOptions } from '../../src/engine/local-data-plane.ts'
import type { ExchangeInfo } from '../../src/engine/http/exchange-info.ts'
import { faultFactory, parseParams } from '../../src/faults/index.ts'
import { EngineRig, type RigProxy } from './engine-rig.ts'
import { ManualClock } from './manual-clock.ts'
import { type Peer, Upstream } from './peers.ts'
import { eventually } from './wait.ts'

let revisions = 0

export type HttpFaultOptions = Partial<Omit<FaultPlan, 'type' | 'params' | 'revision'>>

/** A validated fault as a plan of an HTTP proxy has it; every call is a new revision. */
export function httpFault(type: string, params: object = {}, options: HttpFaultOptions = {}): FaultPlan {
  const common = { name: type, direction: 'downstream', probability: 1, owner: 'api', draw: 0, ...options } as const
  const plan: FaultPlan = { ...common, type, params: parseParams(type, params), revision: ++revisions }
  const { per = faultFactory.level(plan) } = options
  return per === 'session' && faultFactory.level(plan) === 'session' ? plan : { ...plan, per }
}

/** Works on the bodies of messages. */
export function bodyFault(type: string, params: object = {}, options: HttpFaultOptions = {}): FaultPlan {
  return httpFault(type, params, { part: 'body', ...options })
}

/** The same fault with other parameters. */
export function updatedHttp(before: FaultPlan, params: object): FaultPlan {
  return { ...before, params: parseParams(before.type, params), revision: ++revisions }
}

export function get(path = '/', ...fields: readonly string[]): string {
  return request('GET', path, '', ...fields)
}

/** With the length of its body, if it has one. */
export function request(method: string, path: string, body = '', ...fields: readonly string[]): string {
  const length = body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body, 'latin1')}`]
  return `${[`${method} ${path} HTTP/1.1`, 'Host: example.test', ...fields, ...length].join('\r\n')}\r\n\r\n${body}`
}

export function ok(body = 'ok', ...fields: readonly string[]): string {
  const head = ['HTTP/1.1 200 OK', ...fields, `Content-Length: ${Buffer.byteLength(body, 'latin1')}`]
  return `${head.join('\r\n')}\r\n\r\n${body}`
}

/** Each piece is a chunk. */
export function chunked(pieces: readonly string[], trailers: readonly string[] = []): string {
  const chunks = pieces.map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`)
  return `${chunks.join('')}0\r\n${trailers.map((line) => `${line}\r\n`).join('')}\r\n`
}

/** Dates of answers that the proxy makes are not the same in two runs. */
export function undated(text: string): string {
  return text.replaceAll(/Date: [^\r]*\r\n/g, '')
}

export interface HttpRigOptions extends Partial<DataPlaneOptions> {
  readonly http?: HttpOptions
  readonly faults?: readonly FaultPlan[]
  readonly plan?: Partial<ProxyPlan>
  /** Default: a raw server that the test scripts. */
  readonly upstream?: string
}

/** An HTTP proxy on real sockets, with a clock that goes when it is told to, in front of a raw server that does what the test says. */
export class HttpRig implements AsyncDisposable {
  readonly clock: ManualClock
  readonly rig: EngineRig
  readonly upstream: Upstream
  readonly proxy: RigProxy
  readonly #clients: Peer[] = []

  private constructor(clock: ManualClock, rig: EngineRig, upstream: Upstream, proxy: RigProxy) {
    this.clock = clock
    this.rig = rig
    this.upstream = upstream
    this.proxy = proxy
  }

  static async start({ http, faults = [], plan, upstream, ...options }: HttpRigOptions = {}): Promise<HttpRig> {
    const clock = new ManualClock(1000)
    // Before the rig, which counts the listeners that there are.
    const server = await Upstream.start()
    const rig = new EngineRig({ clock, ...options })
    const more = http === undefined ? {} : { http }
    const proxy = await rig.proxy(upstream ?? server, { protocol: 'http', faults, ...more, ...plan })
    return new HttpRig(clock, rig, server, proxy)
  }

  async client(): Promise<Peer> {
    const client = await this.proxy.connect()
    this.#clients.push(client)
    return client
  }

  /** A client that has sent this, and the upstream's end of its session, as soon as that has it. */
  async sends(text: string, arrives = text): Promise<{ readonly client: Peer; readonly server: Peer }> {
    const client = await this.client()
    const index = this.upstream.peers.length
    client.write(Buffer.from(text, 'latin1'))
    const server = await this.upstream.peer(index)
    await server.reads(arrives)
    return { client, server }
  }

  exchanges(): readonly ExchangeInfo[] {
    return this.rig.plane.exchanges()
  }

  /** Those that are over: `GET / 200 upstream:answered`, with the faults behind it. */
  get log(): readonly string[] {
    return this.exchanges().map(({ method, path, status, origin, outcome, faults }) =>
      [method, path, status ?? '-', `${origin}:${outcome}`, ...faults].join(' '),
    )
  }

  async logged(...lines: readonly string[]): Promise<void> {
    await eventually(
      `exchanges ${JSON.stringify(lines)}, have ${JSON.stringify(this.log)}`,
      () => JSON.stringify(this.log) === JSON.stringify(lines),
    )
  }

  /** What faults have decided and done: `latency exchange 1 yes`. */
  get decisions(): readonly string[] {
    return this.rig.plane.decisions().map(({ fault, kind, ordinal, exchange, selected, reason, what }) => {
      const which = `${fault} ${ordinal}.${exchange ?? '-'}`
      return kind === 'injection' ? `${which} ${what}` : `${which} ${selected === true ? 'yes' : (reason ?? 'no')}`
    })
  }

  /** Time passes, and what becomes due is done. */
  advance(ms: number): void {
    this.clock.advance(ms)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client[Symbol.dispose]()
    // Closing looks every now and then whether all have left.
    const passes = setInterval(() => this.clock.advance(10), 5)
    await this.rig[Symbol.asyncDispose]().finally(() => clearInterval(passes))
    await this.upstream[Symbol.asyncDispose]()
  }
}

/** The client has got nothing more for a while: for what must not come. */
export async function staysAt(peer: Peer, text: string): Promise<void> {
  await peer.reads(text)
  for (let turn = 0; turn < 20; turn++) {
    await new Promise<void>((resolve) => {
      setImmediate(resolve)
    })
  }
  await peer.reads(text)
}
