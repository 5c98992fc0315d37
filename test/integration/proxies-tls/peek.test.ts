import { beforeAll, describe, expect, test } from 'vitest'
import { fault } from '../../support/engine-rig-faults.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { Peer, Upstream } from '../../support/peers.ts'
import { eventually } from '../../support/wait.ts'
import { certificates, helloOf, Place, plainSocket, tlsEcho, tlsOver, turns, type PlaceOptions } from './rig.ts'

let hello: Buffer

beforeAll(async () => {
  await certificates()
  hello = await helloOf('db.test')
})

const PEEK = { peek: true } as const

function slow(servernames: readonly string[], latency = 40): ReturnType<typeof fault> {
  return fault('latency', { latency }, { match: { sni: servernames } })
}

/** With a clock that goes when it is told to. */
async function onClock(options: PlaceOptions = {}): Promise<{ readonly clock: ManualClock; readonly place: Place }> {
  const clock = new ManualClock(1000)
  return { clock, place: await Place.start({ engine: { clock }, ...options }) }
}

describe('TLS that passes through', () => {
  test.each([
    ['handles', true],
    ['whole sockets', false],
  ])('works as without a look with %s, and the session is counted once', async (_, acceptHandles) => {
    await using upstream = await tlsEcho()
    await using place = await Place.start({ to: upstream, tls: PEEK, engine: { acceptHandles } })
    using peer = await place.secured({ servername: 'db.test' })
    await peer.ping()
    expect(place.proxy.snapshot.sessions).toMatchObject({ total: 1, active: 1 })
    expect(place.opened).toEqual(['1'])
    peer.end()
    expect(await peer.ending()).toBe('FIN')
    expect(await place.rig.ending()).toBe('client:closed')
    expect(place.handshakesFailed).toEqual([])
  })

  test('a fault on bytes goes by the name', async () => {
    await using upstream = await tlsEcho()
    await using place = await Place.start({ to: upstream, faults: [slow(['*.test', '/^api[0-9]/'], 1)] })
    for (const servername of ['db.test', 'other.example', 'api7.example', 'DB.test']) {
      using peer = await place.secured({ servername, rejectUnauthorized: false })
      await peer.ping()
    }
    using nameless = await place.secured({ rejectUnauthorized: false })
    await nameless.ping()
    expect(place.decisions).toEqual([
      'latency 1 yes',
      'latency 2 match',
      'latency 3 yes',
      'latency 4 yes',
      'latency 5 match',
    ])
    expect(place.counts('latency').slice(0, 2)).toEqual([5, 3])
  })

  test('so does one whose window opens later, for who came before that', async () => {
    const { clock, place: it } = await onClock({
      tls: {},
      faults: [fault('latency', { latency: 40 }, { match: { sni: ['db.test'] }, schedule: { after: 500 } })],
    })
    await using place = it
    using client = await place.raw()
    client.write(hello)
    await eventually('the hello comes back', () => client.received === hello.length)
    clock.advance(600)
    client.write('x')
    await eventually('it is held', () => place.proxy.sessions()[0]?.held.downstream === 1)
    clock.advance(40)
    await eventually('it comes', () => client.received === hello.length + 1)
    expect(place.decisions).toEqual(['latency 1 yes'])
  })

  test('a hello may come in single bytes', async () => {
    await using place = await Place.start({ faults: [slow(['db.test'], 1)] })
    const socket = await plainSocket(place.proxy.port)
    using client = new Peer(socket)
    for (const byte of hello) {
      socket.write(Buffer.from([byte]))
      await turns(1)
    }
    await eventually('it comes back', () => client.received === hello.length)
    expect(Buffer.concat(client.chunks).equals(hello)).toBe(true)
    expect(place.decisions).toEqual(['latency 1 yes'])
  })

  test('nothing is lost where it is cut, at any byte', async () => {
    await using place = await Place.start({ faults: [slow(['db.test'], 1)] })
    const bytes = Buffer.concat([hello, Buffer.from('and what comes behind it')])
    const cuts = Array.from({ length: hello.length }, (_, at) => at + 1)
    for (let from = 0; from < cuts.length; from += 100) {
      await Promise.all(
        cuts.slice(from, from + 100).map(async (cut) => {
          using client = await place.raw()
          client.write(bytes.subarray(0, cut))
          await turns(3)
          client.write(bytes.subarray(cut))
          await eventually(`the echo of both pieces of ${cut}`, () => client.received === bytes.length)
          expect(Buffer.concat(client.chunks).equals(bytes)).toBe(true)
        }),
      )
    }
    expect(place.decisions.filter((line) => line.endsWith(' yes'))).toHaveLength(cuts.length)
  })

  test('a pause amid the hello is no way past it', async () => {
    const { clock, place: it } = await onClock({ faults: [slow(['db.test'])] })
    await using place = it
    using client = await place.raw()
    client.write(hello.subarray(0, 50))
    await place.are('handshake')
    await turns()
    clock.advance(5000)
    await turns()
    expect(place.states).toEqual(['handshake'])
    client.write(hello.subarray(50))
    await place.are('open')
    expect(place.decisions).toEqual(['latency 1 yes'])
  })

  test('but what has begun like one and does not go on is passed on as it is after a minute', async () => {
    const { clock, place: it } = await onClock({ tls: PEEK })
    await using place = it
    using client = await place.raw()
    client.write(hello.subarray(0, 50))
    await place.are('handshake')
    await turns()
    clock.advance(60_001)
    await eventually('it comes back', () => client.received === 50)
    client.write(hello.subarray(50))
    await eventually('the rest too', () => client.received === hello.length)
    expect(Buffer.concat(client.chunks).equals(hello)).toBe(true)
    expect(place.handshakesFailed).toEqual([])
  })
})

describe('what is no TLS', () => {
  test.each([
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
    ['zeros', Buffer.alloc(70_000)],
    ['a record that is no hello', Buffer.from('17030300010000', 'hex')],
    ['a hello that is broken', Buffer.from('160301000401000000', 'hex')],
  ])('goes on at once: %s', async (_, bytes) => {
    const { place: it } = await onClock({ tls: PEEK, faults: [fault('tls_stall')] })
    await using place = it
    using client = await place.raw()
    client.write(bytes)
    await eventually('it comes back', () => client.received === bytes.length)
    expect(Buffer.concat(client.chunks).equals(bytes)).toBe(true)
    expect(place.counts('tls_stall')).toEqual([0, 0, 0, 0])
    expect(place.decisions).toEqual([])
  })

  test('a server that speaks first is heard after a second', async () => {
    await using server = await Upstream.start((peer) => peer.write('220 hello\r\n'))
    const { clock, place: it } = await onClock({ tls: PEEK, to: server })
    await using place = it
    using client = await place.raw()
    await place.are('handshake')
    clock.advance(999)
    await turns()
    expect([place.states, server.peers.length]).toEqual([['handshake'], 0])
    clock.advance(1)
    await client.reads('220 hello\r\n')
    client.write('HELO\r\n')
    await (await server.peer()).reads('HELO\r\n')
    expect(place.proxy.sessions()[0]).toMatchObject({ id: '1', state: 'open', ageMs: 1000 })
    expect(place.proxy.snapshot.sessions.total).toBe(1)
  })

  test('so it is by a client that only listens, and has ended its side already', async () => {
    await using server = await Upstream.start(({ socket }) => socket.end('220 hello\r\n'))
    const { place: it } = await onClock({ tls: PEEK, to: server })
    await using place = it
    using client = await place.raw()
    client.end()
    await client.reads('220 hello\r\n')
    expect(await client.ending()).toBe('FIN')
    expect(await (await server.peer()).ending()).toBe('FIN')
    expect(await place.rig.ending()).toBe('client:closed')
    expect(place.handshakesFailed).toEqual([])
  })

  test.each([1, 5, 40])('the first %i bytes of a hello with an end behind them arrive with it', async (length) => {
    await using server = await Upstream.start()
    const { place: it } = await onClock({ tls: PEEK, to: server })
    await using place = it
    using client = await place.raw()
    client.write(hello.subarray(0, length))
    client.end()
    const peer = await server.peer()
    await eventually('the end arrives', () => peer.ended)
    expect(Buffer.concat(peer.chunks).equals(hello.subarray(0, length))).toBe(true)
    peer.write('bye')
    peer.end()
    await client.reads('bye')
    expect(await place.rig.ending()).toBe('client:closed')
  })

  test('they do so too where a fault keeps the session waiting', async () => {
    await using server = await Upstream.start()
    const accept = fault('accept_delay', { delay: 50 })
    const { clock, place: it } = await onClock({ tls: PEEK, to: server, faults: [accept] })
    await using place = it
    using client = await place.raw()
    client.write(hello.subarray(0, 40))
    client.end()
    await place.are('waiting')
    await turns()
    clock.advance(50)
    const peer = await server.peer()
    await eventually('the end arrives', () => peer.ended)
    expect(peer.received).toBe(40)
    peer.end()
    expect(await client.ending()).toBe('FIN')
  })

  test('a reset before anything was said is told once', async () => {
    await using place = await Place.start({ tls: PEEK })
    using client = await place.raw()
    await place.are('handshake')
    client.reset()
    expect(await place.rig.ending()).toBe('client:reset')
    expect(place.handshakesFailed).toEqual(['1: the client left: read ECONNRESET'])
    expect(place.reached).toBe(0)
  })
})

describe('a client that sends much while its hello waits', () => {
  test('is read once in a while, so that it is noticed when it leaves', async () => {
    const { clock, place: it } = await onClock({ faults: [fault('tls_stall')] })
    await using place = it
    for (const [index, leave] of [(peer: Peer) => peer.end(), (peer: Peer) => peer.reset()].entries()) {
      using client = await place.raw()
      client.write(Buffer.concat([hello, Buffer.alloc(100_000)]))
      await eventually('the hello waits', () => place.decisions.length === 2 * index + 2)
      await turns(50)
      leave(client)
      for (let time = 0; time < 10 && place.states.length > 0; time++) {
        clock.advance(15_000)
        await turns(50)
      }
      expect(await place.rig.ending(index)).toMatch(/^client:(closed|reset)$/)
    }
    expect(place.handshakesFailed).toHaveLength(2)
  })

  test('loses nothing of it when it goes on', async () => {
    const { clock, place: it } = await onClock({ faults: [fault('tls_delay', { delay: 60_000 })] })
    await using place = it
    using client = await place.raw()
    const bytes = Buffer.concat([hello, Buffer.alloc(500_000, 'something to say')])
    client.write(bytes)
    await eventually('the hello waits', () => place.decisions.length === 2)
    for (let step = 0; step < 4; step++) {
      await turns(50)
      clock.advance(15_000)
    }
    await eventually('it comes back', () => client.received === bytes.length)
    expect(Buffer.concat(client.chunks).equals(bytes)).toBe(true)
  })

  test('is reset when it is too much', async () => {
    const { clock, place: it } = await onClock({ faults: [fault('tls_stall')] })
    await using place = it
    using client = await place.raw()
    client.write(Buffer.concat([hello, Buffer.alloc(8_000_000)]))
    await eventually('the hello waits', () => place.decisions.length === 2)
    await eventually('it ends', () => {
      clock.advance(15_000)
      return place.states.length === 0
    })
    expect(await place.rig.ending()).toBe('client:sent_too_much')
    expect(place.handshakesFailed).toEqual(['1: the client sent over 1048576 bytes behind its hello'])
  })
})

describe('when nobody asks any more', () => {
  test('who is still silent goes on at once', async () => {
    await using server = await Upstream.start((peer) => peer.write('220 hello\r\n'))
    const { place: it } = await onClock({ to: server, faults: [slow(['db.test'])] })
    await using place = it
    using client = await place.raw()
    await place.are('handshake')
    await place.proxy.faults()
    await client.reads('220 hello\r\n')
    expect(place.states).toEqual(['open'])
  })

  test('what comes is not looked at', async () => {
    await using upstream = await tlsEcho()
    await using place = await Place.start({ to: upstream })
    using peer = await place.secured({ servername: 'db.test' })
    await place.proxy.faults(slow(['db.test']))
    await peer.ping()
    expect(place.decisions).toEqual(['latency 1 match'])
  })
})

test('a session that was looked at reads and writes 20 MB exactly, and its client is told apart by address', async () => {
  await using upstream = await tlsEcho()
  const matched = fault(
    'slicer',
    { average_size: 3000, size_variation: 0, delay: 0 },
    { match: { client: ['127.0.0.1'] } },
  )
  await using place = await Place.start({ to: upstream, tls: PEEK, faults: [matched] })
  const socket = await plainSocket(place.proxy.port)
  using peer = tlsOver(socket, { ca: place.authority.cert, servername: 'db.test' })
  const sent = Buffer.alloc(20_000_000, 'a pattern that is not aligned to anything')
  peer.socket.end(sent)
  await eventually('all comes back', () => peer.received === sent.length, 60_000)
  expect(Buffer.concat(peer.chunks).equals(sent)).toBe(true)
  expect(place.decisions).toEqual(['slicer 1 yes'])
})
