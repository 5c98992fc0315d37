import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, RequestListener } from 'node:http'
import { createServer as createHttpsServer, request as httpsRequest } from 'node:https'
import type { AddressInfo } from 'node:net'
import { beforeAll, describe, expect, test } from 'vitest'
import type { FaultPlan } from '../../../src/core/plan.ts'
import { readChecked, writeChecked } from '../../support/checked-stream.ts'
import { fault, updated } from '../../support/engine-rig-faults.ts'
import { Upstream, type Peer } from '../../support/peers.ts'
import { certificateFor, clientCertificate, madeAuthority, TlsUpstream } from '../../support/tls-rig.ts'
import { eventually } from '../../support/wait.ts'
import { certificates, Place, plainSocket, secure, tlsEcho, tlsOver, turns, type PlaceOptions } from './rig.ts'

beforeAll(async () => {
  await certificates()
})

const TWENTY_MB = 20_000_000

type UpstreamTls = NonNullable<NonNullable<PlaceOptions['tls']>['upstream']>

/** A proxy that speaks TLS to `to`, and trusts the authority. */
async function dialing(to: { readonly address: string }, upstream: UpstreamTls = {}, more: PlaceOptions = {}) {
  const { authority } = await certificates()
  return await Place.start({ ...more, to, tls: { ...more.tls, upstream: { ca: authority.cert, ...upstream } } })
}

async function both(to: { readonly address: string }, more: PlaceOptions = {}): Promise<Place> {
  const { authority } = await certificates()
  return await dialing(to, {}, { ...more, tls: { listen: { authority } } })
}

describe('TLS to the upstream', () => {
  test('the session is as plain as the client', async () => {
    await using upstream = await tlsEcho()
    await using place = await dialing(upstream)
    using client = await place.raw()
    await client.ping()
    expect(place.proxy.sessions()[0]).toMatchObject({ state: 'open', upstreamAddress: upstream.address })
    client.end()
    expect(await client.ending()).toBe('FIN')
    expect(await place.rig.ending()).toBe('client:closed')
  })

  test('asks for a name, shows a certificate, and verifies or not', async () => {
    const { authority, local } = await certificates()
    const names: unknown[] = []
    const options = { ...local, ca: authority.cert, requestCert: true }
    await using upstream = await TlsUpstream.start(options, ({ socket }) => {
      names.push(Reflect.get(socket, 'servername'))
      socket.end('in')
    })
    const certificate = await clientCertificate(authority)
    for (const more of [{ servername: 'db.test' }, { servername: 'other.test', verify: false }]) {
      await using place = await dialing(upstream, { ...certificate, ...more })
      using client = await place.raw()
      expect(await client.ending()).toBe('FIN')
      expect(client.text).toBe('in')
    }
    expect(names).toEqual(['db.test', 'other.test'])
  })

  test.each([
    ['whom nobody trusts', {}, 'is not to be trusted'],
    ['of another name', { servername: 'other.test' }, 'is for another name'],
  ])('one %s is refused in words, and its client closed', async (_, more, text) => {
    const { authority } = await certificates()
    const foreign = await madeAuthority()
    const pair = await certificateFor('servername' in more ? authority : foreign, 'localhost', '127.0.0.1')
    await using upstream = await TlsUpstream.start(pair, ({ socket }) => socket.write('secret'))
    await using place = await dialing(upstream, more)
    using client = await place.raw()
    expect(await client.ending()).toBe('FIN')
    expect(client.received).toBe(0)
    expect(await place.rig.ending()).toBe('upstream:dial_failed')
    expect(place.dialsFailed).toHaveLength(1)
    expect(place.dialsFailed[0]).toContain(text)
  })

  test('one that speaks plain text is told apart', async () => {
    await using upstream = await Upstream.start((peer) => peer.write('220 hello\r\n'))
    await using place = await dialing(upstream)
    using client = await place.raw()
    expect(await client.ending()).toBe('FIN')
    expect(place.dialsFailed[0]).toMatch(/^the upstream does not speak TLS on this port/)
    expect(await place.rig.ending()).toBe('upstream:dial_failed')
  })

  test('HTTP: 502, and why', async () => {
    await using upstream = await Upstream.start(({ socket }) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    await using place = await dialing(upstream, {}, { protocol: 'http' })
    using client = await place.raw()
    client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    await eventually('the answer comes', () => client.text.startsWith('HTTP/1.1 502 '))
    expect(client.text).toContain('does not speak TLS')
    expect(place.dialsFailed).toHaveLength(1)
  })

  test('one that never finishes its handshake is given up in time', async () => {
    await using upstream = await Upstream.start()
    await using place = await dialing(upstream, {}, { engine: { dialTimeoutMs: 100 } })
    using client = await place.raw()
    expect(await client.ending()).toBe('FIN')
    expect(await place.rig.ending()).toBe('upstream:dial_timeout')
  })

  test('a client that leaves amid that handshake takes it along', async () => {
    await using upstream = await Upstream.start()
    await using place = await dialing(upstream)
    const client = await place.raw()
    const far = await upstream.peer()
    await eventually('a hello comes', () => far.received > 0)
    client.reset()
    await place.proxy.change({ enabled: false })
    expect(await far.ending()).toMatch(/FIN|ECONNRESET/)
    await place.rig.allEnded()
  })
})

describe('TLS where plain text is spoken', () => {
  test('a client of an HTTP proxy is told of in words', async () => {
    await using upstream = await Upstream.start()
    await using place = await Place.start({ to: upstream, protocol: 'http' })
    using client = place.tls({ servername: 'db.test' })
    await eventually('it fails', () => client.closed)
    await place.rig.allEnded()
    expect(upstream.peers).toEqual([])
    expect(JSON.stringify(place.rig.plane.exchanges())).toMatch(/TLS|tls/)
  })

  test('an upstream of an HTTP proxy that speaks TLS is told of in words', async () => {
    // The alert with which OpenSSL answers what is no record.
    const alert = Buffer.from('15030100020246', 'hex')
    await using upstream = await Upstream.start(({ socket }) => socket.once('data', () => socket.end(alert)))
    await using place = await Place.start({ to: upstream, protocol: 'http' })
    using client = await place.raw()
    client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    await eventually('the answer comes', () => client.text.startsWith('HTTP/1.1 502 '))
    expect(client.text).toMatch(/TLS/)
  })
})

/** Faults that change when bytes come, and nothing else. */
const TIMING: readonly FaultPlan[] = [
  fault('latency', { latency: 15, jitter: 10 }, { direction: 'both' }),
  fault('bandwidth', { rate: 60_000_000 }, { direction: 'both' }),
  fault('slicer', { average_size: 4000, size_variation: 1000, delay: 10 }, { direction: 'both' }),
]

/** Adds, changes and removes them until it is over. */
async function storm(place: Place, isOver: () => boolean): Promise<number> {
  let changes = 0
  while (!isOver()) {
    const some = TIMING.filter((_, index) => ((changes >> index) & 1) === 1)
    const [first, ...others] = some
    const moved = first?.type === 'latency' ? updated(first, { latency: 5 + (changes % 20) }) : first
    await place.proxy.faults(...(moved === undefined ? [] : [moved]), ...others)
    changes++
    await new Promise((resolve) => {
      setTimeout(resolve, 15)
    })
  }
  return changes
}

async function exact(client: Peer, server: Peer): Promise<void> {
  const reading = [readChecked(client.socket, 2, TWENTY_MB), readChecked(server.socket, 1, TWENTY_MB)]
  await Promise.all([
    writeChecked(client.socket, 1, TWENTY_MB).then(() => client.end()),
    writeChecked(server.socket, 2, TWENTY_MB).then(() => server.end()),
  ])
  await Promise.all(reading)
  await eventually('both have ended', () => client.ended && server.ended)
}

describe('20 MB each way, with faults that come and go', () => {
  test.each(['ends TLS on both sides', 'passes it through, and peeks'] as const)(
    'through a proxy that %s',
    async (how) => {
      const { local } = await certificates()
      await using upstream = await TlsUpstream.start(local, () => {}, { collect: false })
      await using place =
        how === 'ends TLS on both sides'
          ? await both(upstream)
          : await Place.start({ to: upstream, tls: { peek: true } })
      const socket = await plainSocket(place.proxy.port)
      using client = tlsOver(socket, { ca: place.authority.cert, servername: 'db.test', allowHalfOpen: true } as object)
      await secure(client)
      const server = await upstream.peer()
      let over = false
      const changing = storm(place, () => over)
      try {
        await exact(client, server)
      } finally {
        over = true
      }
      expect(await changing).toBeGreaterThan(10)
      await place.proxy.faults()
      await place.rig.allEnded()
      expect(await place.rig.ending()).toMatch(/^(client|upstream):closed$/)
      // Of what passes through, more: what TLS adds to it.
      const { received, sent } = (await place.rig.end()).bytes.upstream
      expect(sent).toBe(received)
      expect(received === TWENTY_MB).toBe(how === 'ends TLS on both sides')
    },
    120_000,
  )
})

test('20 MB each way as HTTP, over TLS on both sides, with faults that come and go', async () => {
  const { local } = await certificates()
  const [sum, down] = [createHash('sha256'), randomBytes(TWENTY_MB)]
  let received = 0
  await using server = await httpsServer(local, (request, response) => {
    request.on('data', (bytes: Buffer) => {
      sum.update(bytes)
      received += bytes.length
    })
    request.on('end', () => response.end(down.subarray(TWENTY_MB / 2)))
    response.writeHead(200, { 'content-length': TWENTY_MB })
    response.write(down.subarray(0, TWENTY_MB / 2))
  })
  await using place = await both(server, { protocol: 'http' })
  const up = randomBytes(TWENTY_MB)
  let over = false
  const changing = storm(place, () => over)
  const chunks: Buffer[] = []
  try {
    const request = httpsRequest({
      host: '127.0.0.1',
      port: place.proxy.port,
      method: 'POST',
      path: '/',
      ca: place.authority.cert,
      servername: 'db.test',
      agent: false,
      headers: { 'content-length': TWENTY_MB },
    })
    request.end(up)
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    for await (const chunk of response) chunks.push(chunk as Buffer)
  } finally {
    over = true
  }
  expect(await changing).toBeGreaterThan(10)
  expect(Buffer.concat(chunks).equals(down)).toBe(true)
  await eventually('the upload is whole', () => received === TWENTY_MB)
  expect(sum.digest('hex')).toBe(createHash('sha256').update(up).digest('hex'))
  await eventually('it is on record', () => place.rig.plane.exchanges().length === 1)
  expect(place.rig.plane.exchanges()[0]).toMatchObject({ method: 'POST', status: 200, origin: 'upstream' })
}, 120_000)

function exchange(type: string, params: object): FaultPlan {
  return { ...fault(type, params), per: 'exchange' }
}

describe('faults on exchanges, over TLS on both sides', () => {
  const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'
  test.each([
    ['http_error', { status: 503 }, 'FIN', /^HTTP\/1\.1 503 /],
    ['http_reset', {}, 'ECONNRESET', /^$/],
    ['http_reset', { how: 'close' }, 'FIN', /^$/],
    ['http_truncate', { at: 10 }, 'FIN', /content-length: 1000\r\n(.*\r\n)?\r\na{10}$/is],
    ['http_latency', { latency: 5 }, 'FIN', /\r\n\r\na{1000}$/],
  ] as const)('%s with %j', async (type, params, ending, text) => {
    const { local } = await certificates()
    await using server = await httpsServer(local, (_, response) => response.end('a'.repeat(1000)))
    await using place = await both(server, { protocol: 'http', faults: [exchange(type, params)] })
    using client = await place.secured()
    client.write(GET)
    // Who is answered leaves by itself.
    void eventually('all is there', () => /a{1000}$|503/.test(client.text), 5000).then(
      () => client.end(),
      () => {},
    )
    expect(await client.ending()).toBe(ending)
    expect(client.text).toMatch(text)
    expect(place.decisions.slice(0, 2)).toContain(`${type} 1 yes`)
  })
})

describe('a session that never wanted its upstream', () => {
  test.each([
    ['ends with its client', (client: Peer) => client.end()],
    ['is answered, and closed', (client: Peer) => client.write('broken\r\n\r\n')],
    ['is reset by a fault', (client: Peer) => client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
  ])('%s at once', async (_, act) => {
    await using upstream = await tlsEcho()
    const faults = [{ ...fault('http_reset'), per: 'exchange' } as const]
    await using place = await dialing(upstream, {}, { protocol: 'http', faults })
    using client = await place.raw()
    await place.are('open')
    act(client)
    await client.ending()
    client.end()
    await eventually('it is over', () => place.rig.ended.length > 0, 2000)
    expect(place.rig.ended).toHaveLength(1)
  })
})

describe('faults on bytes between the two', () => {
  test('see what the application says', async () => {
    await using upstream = await tlsEcho()
    await using place = await both(upstream, { faults: [fault('limit_data', { bytes: 5 })] })
    using client = await place.secured()
    client.write('0123456789')
    await client.reads('01234')
    expect(await client.ending()).toBe('FIN')
    expect(await place.rig.ending()).toBe('injected:limit_data')
  })

  test('a reset goes through TLS on both sides, both ways', async () => {
    const { local } = await certificates()
    await using upstream = await TlsUpstream.start(local)
    await using place = await both(upstream)
    for (const [index, who] of (['upstream', 'client'] as const).entries()) {
      using client = await place.secured()
      client.write('hello')
      const server = await upstream.peer(index)
      await server.reads('hello')
      const from = who === 'client' ? client : server
      const to = who === 'client' ? server : client
      const handle: unknown = Reflect.get(from.socket, '_handle')
      const below = Reflect.get(handle as object, '_parent') as { reset(): void }
      below.reset()
      expect(await to.ending()).toBe('ECONNRESET')
      expect(await place.rig.ending(index)).toBe(`${who}:reset`)
    }
  })

  test('one side can end, and the other goes on', async () => {
    const { local } = await certificates()
    await using upstream = await TlsUpstream.start(local)
    await using place = await both(upstream)
    using client = place.tls()
    await secure(client)
    client.write('question')
    client.end()
    const server = await upstream.peer()
    await server.reads('question')
    await eventually('the end is there', () => server.ended)
    await turns()
    server.write('answer')
    server.end()
    await client.reads('answer')
    expect(await place.rig.ending()).toBe('client:closed')
  })
})

async function httpsServer(options: { cert: string; key: string }, answer: RequestListener) {
  const server = createHttpsServer(options, answer)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
