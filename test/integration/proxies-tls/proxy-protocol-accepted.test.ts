import { beforeAll, describe, expect, test } from 'vitest'
import { proxyHeader, type Endpoint } from '../../../src/protocols/proxy-protocol/header.ts'
import { fault } from '../../support/engine-rig-faults.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { type Peer, Upstream } from '../../support/peers.ts'
import { eventually } from '../../support/wait.ts'
import { certificates, helloOf, Place, plainSocket, secure, tlsEcho, tlsOver, turns, type PlaceOptions } from './rig.ts'

let hello: Buffer

beforeAll(async () => {
  await certificates()
  hello = await helloOf('db.test')
})

const ACCEPT = { accept: true } as const
const SOURCE: Endpoint = { address: '192.0.2.7', port: 4660 }
const DESTINATION: Endpoint = { address: '198.51.100.1', port: 443 }
const VERSIONS = ['v1', 'v2'] as const

function header(version: 'v1' | 'v2' = 'v2', source: Endpoint | undefined = SOURCE): Buffer {
  return proxyHeader(version, source, DESTINATION)
}

/** LOCAL, UNKNOWN. */
function ofNobody(version: 'v1' | 'v2'): Buffer {
  return proxyHeader(version, undefined, undefined)
}

async function onClock(options: PlaceOptions = {}): Promise<{ readonly clock: ManualClock; readonly place: Place }> {
  const clock = new ManualClock(1000)
  return { clock, place: await Place.start({ engine: { clock }, proxyProtocol: ACCEPT, ...options }) }
}

/** A server that keeps what comes, and answers requests of HTTP. */
async function keeping(): Promise<Upstream> {
  return await Upstream.start((peer) => {
    peer.socket.on('data', () => {
      if (peer.text.endsWith('\r\n\r\n')) peer.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    })
    peer.socket.on('end', () => peer.end())
  })
}

describe('a header that is accepted', () => {
  test.each(VERSIONS)('%s: says whose session it is, and is taken away', async (version) => {
    await using place = await Place.start({ proxyProtocol: ACCEPT })
    using client = await place.raw()
    client.write(Buffer.concat([header(version), Buffer.from('hello')]))
    await client.reads('hello')
    expect(place.proxy.sessions()).toMatchObject([
      { id: '1', client: '192.0.2.7:4660', state: 'open', bytes: { upstream: { received: 5, sent: 5 } } },
    ])
    client.end()
    await client.ending()
    expect(await place.rig.end()).toMatchObject({
      client: '192.0.2.7:4660',
      ending: { origin: 'client', reason: 'closed' },
    })
    expect(place.opened).toEqual(['1'])
  })

  test('of IPv6, and of socket files', async () => {
    await using place = await Place.start({ proxyProtocol: ACCEPT })
    for (const [index, [source, destination, shown]] of (
      [
        [{ address: '2001:db8::7', port: 1 }, { address: '2001:db8::1', port: 2 }, '[2001:db8::7]:1'],
        [{ address: '::ffff:192.0.2.7', port: 1 }, { address: '::ffff:192.0.2.8', port: 2 }, '192.0.2.7:1'],
        [{ address: 'unix:/run/x', port: 0 }, { address: 'unix:/run/y', port: 0 }, 'unix'],
      ] as const
    ).entries()) {
      using client = await place.raw()
      client.write(Buffer.concat([proxyHeader('v2', source, destination), Buffer.from('hello')]))
      await client.reads('hello')
      expect(place.proxy.sessions().at(-1)).toMatchObject({ ordinal: index + 1, client: shown })
    }
  })

  test.each(VERSIONS)('%s: of nobody leaves the connection what it is', async (version) => {
    await using place = await Place.start({ proxyProtocol: ACCEPT })
    using client = await place.raw()
    client.write(Buffer.concat([ofNobody(version), Buffer.from('hello')]))
    await client.reads('hello')
    expect(place.proxy.sessions()[0]?.client).toBe(`127.0.0.1:${client.port}`)
  })

  test.each(VERSIONS)('%s: may be cut anywhere', async (version) => {
    await using place = await Place.start({ proxyProtocol: ACCEPT })
    const bytes = Buffer.concat([header(version), Buffer.from('hello')])
    for (let cut = 1; cut < bytes.length; cut++) {
      using client = await place.raw()
      client.write(bytes.subarray(0, cut))
      await turns(3)
      client.write(bytes.subarray(cut))
      await client.reads('hello')
    }
    expect(place.handshakesFailed).toEqual([])
  })

  test('is what match.client goes by, for each kind of fault', async () => {
    const match = { client: ['192.0.2.0/24'] }
    const late = { ...fault('latency', { latency: 1 }), match }
    const named = { ...fault('accept_delay', { delay: 1 }), match }
    await using place = await Place.start({ proxyProtocol: ACCEPT, faults: [late, named] })
    for (const source of [SOURCE, { address: '203.0.113.1', port: 1 }]) {
      using client = await place.raw()
      client.write(Buffer.concat([header('v1', source), Buffer.from('hello')]))
      await client.reads('hello')
    }
    expect(place.decisions.filter((line) => !line.endsWith(' delay')).toSorted()).toEqual([
      'accept_delay 1 yes',
      'accept_delay 2 match',
      'latency 1 yes',
      'latency 2 match',
    ])
  })

  test('is what HTTP is told of', async () => {
    await using server = await keeping()
    await using place = await Place.start({
      to: server,
      protocol: 'http',
      http: { forwardedFor: true },
      proxyProtocol: ACCEPT,
    })
    using client = await place.raw()
    client.write(Buffer.concat([header(), Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')]))
    await eventually('the answer comes', () => client.text.endsWith('ok'))
    expect((await server.peer()).text).toContain('X-Forwarded-For: 192.0.2.7\r\n')
  })

  test('a client that ends behind it is heard', async () => {
    await using server = await keeping()
    const { place: it } = await onClock({ to: server, tls: { peek: true } })
    await using place = it
    using client = await place.raw()
    client.write(header())
    client.end()
    expect(await client.ending()).toBe('FIN')
    expect(await place.rig.end()).toMatchObject({ client: '192.0.2.7:4660', ending: { reason: 'closed' } })
  })

  test.each([
    [
      'something else',
      'GET / HTTP/1.1\r\n\r\n',
      'PROXY header: there is none: the connection begins with what looks like an HTTP request',
    ],
    ['one that is broken', 'PROXY TCP4 1.2.3.4 nonsense\r\n', 'PROXY header: '],
  ])('%s is closed, and told of once', async (_, bytes, text) => {
    await using place = await Place.start({ proxyProtocol: ACCEPT })
    using client = await place.raw()
    client.write(bytes)
    expect(await client.ending()).toBe('FIN')
    expect(client.received).toBe(0)
    client.end()
    expect(await place.rig.ending()).toBe('client:bad_proxy_header')
    expect(place.handshakesFailed).toHaveLength(1)
    expect(place.handshakesFailed[0]).toContain(text)
    expect(place.reached).toBe(0)
    expect(place.proxy.snapshot.sessions).toMatchObject({ total: 1, active: 0 })
  })

  test('TLS without a header is told apart, where the proxy ends it and where not', async () => {
    const { authority } = await certificates()
    for (const tls of [{ listen: { authority } }, { peek: true }]) {
      await using place = await Place.start({ proxyProtocol: ACCEPT, tls })
      expect(await place.refusal({ servername: 'db.test' })).toBe('ECONNRESET')
      expect(await place.rig.ending()).toBe('client:bad_proxy_header')
      expect(place.handshakesFailed).toEqual([
        '1: PROXY header: there is none: the connection begins with what looks like a TLS handshake',
      ])
    }
  })

  test('a client that sends none is given up after a minute', async () => {
    for (const bytes of ['', 'PROXY TC']) {
      const { clock, place: it } = await onClock()
      await using place = it
      using client = await place.raw()
      if (bytes !== '') client.write(bytes)
      await place.are('handshake')
      await turns()
      clock.advance(59_999)
      await turns()
      expect(place.states).toEqual(['handshake'])
      clock.advance(1)
      expect(await place.rig.ending()).toBe('client:bad_proxy_header')
      expect(place.handshakesFailed).toEqual(['1: the client sent no PROXY header within 60 s'])
    }
  })

  test.each([
    ['ends', (peer: Peer) => peer.end(), 'client:closed'],
    ['resets', (peer: Peer) => peer.reset(), 'client:reset'],
  ] as const)('a client that %s amid it is told of once', async (_, leave, ending) => {
    await using place = await Place.start({ proxyProtocol: ACCEPT })
    using client = await place.raw()
    client.write('PROXY TCP4 ')
    await place.are('handshake')
    await turns()
    leave(client)
    expect(await place.rig.ending()).toBe(ending)
    expect(place.handshakesFailed).toHaveLength(1)
  })

  test('who waits for one can be killed, and is closed with its proxy', async () => {
    await using place = await Place.start({ proxyProtocol: ACCEPT, engine: { drainMs: 60_000 } })
    using first = await place.raw()
    using second = await place.raw()
    await place.are('handshake', 'handshake')
    const [id = ''] = place.proxy.sessions().map((session) => session.id)
    place.rig.plane.kill(id)
    expect(await first.ending()).toBe('ECONNRESET')
    await place.proxy.remove()
    expect(await second.ending()).toBe('FIN')
    await place.rig.allEnded()
    expect([await place.rig.ending(0), await place.rig.ending(1)]).toEqual(['proxy:killed', 'proxy:deleted'])
  })
})

describe('a header in front of TLS', () => {
  test.each(['in one packet', 'each by itself'] as const)('the two come %s', async (how) => {
    const { authority } = await certificates()
    const stall = fault('tls_stall', {}, { match: { client: ['192.0.2.7'], sni: ['db.test'] } })
    for (const tls of [{ listen: { authority } }, {}]) {
      await using place = await Place.start({ proxyProtocol: ACCEPT, tls, faults: [stall] })
      using client = await place.raw()
      if (how === 'in one packet') {
        client.write(Buffer.concat([header(), hello]))
      } else {
        client.write(header())
        await turns()
        client.write(hello)
      }
      await eventually('the hello waits', () => place.decisions.length === 2)
      expect(place.decisions).toEqual(['tls_stall 1 yes', 'tls_stall 1 stall'])
      expect(place.proxy.sessions()[0]).toMatchObject({ client: '192.0.2.7:4660', state: 'handshake' })
    }
  })

  test('and the session is that of the client', async () => {
    const { authority } = await certificates()
    await using plain = await keeping()
    await using secret = await tlsEcho()
    for (const [tls, to] of [
      [{ listen: { authority } }, plain],
      [{ peek: true }, secret],
    ] as const) {
      await using place = await Place.start({ proxyProtocol: ACCEPT, tls, to })
      const socket = await plainSocket(place.proxy.port)
      socket.write(header('v1'))
      using peer = tlsOver(socket, { ca: authority.cert, servername: 'db.test' })
      await secure(peer)
      peer.write('hello')
      await eventually('it is there', () => place.states[0] === 'open')
      expect(place.proxy.sessions()).toMatchObject([{ client: '192.0.2.7:4660' }])
    }
  })

  test('a server that speaks first is heard a second behind the header', async () => {
    await using server = await Upstream.start((peer) => peer.write('220 hello\r\n'))
    const { clock, place: it } = await onClock({ to: server, tls: { peek: true } })
    await using place = it
    using client = await place.raw()
    await place.are('handshake')
    clock.advance(30_000)
    client.write(header())
    await eventually('the header is read', () => place.proxy.sessions()[0]?.client === '192.0.2.7:4660')
    clock.advance(999)
    await turns()
    expect(server.peers).toEqual([])
    clock.advance(1)
    await client.reads('220 hello\r\n')
  })
})
