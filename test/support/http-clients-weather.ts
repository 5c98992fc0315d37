import { setTimeout as sleep } from 'node:timers/promises'
import { randomFor } from '../../src/core/random.ts'
import type { Random } from '../../src/core/random.ts'
import type { FaultFields, HttpProxy } from './http-clients.ts'

/** Faults of a type that leave the bytes of bodies as they are, with parameters that differ each time. */
type MakeFault = (random: Random) => FaultFields

function between(random: Random, least: number, most: number): number {
  return Math.round(least + random.next() * (most - least))
}

const NOWHERE = { path: '/nowhere/*' }

/** Of every kind: those that delay, those that change heads, and those that would do worse to other exchanges. */
const HARMLESS: readonly MakeFault[] = [
  (random) => ({ type: 'http_latency', phase: 'request', latency: between(random, 0, 10) }),
  (random) => ({ type: 'http_latency', phase: 'response', latency: between(random, 0, 10), jitter: 5 }),
  (random) => ({ type: 'http_latency', phase: 'body', direction: 'both', latency: between(random, 0, 20), jitter: 10 }),
  (random) => ({ type: 'http_bandwidth', rate: between(random, 100e6, 1e9), burst: between(random, 0, 1e6) }),
  (random) => ({ type: 'http_bandwidth', rate: between(random, 100e6, 1e9), scope: 'proxy' }),
  (random) => ({ type: 'http_stall', at: 'body', after: between(random, 0, 100e6), for: between(random, 1, 20) }),
  (random) => ({ type: 'http_headers', response: { set: { 'X-Weather': `${between(random, 0, 1e6)}` } } }),
  () => ({ type: 'http_headers', request: { set: { 'X-Weather': 'fair' }, remove: ['X-Weather'] } }),
  () => ({ type: 'http_error', status: 503, match: NOWHERE }),
  () => ({ type: 'http_error', status: 500, match: { status: '5xx' } }),
  () => ({ type: 'http_truncate', at: 100, match: NOWHERE }),
  () => ({ type: 'http_reset', at: 'mid_body', match: { method: 'DELETE' } }),
  () => ({ type: 'corrupt', spacing: '1KiB', part: 'body', match: { headers: { 'x-nobody': '*' } } }),
  (random) => ({ type: 'latency', direction: 'both', latency: between(random, 0, 20), jitter: 5 }),
  (random) => ({ type: 'latency', latency: between(random, 0, 20), part: 'body' }),
  (random) => ({ type: 'bandwidth', rate: between(random, 100e6, 1e9) }),
  (random) => ({ type: 'bandwidth', rate: between(random, 100e6, 1e9), part: 'body' }),
  (random) => ({ type: 'slicer', average_size: between(random, 8000, 40_000), size_variation: 4000 }),
  (random) => ({ type: 'slicer', average_size: between(random, 8000, 40_000), part: 'body' }),
]

export interface WeatherReport {
  /** How many faults of each type were added. */
  readonly added: ReadonlyMap<string, number>
  readonly changes: number
}

/**
 * Adds, updates and removes faults that leave the bytes of bodies alone, one change after the other, until it is told to stop; none is left then.
 * Which faults of HTTP work on an exchange is settled when its head comes: so all of them stand at the beginning, for those that begin then.
 */
export class UnsettledWeather {
  readonly #proxy: HttpProxy
  readonly #random: Random
  readonly #standing = new Map<string, MakeFault>()
  readonly #added = new Map<string, number>()
  #changes = 0

  private constructor(proxy: HttpProxy, seed: number) {
    this.#proxy = proxy
    this.#random = randomFor(seed, 'weather')
  }

  static async begin(proxy: HttpProxy, seed: number): Promise<UnsettledWeather> {
    const weather = new UnsettledWeather(proxy, seed)
    for (const make of HARMLESS) await weather.#add(make)
    return weather
  }

  async goOn(signal: AbortSignal): Promise<WeatherReport> {
    while (!signal.aborted) {
      await this.#change()
      await sleep(between(this.#random, 0, 5))
    }
    for (const name of this.#standing.keys()) await this.#proxy.remove(name)
    return { added: this.#added, changes: this.#changes }
  }

  async #change(): Promise<void> {
    const random = this.#random
    const names = [...this.#standing.keys()]
    const name = names[between(random, 0, names.length - 1)]
    const make = name === undefined ? undefined : this.#standing.get(name)
    const what = random.next()
    if (name === undefined || make === undefined || what < 0.35) {
      if (names.length < 2 * HARMLESS.length) await this.#add(HARMLESS[between(random, 0, HARMLESS.length - 1)]!)
      return
    }
    this.#changes++
    if (what < 0.6) {
      const { type: _same, ...patch } = make(random)
      return this.#proxy.update(name, patch)
    }
    this.#standing.delete(name)
    await this.#proxy.remove(name)
  }

  async #add(make: MakeFault): Promise<void> {
    const fault = make(this.#random)
    const name = `fault-${++this.#changes}`
    await this.#proxy.add({ ...fault, name })
    this.#standing.set(name, make)
    this.#added.set(fault.type, (this.#added.get(fault.type) ?? 0) + 1)
  }
}
