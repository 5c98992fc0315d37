import { Agent, request } from 'undici'
import { describe, expect, it } from 'vitest'
import { contentOf, Origin } from '../../../support/http-clients-origin.ts'
import { Peer, Upstream } from '../../../support/peers.ts'
import { TlsUpstream } from '../../../support/tls-rig.ts'
import { testCertificates } from '../../../support/test-certificates.ts'
import { eventually } from '../../../support/wait.ts'
import { timed } from '../../postgres/pool.ts'
import { secure, tlsClient } from '../../proxies-tls/rig.ts'
import { Weather } from './weather.ts'

/** What a timer may be early. */
const EARLY = 5

/** A client of HTTP with one connection. */
class Browser implements AsyncDisposable {
  readonly #agent = new Agent({ connections: 1 })
  readonly #origin: string

  constructor(origin: string) {
    this.#origin = origin
  }

  /** Gets so many bytes, looks whether they are the right ones, and answers how long that took, in milliseconds. */
  async timed(size: number): Promise<number> {
    const start = performance.now()
    const { statusCode, body } = await request(`${this.#origin}/bytes/${size}`, { dispatcher: this.#agent })
    const got = Buffer.from(await body.arrayBuffer())
    if (statusCode !== 200 || !got.equals(contentOf(size))) throw new Error(`${statusCode}, ${got.length} bytes`)
    return performance.now() - start
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy()
  }
}

describe('3g', () => {
  it('takes 300 ms for each round trip and 5 s for each MB, and is over at once', async () => {
    await using origin = await Origin.start()
    await using weather = await Weather.fair('3g', { upstream: origin.url })
    await using early = new Browser(weather.url())
    await early.timed(100)

    await weather.turnFoul()
    expect(await weather.fault('3g')).toMatchObject({
      type: 'link',
      direction: 'both',
      preset: '3g',
      rtt: 300,
      rate_down: 1_600_000 / 8,
      rate_up: 768_000 / 8,
      loss: 0.5,
    })
    // A connection that was there before pays one round trip for a request, a new one another for coming about.
    expect(await early.timed(100)).toBeGreaterThanOrEqual(300 - EARLY)
    await using late = new Browser(weather.url())
    expect(await late.timed(100)).toBeGreaterThanOrEqual(600 - EARLY)
    expect(await late.timed(100_000)).toBeGreaterThanOrEqual(300 + 500 - EARLY)

    await weather.turnFair()
    await Promise.all([early.timed(100), late.timed(100_000)])
    expect((await weather.sessions('live')).map(({ ordinal, stages }) => [ordinal, stages])).toEqual([
      [1, { upstream: [], downstream: [] }],
      [2, { upstream: [], downstream: [] }],
    ])
  })

  it.each([
    { version: 'TLSv1.3', trips: 3 },
    { version: 'TLSv1.2', trips: 4 },
  ] as const)(
    'takes $trips round trips before the first byte where the site speaks $version',
    async ({ version, trips }) => {
      const { authority, one } = await testCertificates()
      await using site = await TlsUpstream.start(one, ({ socket }) => void socket.pipe(socket), { collect: false })
      await using weather = await Weather.fair('3g', { upstream: site.address })
      await weather.turnFoul()
      const start = performance.now()
      const options = { ca: authority.cert, servername: 'one.test', maxVersion: version }
      using client = tlsClient(weather.address().port, options)
      await secure(client)
      expect(client.socket.getProtocol()).toBe(version)
      await client.ping()
      expect(performance.now() - start).toBeGreaterThanOrEqual(trips * 300 - EARLY)
    },
  )
})

describe('satellite', () => {
  it('takes 600 ms for each round trip', async () => {
    await using origin = await Origin.start()
    await using weather = await Weather.fair('satellite', { upstream: origin.url })
    await weather.turnFoul()
    expect(await weather.fault('geostationary')).toMatchObject({
      type: 'link',
      direction: 'both',
      preset: 'satellite',
      rtt: 600,
      loss: 0.5,
    })
    await using browser = new Browser(weather.url())
    expect(await browser.timed(100)).toBeGreaterThanOrEqual(1200 - EARLY)
    const waiting = browser.timed(1000)
    await weather.turnFair()
    await waiting
    await browser.timed(1000)
  })
})

describe('cross-region-link', () => {
  it('takes 2 s for 25 questions one after the other, and for large first answers a round trip more each time they double', async () => {
    await using echo = await Upstream.echo()
    await using weather = await Weather.fair('cross-region-link', { upstream: echo.address })
    using early = await Peer.connect(weather.address())
    await early.ping()

    await weather.turnFoul()
    expect(await weather.fault('ocean')).toMatchObject({ preset: 'cross-region', rtt: 80, slow_start: true })
    const questions = async () => {
      for (let question = 1; question <= 25; question++) await early.ping(`question ${question}`)
    }
    expect(await timed(questions)).toBeGreaterThanOrEqual(25 * 80 - EARLY)

    // 45 packets: 10, 20 and the rest.
    using late = await Peer.connect(weather.address())
    const large = contentOf(32_500).toString('hex')
    expect(await timed(() => late.ping(large))).toBeGreaterThanOrEqual(80 + 80 + 2 * 80 - EARLY)

    const held = early.ping('under way')
    await weather.turnFair()
    await held
    await questions()
    expect((await weather.sessions('live')).map(({ ordinal }) => ordinal)).toEqual([1, 2])
  })
})

describe('flaky-wifi', () => {
  it('stalls for a moment or for longer, again and again, and loses nothing', async () => {
    await using origin = await Origin.start()
    await using weather = await Weather.fair('flaky-wifi', { upstream: origin.url })
    await using browser = new Browser(weather.url())
    await browser.timed(100)

    await weather.turnFoul()
    expect(await weather.fault('air')).toMatchObject({ type: 'loss', burst: { length: 4, every: 200 }, rtt: 12 })
    // The preset has its rates: 30 and 15 Mbit/s.
    expect(await weather.fault('room')).toMatchObject({ type: 'link', preset: 'wifi', loss: 0 })
    expect(await weather.fault('roaming')).toMatchObject({ type: 'stall', every: 20_000, for: 1500, jitter: 700 })
    expect(await browser.timed(100)).toBeGreaterThanOrEqual(12 - EARLY)

    await weather.turnFoul({ between: 10, roam_every: '2s', roam: '1s' })
    let longest = 0
    await eventually('bursts and moves are met', async () => {
      longest = Math.max(longest, await browser.timed(3000))
      const [lost, moved] = await Promise.all([weather.acts('air'), weather.acts('roaming')])
      return lost.some(({ detail }) => detail?.['by'] === 'timeout') && moved.length >= 2
    })
    const lost = await weather.acts('air')
    expect(new Set(lost.map(({ what }) => what))).toEqual(new Set(['retransmission']))
    const stalls = lost.filter(({ detail }) => detail?.['by'] === 'timeout').map(({ detail }) => Number(detail?.['ms']))
    expect(Math.min(...stalls)).toBeGreaterThanOrEqual(200)
    expect(longest).toBeGreaterThanOrEqual(200)
    for (const { what, detail } of await weather.acts('roaming')) {
      expect(what).toBe('stall')
      expect(detail?.['ms']).toBeGreaterThanOrEqual(300)
      expect(detail?.['ms']).toBeLessThanOrEqual(1700)
    }

    await weather.turnFair()
    await browser.timed(100_000)
    expect(origin.connections).toBe(1)
  })
})
