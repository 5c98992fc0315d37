import { Agent, request } from 'undici'
import { describe, expect, it } from 'vitest'
import { contentOf, Origin } from '../../../support/http-clients-origin.ts'
import { eventually } from '../../../support/wait.ts'
import { Weather } from './weather.ts'

/** What a timer may be early. */
const EARLY = 5

interface Got {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: Buffer
  /** Why the body is not whole. */
  readonly broken: string | undefined
  readonly ms: number
}

/** A client that asks for one thing after the other. */
class Browser implements AsyncDisposable {
  readonly #agent = new Agent({ connections: 1 })
  readonly #origin: string

  constructor(origin: string) {
    this.#origin = origin
  }

  async get(path: string): Promise<Got> {
    const start = performance.now()
    const { statusCode: status, headers, body } = await request(this.#origin + path, { dispatcher: this.#agent })
    const pieces: Buffer[] = []
    let broken: string | undefined
    try {
      for await (const piece of body as AsyncIterable<Buffer>) pieces.push(piece)
    } catch (error) {
      broken = (error as NodeJS.ErrnoException).code ?? String(error)
    }
    return { status, headers, body: Buffer.concat(pieces), broken, ms: performance.now() - start }
  }

  /** @param path of the request with this number. */
  async getAll(count: number, path: (index: number) => string): Promise<readonly Got[]> {
    const all: Got[] = []
    for (let index = 0; index < count; index++) all.push(await this.get(path(index)))
    return all
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy()
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, number) => all + number, 0)

describe('cdn-brownout', () => {
  it('answers 30 % of all requests with 503 and Retry-After, and the others late', async () => {
    await using origin = await Origin.start()
    await using weather = await Weather.fair('cdn-brownout', { upstream: origin.url })
    await using browser = new Browser(weather.url())
    expect(await browser.get('/bytes/10')).toMatchObject({ status: 200, body: contentOf(10) })

    await weather.turnFoul()
    expect(await weather.fault('brownout')).toMatchObject({ status: 503, retry_after: 5000, probability: 0.3 })
    expect(await weather.fault('overloaded-edges')).toMatchObject({
      distribution: 'lognormal',
      latency: 400,
      jitter: 300,
    })

    await weather.turnFoul({ latency: '10ms', jitter: '5ms' })
    const all = await browser.getAll(200, (index) => `/bytes/${index}`)
    const failed = all.filter(({ status }) => status === 503)
    // 60 ± 6.5
    expect(failed.length).toBeGreaterThan(30)
    expect(failed.length).toBeLessThan(90)
    for (const { headers } of failed) expect(headers['retry-after']).toBe('5')
    for (const [index, { status, body, broken }] of all.entries()) {
      if (status === 503) continue
      expect([status, broken, body.equals(contentOf(index))]).toEqual([200, undefined, true])
    }
    const good = all.filter(({ status }) => status === 200)
    expect(good.length).toBe(200 - failed.length)
    expect(sum(good.map(({ ms }) => ms))).toBeGreaterThanOrEqual(good.length * 5)

    // The origin has not been asked for what failed, and nobody takes the failures for its own.
    expect(origin.seen).toHaveLength(1 + good.length)
    const told = (await weather.exchanges()).slice(-200).map((exchange) => [exchange.status, exchange.origin])
    expect(told).toEqual(all.map(({ status }) => [status, status === 503 ? 'injected' : 'upstream']))
    expect((await weather.fault('brownout')).counters.applied).toBe(failed.length)
    // Failing is quick.
    expect((await weather.fault('overloaded-edges')).counters).toMatchObject({ seen: 200, applied: good.length })

    await weather.turnFair()
    const fair = await browser.getAll(30, () => '/bytes/10')
    expect(fair.map(({ status }) => status)).toEqual(fair.map(() => 200))
    expect(origin.connections).toBe(1)
  })
})

describe('slow-origin-cut-bodies', () => {
  const SIZE = 5000

  it('is late, trickles, and cuts some bodies in the middle, behind a head that promises more', async () => {
    await using origin = await Origin.start()
    await using weather = await Weather.fair('slow-origin-cut-bodies', { upstream: origin.url })
    await using browser = new Browser(weather.url())
    expect(await browser.get(`/bytes/${SIZE}`)).toMatchObject({ status: 200, broken: undefined })

    await weather.turnFoul()
    expect(await weather.fault('slow-worker')).toMatchObject({ distribution: 'lognormal', latency: 1500, jitter: 800 })
    expect(await weather.fault('thin-pipe')).toMatchObject({ rate: 200_000 })
    expect(await weather.fault('killed-worker')).toMatchObject({ at: '60%', how: 'close', probability: 0.1 })

    await weather.turnFoul({ latency: '10ms', jitter: '5ms', share: '30%' })
    const all = await browser.getAll(60, () => `/bytes/${SIZE}`)
    expect(all.map(({ status, headers }) => [status, headers['content-length']])).toEqual(
      all.map(() => [200, `${SIZE}`]),
    )
    const cut = all.filter(({ broken }) => broken !== undefined)
    // 18 ± 3.5
    expect(cut.length).toBeGreaterThan(3)
    expect(cut.length).toBeLessThan(36)
    expect(new Set(cut.map(({ broken }) => broken))).toEqual(new Set(['UND_ERR_SOCKET']))
    for (const { body, broken } of all) {
      const wanted = contentOf(SIZE).subarray(0, broken === undefined ? SIZE : SIZE * 0.6)
      expect(body.equals(wanted)).toBe(true)
    }
    // 10 ms for the answer, and 25 ms for the body.
    const whole = all.filter(({ broken }) => broken === undefined)
    expect(sum(whole.map(({ ms }) => ms))).toBeGreaterThanOrEqual(whole.length * (5 + 20))
    for (const { ms } of whole) expect(ms).toBeGreaterThanOrEqual(25 - EARLY)

    await eventually('all are on record', async () => (await weather.exchanges()).length === 61)
    const told = (await weather.exchanges()).slice(1).map((exchange) => `${exchange.origin} ${exchange.outcome}`)
    expect(told.filter((text) => text !== 'upstream answered')).toEqual(cut.map(() => 'injected cut'))
    expect((await weather.acts('killed-worker')).length).toBe(cut.length)

    await weather.turnFair()
    for (const { body, broken } of await browser.getAll(20, () => `/bytes/${SIZE}`)) {
      expect([broken, body.equals(contentOf(SIZE))]).toEqual([undefined, true])
    }
  })

  it('leaves out the last chunk where there is no length', async () => {
    await using origin = await Origin.start()
    await using weather = await Weather.fair('slow-origin-cut-bodies', { upstream: origin.url })
    await using browser = new Browser(weather.url())
    await weather.turnFoul({ latency: '1ms', jitter: '0ms', share: '100%', at: '1000' })
    const { status, headers, body, broken } = await browser.get(`/chunked/${SIZE}`)
    expect([status, headers['transfer-encoding'], broken]).toEqual([200, 'chunked', 'UND_ERR_SOCKET'])
    expect(body.equals(contentOf(SIZE).subarray(0, 1000))).toBe(true)
    await weather.turnFair()
    expect(await browser.get(`/chunked/${SIZE}`)).toMatchObject({ status: 200, body: contentOf(SIZE) })
  })
})
