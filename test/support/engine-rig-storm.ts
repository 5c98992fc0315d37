import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FaultPlan } from '../../src/core/plan.ts'
import { randomFor, type Random } from '../../src/core/random.ts'
import type { FaultDirection } from '../../src/core/words.ts'
import { checkedBytes, StreamChecker } from './checked-stream.ts'
import { begunAnew, fault, likelier, updated, type FaultOptions } from './engine-rig-faults.ts'
import { EngineRig, type RigProxy } from './engine-rig.ts'
import { Upstream } from './peers.ts'
import { eventually } from './wait.ts'

export interface StormOptions {
  readonly seed: number
  readonly seconds: number
  readonly sessions: number
  /** Additions, updates and removals of faults, spread over the time. */
  readonly changes: number
  /** Readers stop at random, for up to half a second. */
  readonly stalls: boolean
  readonly acceptHandles: boolean
}

export interface StormReport {
  readonly bytes: number
  readonly changes: number
  /** Limits that were crossed. */
  readonly crossed: number
  readonly problems: readonly string[]
}

const MOST_FAULTS = 6

function integer(random: Random, from: number, to: number): number {
  return from + Math.floor(random.next() * (to - from + 1))
}

function oneOf<T>(random: Random, things: readonly [T, ...T[]]): T {
  return things[Math.floor(random.next() * things.length)] ?? things[0]
}

/** Small numbers as often as large ones. */
function magnitude(random: Random, most: number): number {
  return Math.max(1, Math.floor(most ** random.next()))
}

/** Every fault that keeps all bytes, and does not end the session: by type, with parameters that let the streams end in time. */
const PARAMS: Readonly<Record<string, (random: Random) => object>> = {
  latency: (random) => ({
    latency: integer(random, 1, 150),
    jitter: integer(random, 1, 50),
    distribution: oneOf(random, ['uniform', 'normal', 'lognormal', 'exponential', 'pareto', 'paretonormal']),
    correlation: oneOf(random, [0, 0.5]),
    handshake: random.next() < 0.5,
    ...(random.next() < 0.3 ? { wave: { shape: 'sine', amplitude: integer(random, 1, 100), period: 500 } } : {}),
  }),
  bandwidth: (random) => ({
    rate: random.next() < 0.1 ? 0 : 10_000 * magnitude(random, 5000),
    burst: oneOf(random, [0, 100_000]),
    scope: oneOf(random, ['session', 'session', 'proxy']),
  }),
  slicer: (random) => {
    const average_size = integer(random, 64, 8192)
    return {
      average_size,
      size_variation: integer(random, 0, average_size - 1),
      delay: random.next() < 0.5 ? 0 : random.next(),
    }
  },
  slow_close: (random) => ({ delay: integer(random, 0, 300) }),
  stall: (random) => ({ every: integer(random, 200, 1000), for: integer(random, 1, 100) }),
  loss: (random) => ({ percent: integer(random, 0, 5), rtt: integer(random, 1, 50) }),
  packet_loss: (random) => ({ loss_rate: random.next() / 20, correlation: random.next() / 4 }),
  link: (random) => ({
    rtt: integer(random, 1, 100),
    rate: 100_000 * magnitude(random, 500),
    loss: integer(random, 0, 2),
  }),
  accept_delay: (random) => ({ delay: integer(random, 0, 300) }),
  connect_delay: (random) => ({ delay: integer(random, 0, 300) }),
  noop: () => ({}),
}

const TYPES = Object.keys(PARAMS)

function params(type: string, random: Random): object {
  return PARAMS[type]?.(random) ?? {}
}

/** What may stand beside the parameters. */
function options(type: string, random: Random, count: number): FaultOptions {
  const direction = oneOf<FaultDirection>(random, ['upstream', 'downstream', 'both'])
  const common = { name: `${type}-${count}`, direction, probability: oneOf(random, [1, 1, 0.5]) }
  const further: readonly FaultOptions[] = [
    {},
    {},
    { existing: 'skip' },
    { match: { session: { every: 2 } } },
    { schedule: { after: integer(random, 0, 300), for: integer(random, 1, 300), every: 600 } },
    { limits: { maxInjections: magnitude(random, 500) } },
    { limits: { maxActive: 10 } },
    { limits: { maxShare: 0.3 } },
    { limits: { maxAddedDelay: integer(random, 5, 300) } },
    { owner: 'profile:storm', ownerLimits: { maxAddedDelay: 200, maxInjections: 20_000, maxActive: 80 } },
    { shadow: true },
    { onRemove: 'reset' },
    type === 'latency' ? { per: 'chunk' } : {},
    type === 'latency' ? { ramp: { latency: { from: 0, to: 200, over: 2000 } } } : {},
  ]
  return { ...common, ...further[integer(random, 0, further.length - 1)] }
}

/** One random addition, update or removal; some faults only count for a time, or begin anew after a limit was crossed. */
function changed(faults: readonly FaultPlan[], random: Random, count: number): readonly FaultPlan[] {
  const next = [...faults]
  const index = integer(random, 0, Math.max(0, faults.length - 1))
  const chosen = faults[index]
  const draw = random.next()
  if (chosen === undefined || (draw < 0.4 && faults.length < MOST_FAULTS)) {
    const type = TYPES[integer(random, 0, TYPES.length - 1)] ?? 'noop'
    next.splice(integer(random, 0, next.length), 0, fault(type, params(type, random), options(type, random, count)))
  } else if (draw < 0.6) {
    next[index] = updated(chosen, params(chosen.type, random))
  } else if (draw < 0.65) {
    next[index] = likelier(chosen, random.next())
  } else if (draw < 0.75) {
    next[index] = begunAnew(chosen, { shadow: chosen.shadow !== true })
  } else {
    next.splice(index, 1)
  }
  return next
}

/** A client that sends a checked stream to an echo and checks what comes back. */
class StormClient {
  readonly #socket: Socket
  readonly #seed: number
  readonly #random: Random
  readonly #checker: StreamChecker
  #sent = 0
  #ended = false
  #error: string | undefined

  constructor(port: number, seed: number, random: Random) {
    this.#seed = seed
    this.#random = random
    this.#checker = new StreamChecker(seed)
    this.#socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true })
    this.#socket.on('data', (bytes: Buffer) => this.#checker.feed(bytes))
    this.#socket.on('end', () => {
      this.#ended = true
    })
    this.#socket.on('error', (error) => {
      this.#error = error.message
    })
  }

  get sent(): number {
    return this.#sent
  }

  /** Writes pieces of all sizes until `until`, then ends the stream. */
  async write(until: number): Promise<void> {
    while (performance.now() < until && !this.#socket.destroyed) {
      const size = magnitude(this.#random, 150_000)
      this.#socket.write(checkedBytes(this.#seed, this.#sent, size))
      this.#sent += size
      const pause = this.#random.next() < 0.3 ? 0 : integer(this.#random, 1, 40)
      await sleep(pause)
      // Whoever does not wait for `drain` fills our own memory instead of the proxy's.
      while (this.#socket.writableNeedDrain && performance.now() < until) await sleep(5)
    }
    this.#socket.end()
  }

  /** Stops reading now and then. */
  async stall(until: number): Promise<void> {
    while (performance.now() < until && !this.#socket.destroyed) {
      await sleep(integer(this.#random, 1, 300))
      this.#socket.pause()
      await sleep(integer(this.#random, 1, 500))
      this.#socket.resume()
    }
  }

  get over(): boolean {
    return this.#ended || this.#socket.destroyed
  }

  /** What is wrong with what came back; `undefined` = every byte once, in order. */
  problem(): string | undefined {
    const wrong = this.#checker.finish(this.#sent)
    if (wrong === undefined && this.#error === undefined && this.#ended) return undefined
    return `stream ${this.#seed}: ${wrong?.message ?? 'complete'}, ${this.#error ?? (this.#ended ? 'ended' : 'not ended')}`
  }

  destroy(): void {
    this.#socket.destroy()
  }
}

async function changeFaults(proxy: RigProxy, options: StormOptions, until: number): Promise<number> {
  const random = randomFor(options.seed, 'changes')
  const began = performance.now()
  const total = until - began
  let done = 0
  for (; done < options.changes; done++) {
    // Some of the faults would reset their sessions when they go.
    await proxy.change({ faults: changed(proxy.plan.faults, random, done) }, { mercy: true })
    const ahead = began + (total * (done + 1)) / options.changes - performance.now()
    if (ahead > 0) await sleep(ahead)
  }
  return done
}

/** Checked streams through a proxy whose faults change all the time. */
export async function storm(options: StormOptions): Promise<StormReport> {
  await using echo = await Upstream.echo()
  await using rig = new EngineRig({ seed: options.seed, acceptHandles: options.acceptHandles })
  let crossed = 0
  rig.plane.events.on('limit-crossed', () => crossed++)
  const proxy = await rig.proxy(echo)
  const clients = Array.from(
    { length: options.sessions },
    (_, index) => new StormClient(proxy.port, options.seed * 1000 + index, randomFor(options.seed, 'client', index)),
  )
  try {
    const until = performance.now() + options.seconds * 1000
    const [changes] = await Promise.all([
      options.changes > 0 ? changeFaults(proxy, options, until) : 0,
      ...clients.map((client) => client.write(until)),
      ...(options.stalls ? clients.map((client) => client.stall(until)) : []),
    ])
    await proxy.change({ faults: [] }, { mercy: true })
    const waited = await eventually('all streams end', () => clients.every(({ over }) => over), 60_000).catch(String)
    const problems = clients.flatMap((client) => client.problem() ?? [])
    if (typeof waited === 'string') problems.push(waited, JSON.stringify(proxy.sessions().slice(0, 3)))
    return { bytes: clients.reduce((sum, { sent }) => sum + sent, 0), changes, crossed, problems }
  } finally {
    for (const client of clients) client.destroy()
  }
}
