import { once } from 'node:events'
import { Agent, createServer, request, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FaultPlan } from '../../src/core/plan.ts'
import { randomFor, type Random } from '../../src/core/random.ts'
import { checkedBytes, StreamChecker } from './checked-stream.ts'
import { EngineRig, type RigProxy } from './engine-rig.ts'
import { bodyFault, httpFault, updatedHttp } from './http-rig.ts'
import { eventually } from './wait.ts'

export interface HttpStormOptions {
  readonly seed: number
  readonly seconds: number
  readonly clients: number
  /** Additions, updates and removals of faults, spread over the time. */
  readonly changes: number
  readonly acceptHandles: boolean
}

export interface HttpStormReport {
  readonly exchanges: number
  readonly bytes: number
  readonly changes: number
  readonly problems: readonly string[]
}

const MOST_FAULTS = 6
const LARGEST_BODY = 2_000_000

function integer(random: Random, from: number, to: number): number {
  return from + Math.floor(random.next() * (to - from + 1))
}

/** Small numbers as often as large ones; 0 now and then. */
function bodySize(random: Random): number {
  return random.next() < 0.15 ? 0 : Math.floor(LARGEST_BODY ** random.next())
}

interface Kind {
  readonly params: (random: Random) => object
  readonly make: typeof httpFault
}

const DELAY = (random: Random): object => ({
  latency: integer(random, 1, 80),
  jitter: integer(random, 1, 30),
  distribution: random.next() < 0.5 ? 'uniform' : 'lognormal',
})
const PIPE = (random: Random): object => ({
  rate: random.next() < 0.1 ? 0 : 200_000 * Math.floor(1 + 500 ** random.next()),
  burst: random.next() < 0.5 ? 0 : 100_000,
})
const SLICES = (random: Random): object => {
  const average_size = integer(random, 256, 8192)
  return { average_size, size_variation: integer(random, 0, average_size - 1), delay: random.next() < 0.5 ? 0 : 1 }
}
const FIELD = (random: Random): object => ({
  request: { append: { 'X-Added': String(random.next()) } },
  response: { append: { 'X-Added': String(random.next()) } },
})
const HANG = (random: Random): object => ({
  at: random.next() < 0.5 ? 'head' : 'body',
  for: random.next() < 0.2 ? undefined : integer(random, 1, 100),
})

/** Every fault that keeps all bytes, and does not end the session. */
const KINDS: readonly (readonly [type: string, kind: Kind])[] = [
  ['http_latency', { make: httpFault, params: (random) => ({ ...DELAY(random), phase: phase(random) }) }],
  ['http_latency', { make: httpFault, params: (random) => ({ ...DELAY(random), phase: 'body' }) }],
  ['http_bandwidth', { make: httpFault, params: (random) => ({ ...PIPE(random), scope: scope(random) }) }],
  ['http_stall', { make: httpFault, params: HANG }],
  ['http_headers', { make: httpFault, params: FIELD }],
  ['latency', { make: bodyFault, params: DELAY }],
  ['bandwidth', { make: bodyFault, params: PIPE }],
  ['slicer', { make: bodyFault, params: SLICES }],
  ['latency', { make: httpFault, params: DELAY }],
  ['bandwidth', { make: httpFault, params: PIPE }],
  ['slicer', { make: httpFault, params: SLICES }],
]

function phase(random: Random): string {
  return random.next() < 0.5 ? 'request' : 'response'
}

function scope(random: Random): string {
  return random.next() < 0.5 ? 'exchange' : 'proxy'
}

/** One random addition, update or removal. */
function changed(faults: readonly FaultPlan[], kinds: Map<string, Kind>, random: Random, count: number) {
  const next = [...faults]
  const index = integer(random, 0, Math.max(0, faults.length - 1))
  const chosen = faults[index]
  const draw = random.next()
  if (chosen === undefined || (draw < 0.4 && faults.length < MOST_FAULTS)) {
    const [type, kind] = KINDS[integer(random, 0, KINDS.length - 1)] ?? [
      'http_latency',
      { make: httpFault, params: DELAY },
    ]
    const name = `${type}-${count}`
    kinds.set(name, kind)
    const direction = (['upstream', 'downstream', 'both'] as const)[integer(random, 0, 2)] ?? 'both'
    const probability = random.next() < 0.5 ? 1 : 0.5
    next.splice(
      integer(random, 0, next.length),
      0,
      kind.make(type, kind.params(random), { name, direction, probability }),
    )
  } else if (draw < 0.7) {
    next[index] = updatedHttp(chosen, kinds.get(chosen.name)?.params(random) ?? {})
  } else {
    next.splice(index, 1)
  }
  return next
}

async function changeFaults(proxy: RigProxy, options: HttpStormOptions, until: number): Promise<number> {
  const random = randomFor(options.seed, 'changes')
  const kinds = new Map<string, Kind>()
  const began = performance.now()
  const total = until - began
  let done = 0
  for (; done < options.changes; done++) {
    await proxy.faults(...changed(proxy.plan.faults, kinds, random, done))
    const ahead = began + (total * (done + 1)) / options.changes - performance.now()
    if (ahead > 0) await sleep(ahead)
  }
  return done
}

/** Reads a checked body to its end; answers what is wrong with it. */
async function check(message: IncomingMessage, seed: number, size: number): Promise<string | undefined> {
  const checker = new StreamChecker(seed)
  for await (const bytes of message) checker.feed(bytes as Buffer)
  return checker.finish(size)?.message
}

/** Tells in a header what was wrong with the body of the request, and answers with a body as it is asked for. */
async function startOrigin(): Promise<Server> {
  const server = createServer((incoming, response) => {
    void (async () => {
      const [, seed = '0', asks = '0', gets = '0', framing] = (incoming.url ?? '').split('/')
      const wrong = await check(incoming, Number(seed), Number(asks)).catch(String)
      response.setHeader('X-Wrong', wrong ?? 'nothing')
      const body = checkedBytes(Number(seed) + 1, 0, Number(gets))
      if (framing === 'length') response.setHeader('Content-Length', body.length)
      else response.setHeader('Trailer', 'X-Sum')
      for (let at = 0; at < body.length; at += 50_000) {
        if (!response.write(body.subarray(at, at + 50_000))) await once(response, 'drain')
      }
      if (framing !== 'length') response.addTrailers({ 'X-Sum': seed })
      response.end()
    })().catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

/** One client: one exchange after the other on one connection. */
class StormClient {
  readonly problems: string[] = []
  exchanges = 0
  bytes = 0
  readonly #port: number
  readonly #seed: number
  readonly #random: Random
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 })

  constructor(port: number, seed: number, random: Random) {
    this.#port = port
    this.#seed = seed
    this.#random = random
  }

  async run(until: number): Promise<void> {
    while (performance.now() < until && this.problems.length === 0) {
      const problem = await this.#exchange().catch((error: unknown) => String(error))
      if (problem !== undefined) this.problems.push(`exchange ${this.exchanges} of ${this.#seed}: ${problem}`)
    }
    this.#agent.destroy()
  }

  async #exchange(): Promise<string | undefined> {
    const random = this.#random
    const seed = this.#seed + ++this.exchanges
    const asks = bodySize(random)
    const gets = bodySize(random)
    const framing = random.next() < 0.5 ? 'length' : 'chunked'
    const asked = request({
      host: '127.0.0.1',
      port: this.#port,
      path: `/${seed}/${asks}/${gets}/${framing}`,
      method: 'POST',
      agent: this.#agent,
      headers: random.next() < 0.5 ? { 'Content-Length': asks } : { 'Transfer-Encoding': 'chunked' },
    })
    const responded = once(asked, 'response')
    const body = checkedBytes(seed, 0, asks)
    const piece = Math.floor(1000 + 60_000 * random.next())
    for (let at = 0; at < body.length; at += piece) asked.write(body.subarray(at, at + piece))
    asked.end()
    const [response] = (await responded) as [IncomingMessage]
    const wrong = await check(response, seed + 1, gets)
    this.bytes += asks + gets
    if (wrong !== undefined) return `response: ${wrong}`
    if (response.headers['x-wrong'] !== 'nothing') return `request: ${String(response.headers['x-wrong'])}`
    if (framing === 'chunked' && response.trailers['x-sum'] !== String(seed)) return 'a trailer is missing'
    return undefined
  }
}

/** Keep-alive clients with checked bodies both ways, through a proxy whose faults change all the time. */
export async function httpStorm(options: HttpStormOptions): Promise<HttpStormReport> {
  const origin = await startOrigin()
  const { port } = origin.address() as AddressInfo
  try {
    await using rig = new EngineRig({ seed: options.seed, acceptHandles: options.acceptHandles, exchangesKept: 5 })
    const proxy = await rig.proxy(`127.0.0.1:${port}`, { protocol: 'http' })
    const clients = Array.from(
      { length: options.clients },
      (_, index) =>
        new StormClient(proxy.port, options.seed * 1000 + index * 100_000, randomFor(options.seed, 'client', index)),
    )
    const until = performance.now() + options.seconds * 1000
    const runs = Promise.all(clients.map((client) => client.run(until)))
    const changes = await changeFaults(proxy, options, until)
    await proxy.faults()
    let over = false
    void runs.then(() => (over = true))
    const waited = await eventually('all exchanges end', () => over, 60_000).catch(String)
    const problems = clients.flatMap((client) => client.problems)
    if (typeof waited === 'string') {
      const held = proxy.sessions().map(({ held: waits, state, bytes }) => JSON.stringify({ state, waits, bytes }))
      problems.push(waited, ...held)
    }
    const exchanges = clients.reduce((sum, client) => sum + client.exchanges, 0)
    const ended = rig.plane.exchangeLog().newest
    if (ended !== exchanges && typeof waited !== 'string') problems.push(`${exchanges} exchanges, ${ended} in the log`)
    return { exchanges, bytes: clients.reduce((sum, { bytes }) => sum + bytes, 0), changes, problems }
  } finally {
    origin.closeAllConnections()
    origin.close()
  }
}
