import { createHash, randomBytes } from 'node:crypto'
import dns from 'node:dns'
import { mkdtemp, rm } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { TlsOptions } from '../../../src/core/plan.ts'
import { dialingPeer, resetPeer } from '../../../src/engine/peer-socket.ts'
import type { PemPair } from '../../../src/engine/tls/pem-pair.ts'
import { UpstreamTls } from '../../../src/engine/tls/upstream-tls.ts'
import { Peer, Upstream } from '../../support/peers.ts'
import { freePort } from '../../support/ports.ts'
import { certificateFor, clientCertificate, madeAuthority, TlsRig, TlsUpstream } from '../../support/tls-rig.ts'
import { eventually } from '../../support/wait.ts'

let authority: PemPair
let local: PemPair

beforeAll(async () => {
  authority = await madeAuthority()
  local = await certificateFor(authority, 'localhost', '127.0.0.1')
})

afterEach(() => {
  vi.restoreAllMocks()
  syncBuiltinESMExports()
})

type Options = NonNullable<TlsOptions['upstream']>

function rigFor(upstream: string, options: Options = {}): Promise<TlsRig> {
  return TlsRig.start({ upstream, upstreamTls: new UpstreamTls(upstream, { ca: authority.cert, ...options }) })
}

/** What a session says of an upstream that it cannot speak with. */
async function refusal(upstream: string, options: Options = {}): Promise<string> {
  await using rig = await rigFor(upstream, options)
  using client = await Peer.connect(rig.port)
  const session = await rig.session()
  const line = await eventually('the dial fails', () => session.told.find((one) => one.startsWith('server failed')))
  expect(session.told).not.toContain('connected')
  expect(client.received).toBe(0)
  return line.replace('server failed: ', '')
}

const TEN_MB = 10_000_000

describe('bytes through TLS to the upstream', () => {
  test.each([
    ['read at once', false],
    ['read by a client that stops again and again', true],
  ])('are exact both ways, %s', async (_, halting) => {
    const [up, down] = [randomBytes(TEN_MB), randomBytes(TEN_MB)]
    await using upstream = await TlsUpstream.start(local, (peer) => peer.socket.end(down))
    await using rig = await rigFor(upstream.address)
    using client = await Peer.connect(rig.port)
    if (halting) void halt(client)
    client.socket.end(up)
    const server = await upstream.peer()
    await eventually('both have everything', () => client.received + server.received === 2 * TEN_MB)
    expect(hash(client.chunks)).toBe(hash([down]))
    expect(hash(server.chunks)).toBe(hash([up]))
    expect([await client.ending(), await server.ending()]).toEqual(['FIN', 'FIN'])
    const session = await rig.session()
    await eventually('both sockets close', () => session.open === 0)
    expect(session.told).toContain('connected')
  })

  test('are exact in pieces of any size', async () => {
    await using upstream = await TlsUpstream.start(local, ({ socket }) => void socket.pipe(socket), { collect: false })
    await using rig = await rigFor(upstream.address)
    using client = await Peer.connect(rig.port)
    const sent: Buffer[] = []
    for (const size of [1, 2047, 2048, 2049, 16_383, 16_384, 16_385, 64_999, 65_000, 65_001, 200_000, 3]) {
      const piece = randomBytes(size)
      sent.push(piece)
      client.write(piece)
      const total = sent.reduce((sum, { length }) => sum + length, 0)
      await eventually(`the echo of ${size} bytes`, () => client.received === total)
    }
    expect(hash(client.chunks)).toBe(hash(sent))
  })

  test('are exact over a socket file', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'foulweather-'))
    const [up, down] = [randomBytes(2_000_000), randomBytes(2_000_000)]
    try {
      const path = join(directory, 'tls')
      await using upstream = await TlsUpstream.start(local, (peer) => peer.socket.end(down), { path })
      await using rig = await rigFor(upstream.address)
      using client = await Peer.connect(rig.port)
      client.socket.end(up)
      const server = await upstream.peer()
      await eventually('both have everything', () => client.received + server.received === up.length + down.length)
      expect([hash(client.chunks), hash(server.chunks)]).toEqual([hash([down]), hash([up])])
    } finally {
      await rm(directory, { recursive: true })
    }
  })
})

describe('connecting', () => {
  test('begins when it is dialled, not before', async () => {
    await using upstream = await Upstream.start()
    const tls = new UpstreamTls(upstream.address, {})
    const onread = { buffer: Buffer.alloc(100), callback: () => true }
    const common = {
      allowHalfOpen: true,
      highWaterMark: 1,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 1000,
    }
    const socket = tls.socket(onread, () => true, common)
    await new Promise((resolve) => {
      setTimeout(resolve, 50)
    })
    expect(upstream.peers).toEqual([])
    socket.destroy()
  })

  test('does not keep a socket that is never dialled', async () => {
    const told: string[] = []
    const session = {
      peerEnded: () => told.push('ended'),
      peerFailed: () => told.push('failed'),
      peerDrained: () => told.push('drained'),
      peerClosed: () => told.push('closed'),
    }
    const onread = { buffer: Buffer.alloc(100), callback: () => true }
    for (const upstream of ['127.0.0.1:1', 'unix:/no/such/file']) {
      const tls = new UpstreamTls(upstream, {})
      resetPeer(dialingPeer(session, onread, { tls, onOwned: () => true }))
      dialingPeer(session, onread, { tls, onOwned: () => true }).destroy()
    }
    await eventually('all have closed', () => told.length === 4)
    expect(told).toEqual(['closed', 'closed', 'closed', 'closed'])
  })

  test('asks for the host of the upstream, or another name, and offers protocols', async () => {
    const names: unknown[] = []
    await using upstream = await TlsUpstream.start({ ...local, ALPNProtocols: ['b', 'a'] }, ({ socket }) => {
      names.push(Reflect.get(socket, 'servername'), Reflect.get(socket, 'alpnProtocol'))
      socket.end()
    })
    const at = `:${upstream.port}`
    for (const [host, options] of [
      ['localhost', {}],
      ['127.0.0.1', { alpn: ['a'] }],
      ['127.0.0.1', { servername: 'other.test', verify: false }],
    ] as const) {
      await using rig = await rigFor(host + at, options)
      using client = await Peer.connect(rig.port)
      expect(await client.ending()).toBe('FIN')
    }
    expect(names).toEqual(['localhost', false, false, 'a', 'other.test', false])
  })

  test('tries one address after the other', async () => {
    const real = dns.lookup
    const lookup = (name: string, options: object, done: (error: null, all: dns.LookupAddress[]) => void): void => {
      if (name !== 'db.test') return void Reflect.apply(real, dns, [name, options, done])
      const both = ['127.0.0.2', '127.0.0.1'].map((address) => ({ address, family: 4 }))
      process.nextTick(done, null, both)
    }
    vi.spyOn(dns, 'lookup').mockImplementation(lookup as typeof dns.lookup)
    syncBuiltinESMExports()
    const down = randomBytes(300_000)
    await using upstream = await TlsUpstream.start(await certificateFor(authority, 'db.test'), (peer) =>
      peer.socket.end(down),
    )
    await using rig = await rigFor(`db.test:${upstream.port}`)
    using client = await Peer.connect(rig.port)
    expect(await client.ending()).toBe('FIN')
    expect(hash(client.chunks)).toBe(hash([down]))
    expect(Reflect.get(upstream.sockets[0] ?? {}, 'servername')).toBe('db.test')
  })

  test('shows a certificate where it has one', async () => {
    const options = { ...local, ca: authority.cert, requestCert: true }
    await using upstream = await TlsUpstream.start(options, ({ socket }) => socket.end('come in'))
    await using rig = await rigFor(upstream.address, await clientCertificate(authority))
    using client = await Peer.connect(rig.port)
    expect(await client.ending()).toBe('FIN')
    expect(client.text).toBe('come in')
    expect(upstream.sockets.map(({ authorized }) => authorized)).toEqual([true])
  })
})

describe('an upstream that is not to be trusted', () => {
  test.each([
    ['by nobody whom the proxy trusts', { ca: undefined }, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    [
      'for another name',
      { servername: 'other.test' },
      'the certificate of the upstream is for another name: Host: other.test.',
    ],
  ])('because its certificate is %s is refused, and nothing of it is passed on', async (_, options, text) => {
    await using upstream = await TlsUpstream.start(local, ({ socket }) => socket.write('secret'))
    const { ca, ...others } = { ca: authority.cert, ...options }
    await using rig = await TlsRig.start({
      upstream: upstream.address,
      upstreamTls: new UpstreamTls(upstream.address, ca === undefined ? others : { ca, ...others }),
    })
    using client = await Peer.connect(rig.port)
    const session = await rig.session()
    const line = await eventually('the dial fails', () => session.told.find((one) => one.startsWith('server failed')))
    expect(line).toContain(text)
    expect(line).not.toContain('\n')
    expect(session.told).not.toContain('connected')
    expect(client.received).toBe(0)
  })

  test('is taken where nobody verifies', async () => {
    await using upstream = await TlsUpstream.start(local, ({ socket }) => socket.end('hello'))
    const upstreamTls = new UpstreamTls(upstream.address, { verify: false })
    await using rig = await TlsRig.start({ upstream: upstream.address, upstreamTls })
    using client = await Peer.connect(rig.port)
    expect(await client.ending()).toBe('FIN')
    expect(client.text).toBe('hello')
  })
})

describe('an upstream that cannot be spoken with', () => {
  test('because it speaks plain text', async () => {
    await using http = await Upstream.start(({ socket }) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    await using banner = await Upstream.start((peer) => peer.write('220 mail.test ESMTP\r\n'))
    const text = /^tls_error: the upstream does not speak TLS on this port \([a-z ]+\)$/
    expect(await refusal(http.address)).toMatch(text)
    expect(await refusal(banner.address)).toMatch(text)
  })

  test('because it closes, resets, or is not there', async () => {
    await using closing = await Upstream.start((peer) => peer.socket.destroySoon())
    await using resetting = await Upstream.start((peer) => peer.socket.once('data', () => peer.reset()))
    const port = await freePort()
    expect(await refusal(closing.address)).toBe('reset: the upstream closed the connection amid the TLS handshake')
    expect(await refusal(resetting.address)).toMatch(/^reset: read ECONNRESET$/)
    expect(await refusal(`127.0.0.1:${port}`)).toBe(`econnrefused: connect ECONNREFUSED 127.0.0.1:${port}`)
    expect(await refusal('unix:/no/such/file')).toBe('enoent: connect ENOENT /no/such/file')
  })

  test('because it refuses the handshake', async () => {
    await using upstream = await TlsUpstream.start({ ...local, ALPNProtocols: ['h2'] })
    expect(await refusal(upstream.address, { alpn: ['http/1.1'] })).toMatch(
      /^tls_error: the upstream refused the TLS handshake: .*no application protocol$/,
    )
  })

  test('because its name or port cannot be used', async () => {
    expect(await refusal('name.invalid:1')).toMatch(/ENOTFOUND|EAI_AGAIN/)
    expect(await refusal('localhost:99999')).toBe('failed: address 99999: invalid port')
    expect(await refusal('nothing')).toBe('failed: address nothing: missing port in address')
  })

  test('because what the proxy was given cannot be used', async () => {
    const text = await refusal('127.0.0.1:1', { cert: local.cert, key: authority.key })
    expect(text).toMatch(/^failed: tls.upstream cannot be used: .*key values mismatch/)
  })
})

describe('the end of a session', () => {
  test('a reset reaches the upstream as one, under its TLS', async () => {
    await using talk = await talking()
    const { client, server, session } = talk
    client.reset()
    expect(await server.ending()).toBe('ECONNRESET')
    await eventually('both sockets close', () => session.open === 0)
  })

  test('a reset does so whatever waits to be written', async () => {
    await using talk = await talking()
    const { client, server, session } = talk
    server.pause()
    client.write(randomBytes(20_000_000))
    await eventually('the upstream takes no more', () => session.server.writableNeedDrain)
    session.reset({ origin: 'injected', reason: 'test' })
    server.resume()
    expect(await server.ending()).toBe('ECONNRESET')
    expect(await client.ending()).toBe('ECONNRESET')
  })

  test('a reset in the turn in which the stream is ended, and another one, still close', async () => {
    await using talk = await talking()
    const { client, server, session } = talk
    session.server.end()
    session.reset({ origin: 'injected', reason: 'test' })
    session.reset({ origin: 'injected', reason: 'test' })
    expect(await server.ending()).toMatch(/FIN|ECONNRESET/)
    expect(await client.ending()).toBe('ECONNRESET')
    await eventually('both sockets close', () => session.open === 0)
  })

  test('a reset amid the handshake is one', async () => {
    await using silent = await Upstream.start()
    await using rig = await rigFor(silent.address)
    using client = await Peer.connect(rig.port)
    await silent.peer()
    const session = await rig.session()
    session.reset({ origin: 'injected', reason: 'test' })
    expect(await client.ending()).toBe('ECONNRESET')
    expect(await (await silent.peer()).ending()).toBe('ECONNRESET')
    await eventually('both sockets close', () => session.open === 0)
  })

  test('a reset of the upstream reaches the client', async () => {
    await using talk = await talking()
    const { upstream, client, session } = talk
    // Node resets no socket that speaks TLS; what is under it does.
    const handle = Reflect.get(upstream.sockets[0] ?? {}, '_parent') as { resetAndDestroy(): void }
    handle.resetAndDestroy()
    expect(await client.ending()).toBe('ECONNRESET')
    expect(session.told.some((line) => line.startsWith('server failed: reset'))).toBe(true)
  })

  test('an orderly end of the client goes on, and the answer comes behind it', async () => {
    await using talk = await talking()
    const { client, server } = talk
    client.end()
    await eventually('the upstream sees the end', () => server.ended)
    server.write('late answer')
    await client.reads('late answer')
    server.end()
    expect(await client.ending()).toBe('FIN')
  })

  test('so does an orderly end of the upstream', async () => {
    await using talk = await talking()
    const { client, server } = talk
    server.end()
    await eventually('the client sees the end', () => client.ended)
    client.write(' and more')
    await server.reads('hello and more')
    client.end()
    expect(await server.ending()).toBe('FIN')
  })
})

/** A session with a word said. */
async function talking() {
  const upstream = await TlsUpstream.start(local)
  const rig = await rigFor(upstream.address)
  const client = await Peer.connect(rig.port)
  client.write('hello')
  const server = await upstream.peer()
  await server.reads('hello')
  return {
    upstream,
    client,
    server,
    session: await rig.session(),
    async [Symbol.asyncDispose]() {
      client[Symbol.dispose]()
      await rig[Symbol.asyncDispose]()
      await upstream[Symbol.asyncDispose]()
    },
  }
}

function hash(chunks: readonly Buffer[]): string {
  const sum = createHash('sha256')
  for (const chunk of chunks) sum.update(chunk)
  return sum.digest('hex')
}

/** Stops reading and begins again until the connection ends. */
async function halt(client: Peer): Promise<void> {
  while (!client.ended && !client.closed) {
    client.pause()
    await new Promise((resolve) => {
      setTimeout(resolve, 5)
    })
    client.resume()
    await new Promise((resolve) => {
      setTimeout(resolve, 1)
    })
  }
}
