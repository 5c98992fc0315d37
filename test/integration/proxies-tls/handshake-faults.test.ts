import { beforeAll, describe, expect, test } from 'vitest'
import type { FaultPlan, ProxyPlan } from '../../../src/core/plan.ts'
import { fault, redrawn, updated } from '../../support/engine-rig-faults.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { Upstream } from '../../support/peers.ts'
import { clientCertificate, type TlsUpstream } from '../../support/tls-rig.ts'
import { eventually } from '../../support/wait.ts'
import { certificates, helloOf, Place, secure, tlsEcho, turns, type PlaceOptions } from './rig.ts'

let hello: Buffer

beforeAll(async () => {
  await certificates()
  hello = await helloOf('db.test')
})

/** In both ways in which a hello is met: a proxy that answers it, and one that passes it on. */
const BOTH = ['ends TLS', 'passes it through'] as const
type Way = (typeof BOTH)[number]

interface Wanted extends Omit<PlaceOptions, 'to' | 'faults'> {
  readonly manual?: boolean
}

class FaultyPlace implements AsyncDisposable {
  readonly clock = new ManualClock(1000)
  readonly place: Place
  readonly upstream: TlsUpstream | Upstream

  private constructor(place: Place, clock: ManualClock, upstream: TlsUpstream | Upstream) {
    this.place = place
    this.clock = clock
    this.upstream = upstream
  }

  static async start(way: Way, faults: readonly FaultPlan[], { manual = false, ...wanted }: Wanted = {}) {
    const { authority } = await certificates()
    const clock = new ManualClock(1000)
    const ends = way === 'ends TLS'
    const upstream = ends ? await Upstream.echo() : await tlsEcho()
    const engine = { ...wanted.engine, ...(manual ? { clock } : {}) }
    const tls: Partial<ProxyPlan> = ends ? { tls: { listen: { authority } } } : {}
    const place = await Place.start({ ...tls, ...wanted, to: upstream, faults, engine })
    return new FaultyPlace(place, clock, upstream)
  }

  /** A client whose hello waits. */
  async waiting(index = 0) {
    const peer = this.place.tls({ servername: 'db.test' })
    await eventually('the hello waits', () =>
      this.place.rig.plane.decisions().some(({ ordinal }) => ordinal === index + 1),
    )
    return peer
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.place[Symbol.asyncDispose]()
    await this.upstream[Symbol.asyncDispose]()
  }
}

describe.each(BOTH)('a proxy that %s', (way) => {
  test('tls_delay: the hello is answered that much later, once on record', async () => {
    await using it = await FaultyPlace.start(way, [fault('tls_delay', { delay: 500 })], { manual: true })
    using peer = await it.waiting()
    expect(it.place.states).toEqual(['handshake'])
    it.clock.advance(499)
    await turns()
    expect(it.place.states).toEqual(['handshake'])
    expect(it.upstream.peers).toEqual([])
    it.clock.advance(1)
    await secure(peer)
    await peer.ping()
    expect(it.place.decisions).toEqual(['tls_delay 1 yes', 'tls_delay 1 delay'])
    expect(it.place.rig.plane.decisions().at(-1)).toMatchObject({ kind: 'injection', detail: { wait: 500 } })
    expect(it.place.counts('tls_delay')).toEqual([1, 1, 1, 1])
    expect(it.place.proxy.sessions()[0]).toMatchObject({ id: '1', ageMs: 500 })
    peer[Symbol.dispose]()
    await it.place.rig.allEnded()
    expect(it.place.counts('tls_delay')).toEqual([1, 1, 1, 0])
  })

  test('tls_delay: several add up, and an update counts from the hello', async () => {
    const long = fault('tls_delay', { delay: 5000 }, { name: 'long' })
    const short = fault('tls_delay', { delay: 100 }, { name: 'short' })
    await using it = await FaultyPlace.start(way, [long, short], { manual: true })
    using peer = await it.waiting()
    it.clock.advance(1000)
    await it.place.proxy.faults(updated(long, { delay: 1200 }), short)
    await turns()
    expect(it.place.states).toEqual(['handshake'])
    it.clock.advance(299)
    await turns()
    expect(it.place.states).toEqual(['handshake'])
    it.clock.advance(1)
    await secure(peer)
    expect(it.place.decisions).toEqual(['long 1 yes', 'long 1 delay', 'short 1 yes', 'short 1 delay'])
  })

  test('tls_stall: removing it lets the handshake go on at once', async () => {
    await using it = await FaultyPlace.start(way, [fault('tls_stall')], { manual: true })
    using peer = await it.waiting()
    it.clock.advance(1_000_000)
    await turns()
    expect(it.place.states).toEqual(['handshake'])
    await it.place.proxy.faults()
    await secure(peer)
    await peer.ping()
    expect(it.place.decisions).toEqual(['tls_stall 1 yes', 'tls_stall 1 stall'])
    expect(it.place.handshakesFailed).toEqual([])
  })

  test('tls_stall: what a client sends behind its hello is kept, and its leaving is noticed', async () => {
    await using it = await FaultyPlace.start(way, [fault('tls_stall')])
    using peer = await it.place.raw()
    peer.write(hello)
    await eventually('the hello waits', () => it.place.decisions.length === 2)
    for (let piece = 0; piece < 20; piece++) {
      peer.write(Buffer.alloc(1000))
      await turns(2)
    }
    peer.end()
    expect(await it.place.rig.ending()).toBe('client:closed')
    expect(it.place.handshakesFailed).toHaveLength(1)
    using another = await it.place.raw()
    another.write(hello)
    await eventually('the hello waits', () => it.place.decisions.length === 4)
    another.reset()
    expect(await it.place.rig.ending(1)).toBe('client:reset')
    expect(it.place.handshakesFailed).toHaveLength(2)
    expect(it.upstream.peers).toEqual([])
  })

  test('a window that closes lets the handshake go on', async () => {
    const stall = fault('tls_stall', {}, { schedule: { for: 300 } })
    await using it = await FaultyPlace.start(way, [stall], { manual: true })
    using peer = await it.waiting()
    it.clock.advance(300)
    await secure(peer)
    expect(it.place.handshakesFailed).toEqual([])
  })

  test.each([
    ['reset', 'ECONNRESET'],
    ['close', 'FIN'],
  ] as const)('tls_cut with %s: the client sees %s after its time', async (how, seen) => {
    await using it = await FaultyPlace.start(way, [fault('tls_cut', { how, after: 200 }, { name: 'cut' })], {
      manual: true,
    })
    using peer = await it.place.raw()
    peer.write(hello)
    await eventually('the hello waits', () => it.place.decisions.length > 0)
    it.clock.advance(199)
    await turns()
    expect([it.place.states, peer.received]).toEqual([['handshake'], 0])
    it.clock.advance(1)
    expect(await peer.ending()).toBe(seen)
    expect(peer.received).toBe(0)
    peer.end()
    expect(await it.place.rig.ending()).toBe('injected:cut')
    expect(it.place.decisions).toEqual(['cut 1 yes', `cut 1 ${how}`])
    expect(it.place.handshakesFailed).toHaveLength(1)
    expect(it.upstream.peers).toEqual([])
    expect(it.place.counts('cut')).toEqual([1, 1, 1, 0])
  })

  test('tls_alert: the client is told why, and closed in good order', async () => {
    await using it = await FaultyPlace.start(way, [fault('tls_alert', { alert: 'unrecognized_name' }, { name: 'why' })])
    expect(await it.place.refusal()).toBe('ERR_SSL_TLSV1_UNRECOGNIZED_NAME')
    expect(await it.place.rig.ending()).toBe('injected:why')
    using peer = await it.place.raw()
    peer.write(hello)
    await eventually('the end comes', () => peer.ended)
    expect(Buffer.concat(peer.chunks).toString('hex')).toBe('15030300020270')
    peer.write(Buffer.alloc(100_000))
    peer.end()
    await eventually('it is closed', () => peer.closed)
    expect(peer.error).toBeUndefined()
    await it.place.rig.end(1)
    expect(it.place.decisions).toEqual(['why 1 yes', 'why 1 alert', 'why 2 yes', 'why 2 alert'])
    expect(it.place.handshakesFailed).toHaveLength(2)
    expect(it.place.proxy.snapshot.sessions).toMatchObject({ total: 2, active: 0, endings: { 'injected:why': 2 } })
  })

  test('tls_alert: a client that never leaves is closed after a while', async () => {
    await using it = await FaultyPlace.start(way, [fault('tls_alert')], { manual: true })
    using peer = await it.place.raw()
    peer.write(hello)
    await eventually('the end comes', () => peer.ended)
    expect(it.place.states).toEqual(['handshake'])
    it.clock.advance(5000)
    expect(await it.place.rig.ending()).toBe('injected:tls_alert')
  })

  test('tls_version: refuses clients', async () => {
    await using it = await FaultyPlace.start(way, [fault('tls_version', { versions: '1.3' })])
    expect(await it.place.refusal({ maxVersion: 'TLSv1.2' })).toBe('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION')
    expect(await it.place.rig.ending()).toBe('injected:tls_version')
    using peer = await it.place.secured()
    expect(peer.socket.getProtocol()).toBe('TLSv1.3')
    await it.place.proxy.faults(fault('tls_version', { versions: 'refuse' }))
    expect(await it.place.refusal()).toBe('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION')
  })

  test('tls_alpn: refuses clients', async () => {
    await using it = await FaultyPlace.start(way, [fault('tls_alpn', { protocols: ['x'] })])
    expect(await it.place.refusal({ ALPNProtocols: ['y'] })).toBe('ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL')
    expect(await it.place.rig.ending()).toBe('injected:tls_alpn')
    using none = await it.place.secured()
    await none.ping()
  })

  test('match.sni and match.client: whom it is not for is left alone', async () => {
    const named = fault('tls_cut', {}, { name: 'named', match: { sni: ['cut.*'] } })
    const foreign = fault('tls_cut', {}, { name: 'foreign', match: { client: ['192.0.2.0/24'] } })
    const near = fault('latency', { latency: 1 }, { match: { sni: ['/^db/'], client: ['127.0.0.0/8'] } })
    await using it = await FaultyPlace.start(way, [named, foreign, near])
    expect(await it.place.refusal({ servername: 'cut.test' })).toBe('ECONNRESET')
    using peer = await it.place.secured({ servername: 'db.test' })
    await peer.ping()
    expect(it.place.decisions).toEqual([
      'named 1 yes',
      'named 1 close',
      'foreign 1 match',
      'named 2 match',
      'foreign 2 match',
      'latency 2 yes',
    ])
  })

  test('a probability is drawn once for each client, as everywhere', async () => {
    const half = fault('tls_alert', {}, { probability: 0.5 })
    await using it = await FaultyPlace.start(way, [half])
    const outcomes: string[] = []
    for (let i = 0; i < 12; i++) outcomes.push(await it.place.refusal())
    const drawn = it.place.rig.plane.decisions().filter(({ kind }) => kind === 'session')
    expect(drawn.map(({ selected }) => (selected === true ? 'ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR' : 'secured'))).toEqual(
      outcomes,
    )
    expect(new Set(outcomes).size).toBe(2)
    const hit = outcomes.filter((outcome) => outcome !== 'secured').length
    expect(it.place.counts('tls_alert').slice(0, 3)).toEqual([12, hit, hit])
  })

  test('a new draw that spares a client lets it go on', async () => {
    const stall = fault('tls_stall')
    await using it = await FaultyPlace.start(way, [stall])
    using peer = await it.waiting()
    await it.place.proxy.faults(redrawn(stall, 0))
    await secure(peer)
    expect(it.place.decisions).toEqual(['tls_stall 1 yes', 'tls_stall 1 stall', 'tls_stall 1 draw'])
  })

  test('limits: so many acts, and so many at a time', async () => {
    const twice = fault('tls_alert', {}, { name: 'twice', limits: { maxInjections: 2 } })
    const one = fault('tls_delay', { delay: 1 }, { name: 'one', limits: { maxActive: 1 } })
    await using it = await FaultyPlace.start(way, [twice, one])
    expect([await it.place.refusal(), await it.place.refusal()]).toEqual(
      Array(2).fill('ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR'),
    )
    await eventually('both are over', () => it.place.counts('one')[3] === 0)
    using third = await it.place.secured()
    using fourth = await it.place.secured()
    await third.ping()
    await fourth.ping()
    expect(it.place.counts('twice')).toEqual([2, 2, 2, 0])
    expect(it.place.decisions.filter((line) => /[34]/.test(line))).toEqual([
      'one 3 yes',
      'one 3 delay',
      'one 4 max_active',
    ])
  })

  test('a handshake that waits for the last act of a fault gets it, also when it is asked again', async () => {
    await using it = await FaultyPlace.start(
      way,
      [fault('tls_alert', { after: 100 }, { limits: { maxInjections: 1 } })],
      {
        manual: true,
      },
    )
    using peer = await it.waiting()
    await it.place.proxy.change({ faults: [...it.place.proxy.plan.faults, fault('latency', { latency: 1 })] })
    it.clock.advance(100)
    expect(await peer.ending()).toBe('ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR')
    expect(it.place.counts('tls_alert').slice(0, 3)).toEqual([1, 1, 1])
  })

  test('on_remove: reset takes those with it that wait, and those that it had delayed', async () => {
    const stall = fault('tls_stall', {}, { onRemove: 'reset' })
    const delay = fault('tls_delay', { delay: 1 }, { onRemove: 'reset', match: { session: { max: 1 } } })
    await using it = await FaultyPlace.start(way, [delay])
    using delayed = await it.place.secured()
    await it.place.proxy.faults(delay, stall)
    using waiting = await it.waiting(1)
    await it.place.proxy.faults()
    expect(await delayed.ending()).toBe('ECONNRESET')
    expect(await waiting.ending()).toBe('ECONNRESET')
    const endings = [await it.place.rig.ending(0), await it.place.rig.ending(1)]
    expect(endings.toSorted()).toEqual(['injected:tls_delay', 'injected:tls_stall'])
    expect(it.place.decisions.filter((line) => line.endsWith(' reset')).toSorted()).toEqual([
      'tls_delay 1 reset',
      'tls_stall 2 reset',
    ])
  })

  test('existing: a handshake that was under way is older than the fault', async () => {
    const stall = fault('tls_stall')
    await using it = await FaultyPlace.start(way, [stall])
    using peer = await it.waiting()
    const skip = fault('tls_alert', {}, { name: 'skip', existing: 'skip' })
    await it.place.proxy.faults(stall, skip)
    expect(it.place.decisions.at(-1)).toBe('skip 1 existing')
    await it.place.proxy.faults(skip)
    await secure(peer)
    expect(await it.place.refusal()).toBe('ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR')
  })

  test('existing: reset ends it once it is a session', async () => {
    const stall = fault('tls_stall')
    const reset = fault('latency', { latency: 1 }, { existing: 'reset' })
    await using it = await FaultyPlace.start(way, [stall])
    using peer = await it.waiting()
    await it.place.proxy.faults(stall, reset)
    await it.place.proxy.faults(reset)
    expect(await peer.ending()).toBe('ECONNRESET')
    expect(await it.place.rig.ending()).toBe('injected:latency')
  })

  test('two proxies with the same seed decide the same', async () => {
    const seen: string[] = []
    for (let run = 0; run < 2; run++) {
      const faults = [
        fault('tls_delay', { delay: 2, jitter: 2 }),
        fault('tls_cut', { how: 'reset' }, { probability: 0.4 }),
      ]
      await using it = await FaultyPlace.start(way, faults)
      for (let i = 0; i < 5; i++) await it.place.refusal()
      seen.push(
        JSON.stringify(
          it.place.rig.plane
            .decisions()
            .map(({ what, ordinal, selected, detail }) => [what, ordinal, selected, detail]),
        ),
      )
    }
    expect(seen[1]).toBe(seen[0])
    expect(seen[0]).toContain('"wait":')
  })
})

describe('what needs a proxy that ends TLS', () => {
  const flaws = [
    ['expired', 'CERT_HAS_EXPIRED'],
    ['not_yet_valid', 'CERT_NOT_YET_VALID'],
    ['self_signed', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['wrong_name', 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ] as const

  test.each(flaws)('tls_certificate with %s: a client that verifies sees %s', async (flaw, code) => {
    await using it = await FaultyPlace.start('ends TLS', [fault('tls_certificate', { flaw })])
    expect(await it.place.refusal({ servername: 'db.test' })).toBe(code)
    using careless = await it.place.secured({ servername: 'db.test', rejectUnauthorized: false })
    await careless.ping()
    expect(it.place.decisions).toEqual(
      [1, 2].flatMap((n) => [`tls_certificate ${n} yes`, `tls_certificate ${n} certificate`]),
    )
    await it.place.proxy.faults()
    using healed = await it.place.secured({ servername: 'db.test' })
    await healed.ping()
  })

  test('tls_version and tls_alpn choose there', async () => {
    const faults = [fault('tls_version', { versions: '1.2' }), fault('tls_alpn', { protocols: ['b'] })]
    await using it = await FaultyPlace.start('ends TLS', faults)
    using peer = await it.place.secured({ ALPNProtocols: ['a', 'b'] })
    expect([peer.socket.getProtocol(), peer.socket.alpnProtocol]).toEqual(['TLSv1.2', 'b'])
    expect(it.place.decisions).toEqual([
      'tls_version 1 yes',
      'tls_version 1 versions',
      'tls_alpn 1 yes',
      'tls_alpn 1 alpn',
    ])
  })

  test('elsewhere they do nothing, and nothing is said to have been done', async () => {
    const faults = [
      fault('tls_certificate', { flaw: 'expired' }),
      fault('tls_version', { versions: '1.2' }),
      fault('tls_alpn', { protocols: ['b'] }),
    ]
    await using it = await FaultyPlace.start('passes it through', faults)
    using peer = await it.place.secured({ ALPNProtocols: ['b'] })
    expect(peer.socket.getProtocol()).toBe('TLSv1.3')
    expect(it.place.decisions).toEqual(['tls_certificate 1 yes', 'tls_version 1 yes', 'tls_alpn 1 yes'])
    for (const { name } of faults) expect(it.place.counts(name)[2]).toBe(0)
  })

  test('a certificate of a client is asked for behind a delay too', async () => {
    const { authority } = await certificates()
    await using it = await FaultyPlace.start('ends TLS', [fault('tls_delay', { delay: 5 })], {
      tls: { listen: { authority, clientCa: authority.cert } },
    })
    using peer = await it.place.secured(await clientCertificate(authority))
    await peer.ping()
    expect(await it.place.refusal({ maxVersion: 'TLSv1.2' })).not.toBe('secured')
  })
})
