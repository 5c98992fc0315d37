import { beforeAll, describe, expect, test } from 'vitest'
import { fault } from '../../support/engine-rig-faults.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { Peer, Upstream } from '../../support/peers.ts'
import { clientCertificate, madeAuthority } from '../../support/tls-rig.ts'
import { eventually } from '../../support/wait.ts'
import {
  certificates,
  helloOf,
  Place,
  plainSocket,
  secure,
  tlsOver,
  turns,
  type PlaceOptions,
  type TlsListen,
} from './rig.ts'

let hello: Buffer

beforeAll(async () => {
  await certificates()
  hello = await helloOf('db.test')
})

async function listening(options: PlaceOptions = {}, listen: Partial<TlsListen> = {}): Promise<Place> {
  const { authority } = await certificates()
  return await Place.start({ tls: { listen: { authority, ...listen } }, ...options })
}

/** With a clock that goes when it is told to. */
async function onClock(options: PlaceOptions = {}): Promise<{ readonly clock: ManualClock; readonly place: Place }> {
  const clock = new ManualClock(1000)
  return { clock, place: await listening({ engine: { clock }, ...options }) }
}

describe('a session over TLS', () => {
  test('is one session from the accept to its end', async () => {
    await using place = await listening()
    using peer = place.tls({ servername: 'db.test' })
    await secure(peer)
    await peer.ping()
    const [session] = place.proxy.sessions()
    expect(session).toMatchObject({ id: '1', ordinal: 1, state: 'open', client: `127.0.0.1:${peer.socket.localPort}` })
    // Of what the application says, not of what it weighs in TLS.
    expect(session?.bytes.upstream).toEqual({ received: 4, sent: 4 })
    peer.end()
    expect(await peer.ending()).toBe('FIN')
    expect(await place.rig.end()).toMatchObject({
      id: '1',
      state: 'ended',
      ending: { origin: 'client', reason: 'closed' },
    })
    expect(place.opened).toEqual(['1'])
    expect(place.rig.ended).toHaveLength(1)
    expect(place.handshakesFailed).toEqual([])
    expect(place.proxy.snapshot.sessions).toMatchObject({ total: 1, active: 0, endings: { 'client:closed': 1 } })
  })

  test('shows a certificate of its own, or one for the name', async () => {
    const { local } = await certificates()
    await using own = await Place.start({ tls: { listen: local } })
    using first = await own.secured({ servername: 'localhost' })
    await first.ping()
    expect(await own.refusal({ servername: 'other.test' })).toBe('ERR_TLS_CERT_ALTNAME_INVALID')
    await using made = await listening()
    using second = await made.secured({ servername: 'other.test' })
    await second.ping()
  })

  test('wants a certificate of the client where it is told to, and dials for nobody else', async () => {
    const { authority } = await certificates()
    await using place = await listening({}, { clientCa: authority.cert })
    using known = await place.secured(await clientCertificate(authority))
    await known.ping()
    using none = place.tls()
    expect(await none.ending()).toBe('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED')
    expect(await place.rig.ending(0)).toBe('client:tls_handshake')
    using foreign = place.tls(await clientCertificate(await madeAuthority()))
    await eventually('it is closed', () => foreign.closed || foreign.ended)
    expect(await place.rig.ending(1)).toBe('client:bad_certificate')
    expect(place.handshakesFailed.map((line) => line.slice(0, 3))).toEqual(['2: ', '3: '])
    expect(place.reached).toBe(1)
  })

  test('a hello may be cut at any byte', async () => {
    await using place = await listening()
    for (let cut = 1; cut < hello.length; cut += 97) {
      const socket = await plainSocket(place.proxy.port)
      using client = new Peer(socket)
      socket.write(hello.subarray(0, cut))
      await turns(3)
      socket.write(hello.subarray(cut))
      await eventually(`an answer to the hello that was cut at ${cut}`, () => client.received > 100)
      client.reset()
    }
    await place.rig.allEnded()
    const cuts = Math.ceil((hello.length - 1) / 97)
    expect(place.handshakesFailed).toHaveLength(cuts)
    expect(place.proxy.snapshot.sessions.endings).toEqual({ 'client:reset': cuts })
  })
})

describe('clients that do not get through', () => {
  test('one that says nothing is given up after a minute', async () => {
    const { clock, place: it } = await onClock()
    await using place = it
    using client = await place.raw()
    await place.are('handshake')
    clock.advance(59_999)
    await turns()
    expect(place.states).toEqual(['handshake'])
    clock.advance(1)
    expect(await place.rig.ending()).toBe('client:handshake_timeout')
    expect(place.handshakesFailed).toEqual(['1: the client did not begin a TLS handshake within 60 s'])
    expect(await client.ending()).toMatch(/FIN|closed/)
    expect(place.reached).toBe(0)
  })

  test('so is one that stops amid its handshake', async () => {
    const { clock, place: it } = await onClock()
    await using place = it
    using client = await place.raw()
    client.write(hello)
    await eventually('it is answered', () => client.received > 0)
    clock.advance(60_000)
    expect(await place.rig.ending()).toBe('client:handshake_timeout')
    expect(place.handshakesFailed).toEqual(['1: the client did not finish a TLS handshake within 60 s'])
  })

  const leavings = [
    ['before it has said anything', 0],
    ['amid its hello', 30],
    ['behind its hello', Infinity],
  ] as const
  const ways = [
    ['ends', (peer: Peer) => peer.end(), 'client:closed'],
    ['resets', (peer: Peer) => peer.reset(), 'client:reset'],
  ] as const
  test.each(
    leavings.flatMap(([when, bytes]) => ways.map(([how, leave, ending]) => [how, when, bytes, leave, ending] as const)),
  )('one that %s %s is told of once', async (_how, _when, bytes, leave, ending) => {
    await using place = await listening()
    using client = await place.raw()
    if (bytes > 0) client.write(hello.subarray(0, bytes))
    if (bytes === Infinity) await eventually('it is answered', () => client.received > 0)
    else await turns()
    await place.are('handshake')
    leave(client)
    expect(await place.rig.ending()).toBe(ending)
    expect(place.handshakesFailed).toHaveLength(1)
    expect(place.proxy.snapshot.sessions).toMatchObject({ total: 1, active: 0 })
    expect(place.reached).toBe(0)
  })

  test('junk, and another protocol, are told of by what they look like', async () => {
    await using place = await listening()
    for (const bytes of ['SSH-2.0-x\r\n', '\0\0\0\x08\x04\xd2\x16/', 'xxxxxxxxxxxx']) {
      using client = await place.raw()
      client.write(Buffer.from(bytes, 'latin1'))
      expect(await client.ending()).toBe('FIN')
    }
    await place.rig.allEnded()
    expect(place.handshakesFailed.map((line) => line.replace(/.*looks? like /, ''))).toEqual([
      'SSH',
      'PostgreSQL, which asks for TLS in words of its own',
      'nothing that is known (its first byte is 0x78)',
    ])
    expect(place.proxy.snapshot.sessions.endings).toEqual({ 'client:not_tls': 3 })
  })

  test('garbage behind a handshake ends the session as an error of the client', async () => {
    await using place = await listening()
    const socket = await plainSocket(place.proxy.port)
    using peer = tlsOver(socket, { ca: place.authority.cert, servername: 'db.test' })
    await secure(peer)
    await peer.ping()
    socket.write('this is no record of TLS')
    expect(await place.rig.ending()).toBe('client:tls_error')
    expect(place.handshakesFailed).toEqual([])
  })
})

test('one that sends much while its hello waits is noticed when it leaves', async () => {
  const { clock, place: it } = await onClock({ faults: [fault('tls_stall')] })
  await using place = it
  using client = await place.raw()
  client.write(Buffer.concat([hello, Buffer.alloc(200_000)]))
  await eventually('the hello waits', () => place.decisions.length === 2)
  await turns(50)
  client.reset()
  for (let time = 0; time < 20 && place.states.length > 0; time++) {
    clock.advance(15_000)
    await turns(50)
  }
  expect(place.states).toEqual([])
})

/** One silent, one amid its hello, one that a fault keeps waiting, one that is being answered. */
async function crowd(place: Place): Promise<readonly Peer[]> {
  const peers: Peer[] = []
  for (const bytes of [0, 30, Infinity]) {
    const peer = await place.raw()
    if (bytes > 0) peer.write(hello.subarray(0, bytes))
    peers.push(peer)
    await eventually('it is there', () => place.states.length === peers.length)
  }
  await eventually('a hello waits', () => place.decisions.length === 2)
  const answered = await place.raw()
  answered.write(await helloOf('fast.test'))
  await eventually('it is answered', () => answered.received > 0)
  expect(place.states).toEqual(['handshake', 'handshake', 'handshake', 'handshake'])
  return [...peers, answered]
}

function stalled(): PlaceOptions {
  return { faults: [fault('tls_stall', {}, { match: { sni: ['db.test'] } })] }
}

describe('while handshakes are under way', () => {
  test('each can be killed', async () => {
    await using place = await listening(stalled())
    const peers = await crowd(place)
    for (const { id } of place.proxy.sessions()) expect(place.rig.plane.kill(id)).toBe(true)
    for (const peer of peers) expect(await peer.ending()).toBe('ECONNRESET')
    await place.rig.allEnded()
    expect(place.proxy.snapshot.sessions.endings).toEqual({ 'proxy:killed': 4 })
    expect(place.handshakesFailed).toEqual([])
  })

  test.each([
    [
      'disabled',
      async (place: Place): Promise<void> => void (await place.proxy.change({ enabled: false })),
      'disabled',
    ],
    [
      'moved',
      async (place: Place): Promise<void> => void (await place.proxy.change({ upstream: '127.0.0.1:1' })),
      'changed',
    ],
    [
      'told to speak otherwise',
      async (place: Place): Promise<void> => void (await place.proxy.change({ tls: {} })),
      'changed',
    ],
    ['deleted', async (place: Place): Promise<void> => await place.proxy.remove(), 'deleted'],
    ['shut down', async (place: Place): Promise<void> => await place.rig.plane.close(), 'shutdown'],
  ] as const)('the proxy can be %s: they are closed, whatever the drain time', async (_, act, reason) => {
    await using place = await listening({ ...stalled(), engine: { drainMs: 60_000 } })
    const peers = await crowd(place)
    await act(place)
    for (const peer of peers) expect(['FIN', 'closed', 'ECONNRESET']).toContain(await peer.ending())
    await place.rig.allEnded()
    expect(place.rig.ended.map(({ ending }) => `${ending?.origin}:${ending?.reason}`)).toEqual(
      Array(4).fill(`proxy:${reason}`),
    )
    expect(place.handshakesFailed).toEqual([])
    expect(place.reached).toBe(0)
  })
})

describe('faults on connecting', () => {
  test('reject: the client is reset behind its handshake', async () => {
    await using place = await listening({ faults: [fault('reject')] })
    using peer = place.tls()
    expect(await peer.ending()).toBe('ECONNRESET')
    expect(await place.rig.ending()).toBe('injected:reject')
    expect(place.counts('reject').slice(0, 3)).toEqual([1, 1, 1])
    expect(place.handshakesFailed).toEqual([])
  })

  test('hang: the client waits, and is taken up when the fault leaves', async () => {
    await using place = await listening({ faults: [fault('hang')] })
    using peer = await place.secured()
    peer.write('hello')
    await place.are('waiting')
    await turns()
    expect(place.reached).toBe(0)
    await place.proxy.faults()
    await peer.reads('hello')
  })

  test('accept_delay: counts from the accept, not from the handshake', async () => {
    const { clock, place: it } = await onClock({ faults: [fault('accept_delay', { delay: 500 })] })
    await using place = it
    using client = await place.raw()
    await place.are('handshake')
    clock.advance(300)
    using peer = tlsOver(client.socket, { ca: place.authority.cert, servername: 'db.test' })
    await secure(peer)
    await place.are('waiting')
    clock.advance(199)
    await turns()
    expect(place.states).toEqual(['waiting'])
    clock.advance(1)
    await peer.ping()
  })

  test('max_sessions with refuse: the listener shuts when the handshake that takes the last place is done', async () => {
    await using place = await listening({ faults: [fault('max_sessions', { max: 1, beyond: 'refuse' })] })
    using first = await place.secured()
    await first.ping()
    await turns()
    await expect(place.raw()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    first.end()
    await first.ending()
    await eventually('it opens again', async () => (await place.refusal()) === 'secured')
  })

  test('max_sessions with queue: handshakes take no place, and who waits is taken up', async () => {
    await using place = await listening({ faults: [fault('max_sessions', { max: 1, beyond: 'queue' })] })
    using silent = await place.raw()
    await place.are('handshake')
    using first = await place.secured()
    await first.ping()
    using second = await place.secured()
    second.write('hello')
    await place.are('handshake', 'open', 'waiting')
    first.end()
    await second.reads('hello')
    second.end()
    silent.end()
    await place.rig.allEnded()
    expect(place.opened).toEqual(['2', '3'])
  })

  test('max_sessions with reset: it is the session that is too much, not its handshake', async () => {
    await using place = await listening({ faults: [fault('max_sessions', { max: 1, beyond: 'reset' })] })
    using first = await place.secured()
    await first.ping()
    using second = place.tls()
    expect(await second.ending()).toBe('ECONNRESET')
    expect(await place.rig.ending()).toBe('injected:max_sessions')
    expect(place.handshakesFailed).toEqual([])
  })
})

describe('resets', () => {
  test('go through below TLS, both ways', async () => {
    await using server = await Upstream.start()
    await using place = await listening({ to: server })
    using peer = await place.secured()
    peer.write('hello')
    await (await server.peer()).reads('hello')
    ;(await server.peer()).reset()
    expect(await peer.ending()).toBe('ECONNRESET')
    expect(await place.rig.ending()).toBe('upstream:reset')
    const socket = await plainSocket(place.proxy.port)
    using again = tlsOver(socket, { ca: place.authority.cert, servername: 'db.test' })
    await secure(again)
    again.write('hello')
    await (await server.peer(1)).reads('hello')
    // Not by the socket that speaks TLS, which knows no reset.
    const handle = Reflect.get(Reflect.get(again.socket, '_handle') as object, '_parent') as { reset(): void }
    handle.reset()
    expect(await (await server.peer(1)).ending()).toBe('ECONNRESET')
    expect(await place.rig.ending(1)).toBe('client:reset')
  })

  test('are softened where that is asked for', async () => {
    await using server = await Upstream.start()
    await using place = await listening({ to: server, engine: { softenResets: true } })
    using peer = await place.secured()
    peer.write('hello')
    const far = await server.peer()
    await far.reads('hello')
    far.reset()
    expect(await peer.ending()).toBe('FIN')
  })

  test('a fault that resets one peer does so', async () => {
    await using place = await listening({ faults: [fault('reset_peer', { timeout: 0 })] })
    using peer = place.tls()
    await secure(peer)
    peer.write('x')
    expect(await peer.ending()).toBe('ECONNRESET')
    expect(await place.rig.ending()).toBe('injected:reset_peer')
  })
})
