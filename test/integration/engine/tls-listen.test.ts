import { execFile } from 'node:child_process'
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect as connectPlain } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Protocol, TlsOptions } from '../../../src/core/plan.ts'
import { resetPeer } from '../../../src/engine/peer-socket.ts'
import { ListenTls } from '../../../src/engine/tls/listen-tls.ts'
import { UpstreamTls } from '../../../src/engine/tls/upstream-tls.ts'
import type { PemPair } from '../../../src/engine/tls/pem-pair.ts'
import { Peer, Upstream } from '../../support/peers.ts'
import { certificateFor, clientCertificate, madeAuthority, TlsRig, TlsUpstream } from '../../support/tls-rig.ts'
import type { TlsRigOptions } from '../../support/tls-rig.ts'
import { eventually } from '../../support/wait.ts'

const run = promisify(execFile)

let authority: PemPair
let local: PemPair

beforeAll(async () => {
  authority = await madeAuthority()
  local = await certificateFor(authority, 'localhost', '127.0.0.1')
})

type Listen = NonNullable<TlsOptions['listen']>

interface Wanted extends Partial<Omit<TlsRigOptions, 'listenTls'>> {
  readonly listen?: Listen
  readonly protocol?: Protocol
}

/** In front of a plain echo, unless another upstream is named. */
async function listening({ listen = { authority }, protocol = 'tcp', ...options }: Wanted = {}) {
  const echo = await Upstream.echo()
  const rig = await TlsRig.start({ upstream: echo.address, listenTls: new ListenTls(listen, protocol), ...options })
  return {
    rig,
    port: rig.port,
    echo,
    async [Symbol.asyncDispose]() {
      await rig[Symbol.asyncDispose]()
      await echo[Symbol.asyncDispose]()
    },
  }
}

/** A client that verifies what it is shown; answers once the handshake is done. */
async function secured(port: number, options: ConnectionOptions = {}): Promise<Peer & { readonly socket: TLSSocket }> {
  const peer = new Peer(client(port, options))
  await once(peer.socket, 'secureConnect')
  return peer as Peer & { readonly socket: TLSSocket }
}

function client(port: number, options: ConnectionOptions = {}): TLSSocket {
  const common = { host: '127.0.0.1', port, ca: authority.cert, allowHalfOpen: true }
  return connect({ ...common, ...options } as ConnectionOptions)
}

/** Why a client that verifies does not go on. */
async function refusal(port: number, options: ConnectionOptions = {}): Promise<string> {
  const socket = client(port, options)
  const outcome = await new Promise<string>((resolve) => {
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    socket.once('secureConnect', () => resolve('secured'))
    socket.once('close', () => resolve('closed'))
  })
  socket.destroy()
  return outcome
}

/** What the first session says of its handshake. */
async function failure(rig: TlsRig, index = 0): Promise<string> {
  const session = await rig.session(index)
  return await eventually('the handshake fails', () => session.told.find((line) => line.includes(' (')))
}

const TEN_MB = 10_000_000

describe('bytes of TLS clients', () => {
  test.each([
    ['handles', true],
    ['whole sockets', false],
  ])('are exact both ways, through TLS on both sides, with %s', async (_, handles) => {
    const [up, down] = [randomBytes(TEN_MB), randomBytes(TEN_MB)]
    await using upstream = await TlsUpstream.start(local, ({ socket }) => socket.end(down))
    const upstreamTls = new UpstreamTls(upstream.address, { ca: authority.cert })
    await using place = await listening({ upstream: upstream.address, upstreamTls, handles })
    using peer = await secured(place.port)
    peer.socket.end(up)
    const server = await upstream.peer()
    await eventually('both have everything', () => peer.received + server.received === 2 * TEN_MB)
    expect([hash(peer.chunks), hash(server.chunks)]).toEqual([hash([down]), hash([up])])
    expect([await peer.ending(), await server.ending()]).toEqual(['FIN', 'FIN'])
    const session = await place.rig.session()
    await eventually('both sockets close', () => session.open === 0)
  })

  test('are exact where they come with the end of the handshake, and in pieces of any size', async () => {
    await using place = await listening()
    const socket = client(place.port)
    using peer = new Peer(socket)
    const sent: Buffer[] = []
    for (const size of [100_000, 1, 16_383, 16_384, 16_385, 65_001, 5]) {
      const piece = randomBytes(size)
      sent.push(piece)
      // The first one goes before the handshake is done.
      peer.write(piece)
      const total = sent.reduce((sum, { length }) => sum + length, 0)
      await eventually(`the echo of ${size} bytes`, () => peer.received === total)
    }
    expect(hash(peer.chunks)).toBe(hash(sent))
  })

  test('a hello in single bytes is a hello', async () => {
    await using place = await listening()
    await using slow = await slowly(place.port)
    using peer = await secured(slow.port)
    await peer.ping()
    expect((await place.rig.session()).hellos).toMatchObject([{ servername: undefined, version: 0x304 }])
  })
})

describe('certificates made on the fly', () => {
  test('are for the name that the client asks for, and are taken by who trusts the authority', async () => {
    await using place = await listening()
    for (const servername of ['db.test', 'API.Example.com', `${'long-'.repeat(12)}name.${'x'.repeat(60)}.test`]) {
      using peer = await secured(place.port, { servername })
      expect(peer.socket.authorized).toBe(true)
      expect(peer.socket.getPeerX509Certificate()?.subjectAltName).toBe(`DNS:${servername.toLowerCase()}`)
      await peer.ping()
    }
  })

  test('are for the address and for localhost where it asks for none', async () => {
    await using place = await listening()
    using peer = await secured(place.port)
    expect(peer.socket.getPeerX509Certificate()?.subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1')
  })

  test('are for the names of the proxy then, if it has some', async () => {
    await using place = await listening({ listen: { authority, names: ['one.test', '*.two.test', '::1'] } })
    using peer = await secured(place.port)
    expect(peer.socket.getPeerX509Certificate()?.subjectAltName).toBe(
      'DNS:one.test, DNS:*.two.test, IP Address:0:0:0:0:0:0:0:1, IP Address:127.0.0.1',
    )
  })

  test('are made once, also where many ask at the same time', async () => {
    await using place = await listening()
    const peers = await Promise.all(Array.from({ length: 20 }, () => secured(place.port, { servername: 'same.test' })))
    expect(new Set(peers.map(({ socket }) => socket.getPeerX509Certificate()?.serialNumber)).size).toBe(1)
    for (const peer of peers) peer[Symbol.dispose]()
  })

  test('are taken by OpenSSL and curl', async () => {
    await using place = await listening({ protocol: 'http' })
    const directory = await mkdtemp(join(tmpdir(), 'foulweather-'))
    try {
      const ca = join(directory, 'ca.pem')
      await writeFile(ca, authority.cert)
      const at = ['-connect', `127.0.0.1:${place.port}`, '-servername', 'db.test', '-alpn', 'h2,http/1.1']
      const verify = ['-verify_hostname', 'db.test', '-CAfile', ca, '-verify_return_error', '-brief']
      const asked = run('openssl', ['s_client', ...at, ...verify])
      asked.child.stdin?.end()
      const { stderr } = await asked
      expect(stderr).toContain('Verification: OK')
      expect(stderr).toContain('Verified peername: db.test')
      // The echo answers with the request: no response of HTTP, over a connection that curl has verified.
      const curl = run('curl', [
        '-sS',
        '--http0.9',
        '--max-time',
        '10',
        '--cacert',
        ca,
        `https://localhost:${place.port}/x`,
        '-X',
        'ECHO',
        '-H',
        'Connection: close',
      ])
      const session = await place.rig.session(1)
      await eventually('curl has sent its request', () => session.told.includes('connected'))
      await new Promise((resolve) => {
        setTimeout(resolve, 200)
      })
      place.echo.peers[1]?.end()
      expect((await curl).stdout).toContain('ECHO /x HTTP/1.1')
    } finally {
      await rm(directory, { recursive: true })
    }
  })

  test('cannot be made by what is no authority: the client gets an alert, and the proxy is to blame', async () => {
    const broken = {
      cert: authority.cert,
      key: generateKeyPairSync('ed25519', {
        privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
        publicKeyEncoding: { type: 'spki', format: 'pem' },
      }).privateKey,
    }
    await using place = await listening({ listen: { authority: broken } })
    expect(await refusal(place.port)).toBe('ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR')
    expect(await failure(place.rig)).toMatch(
      /^proxy:no_certificate \(no certificate can be shown to the client: the key of the authority is of the kind ed25519/,
    )
  })
})

test('a certificate of its own is shown whatever the client asks for', async () => {
  await using place = await listening({ listen: local })
  using peer = await secured(place.port, { servername: 'localhost' })
  expect(peer.socket.getPeerX509Certificate()?.subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1')
  expect(await refusal(place.port, { servername: 'other.test' })).toBe('ERR_TLS_CERT_ALTNAME_INVALID')
})

describe('certificates with a flaw', () => {
  const flaws = [
    ['expired', 'CERT_HAS_EXPIRED'],
    ['not_yet_valid', 'CERT_NOT_YET_VALID'],
    ['self_signed', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['wrong_name', 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ] as const

  test.each(flaws)(
    '%s: a client that verifies refuses it with %s, and the fault is to blame',
    async (certificate, code) => {
      const blame = { origin: 'injected', reason: 'bad-cert' } as const
      let decision: object = { wait: 0, certificate, blame }
      await using place = await listening({ decide: () => decision as { wait: number } })
      // TLS 1.2 too: there the client tells before the server is done, in 1.3 perhaps behind it.
      for (const maxVersion of ['TLSv1.3', 'TLSv1.2'] as const) {
        expect(await refusal(place.port, { servername: 'db.test', maxVersion })).toBe(code)
      }
      using careless = await secured(place.port, { servername: 'db.test', rejectUnauthorized: false })
      await careless.ping()
      decision = { wait: 0 }
      using healed = await secured(place.port, { servername: 'db.test' })
      await healed.ping()
    },
  )

  test('the session that fails because of one says so', async () => {
    const blame = { origin: 'injected', reason: 'bad-cert' } as const
    await using place = await listening({ decide: () => ({ wait: 0, certificate: 'self_signed', blame }) })
    const directory = await mkdtemp(join(tmpdir(), 'foulweather-'))
    try {
      await writeFile(join(directory, 'ca.pem'), authority.cert)
      const refused = run('curl', ['-sS', '--cacert', join(directory, 'ca.pem'), `https://localhost:${place.port}`])
      await expect(refused).rejects.toMatchObject({ code: 60 })
      expect(await failure(place.rig)).toMatch(
        /^injected:bad-cert \(the client refused the TLS handshake: .*unknown ca/,
      )
    } finally {
      await rm(directory, { recursive: true })
    }
  })

  test('can be made beside a certificate of its own', async () => {
    await using place = await listening({ listen: local, decide: () => ({ wait: 0, certificate: 'self_signed' }) })
    expect(await refusal(place.port)).toBe('DEPTH_ZERO_SELF_SIGNED_CERT')
  })

  test('a client that could take up an earlier session is shown them too', async () => {
    let decision: object = { wait: 0 }
    await using place = await listening({ decide: () => decision as { wait: number } })
    const good = client(place.port, { servername: 'db.test' })
    const peer = new Peer(good)
    const [session] = (await once(good, 'session')) as [Buffer]
    peer[Symbol.dispose]()
    using resumed = await secured(place.port, { servername: 'db.test', session })
    expect(resumed.socket.isSessionReused()).toBe(true)
    decision = { wait: 0, certificate: 'expired' }
    expect(await refusal(place.port, { servername: 'db.test', session })).toBe('CERT_HAS_EXPIRED')
  })
})

describe('versions and protocols', () => {
  test('a client without the version is refused', async () => {
    const blame = { origin: 'injected', reason: 'old' } as const
    const versions = { min: 'TLSv1.3', max: 'TLSv1.3' } as const
    await using place = await listening({ decide: () => ({ wait: 0, versions, blame }) })
    expect(await refusal(place.port, { maxVersion: 'TLSv1.2' })).toBe('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION')
    expect(await failure(place.rig)).toMatch(
      /^injected:old \(the TLS handshake with the client failed: unsupported protocol/,
    )
    using peer = await secured(place.port)
    expect(peer.socket.getProtocol()).toBe('TLSv1.3')
  })

  test('the newest version can be held back', async () => {
    const versions = { min: 'TLSv1.2', max: 'TLSv1.2' } as const
    await using place = await listening({ decide: () => ({ wait: 0, versions }) })
    using peer = await secured(place.port)
    expect(peer.socket.getProtocol()).toBe('TLSv1.2')
    expect(await refusal(place.port, { minVersion: 'TLSv1.3' })).toBe('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION')
  })

  test.each([
    ['tcp', {}, ['b', 'a'], 'b'],
    ['tcp', { alpn: ['a'] }, ['b', 'a'], 'a'],
    ['tcp', {}, undefined, false],
    ['http', {}, ['h2', 'http/1.1'], 'http/1.1'],
    ['http', {}, undefined, false],
  ] as const)('%s with %j and a client with %j: %s', async (protocol, options, ALPNProtocols, chosen) => {
    await using place = await listening({ listen: { authority, ...options }, protocol })
    using peer = await secured(place.port, ALPNProtocols === undefined ? {} : { ALPNProtocols: [...ALPNProtocols] })
    expect(peer.socket.alpnProtocol).toBe(chosen)
    expect((await place.rig.session()).hellos[0]?.alpn).toEqual(ALPNProtocols ?? [])
  })

  test.each([
    ['tcp', { alpn: ['c'] }, ['b', 'a']],
    ['http', {}, ['h2']],
  ] as const)('%s with %j and a client with %j: refused', async (protocol, options, ALPNProtocols) => {
    await using place = await listening({ listen: { authority, ...options }, protocol })
    const offered = { ALPNProtocols: [...ALPNProtocols] }
    expect(await refusal(place.port, offered)).toBe('ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL')
    expect(await failure(place.rig)).toMatch(/^client:tls_handshake \(the TLS handshake with the client failed: /)
  })

  test('a fault may accept other protocols, or none', async () => {
    let alpn: readonly string[] = ['h2']
    const blame = { origin: 'injected', reason: 'no-alpn' } as const
    await using place = await listening({ protocol: 'http', decide: () => ({ wait: 0, alpn, blame }) })
    expect(await refusal(place.port, { ALPNProtocols: ['http/1.1'] })).toBe(
      'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL',
    )
    expect(await failure(place.rig)).toMatch(/^injected:no-alpn /)
    alpn = []
    expect(await refusal(place.port, { ALPNProtocols: ['h2'] })).toBe('ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL')
    using silent = await secured(place.port)
    await silent.ping()
  })
})

describe('what a fault does instead of an answer', () => {
  const ending = { origin: 'injected', reason: 'cut' } as const

  test.each([
    [{ alert: 40 }, 'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE'],
    [{ alert: 70 }, 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION'],
    [{ alert: 112 }, 'ERR_SSL_TLSV1_UNRECOGNIZED_NAME'],
    ['reset', 'ECONNRESET'],
    ['close', 'ECONNRESET'],
  ] as const)('%j: the client sees %s', async (how, code) => {
    await using place = await listening({ decide: () => ({ wait: 0, instead: { how, ending } }) })
    expect(await refusal(place.port)).toBe(code)
    expect(await failure(place.rig)).toMatch(/^injected:cut \(the client (was|sent)/)
    const session = await place.rig.session()
    await eventually('both sockets close', () => session.open === 0)
    expect(session.told).not.toContain('secured')
    expect(place.echo.peers).toEqual([])
  })

  test('a close is orderly for who looks at the TCP connection, and a reset is a reset', async () => {
    let how: 'close' | 'reset' = 'close'
    await using place = await listening({ decide: () => ({ wait: 0, instead: { how, ending } }) })
    const hello = await aHello()
    using first = await Peer.connect(place.port)
    first.write(hello)
    expect(await first.ending()).toBe('FIN')
    how = 'reset'
    using second = await Peer.connect(place.port)
    second.write(hello)
    expect(await second.ending()).toBe('ECONNRESET')
  })

  test('an alert is told to a client that goes on sending', async () => {
    await using place = await listening({ decide: () => ({ wait: 0, instead: { how: { alert: 40 }, ending } }) })
    using peer = await Peer.connect(place.port)
    peer.write(await aHello())
    await eventually('the end comes', () => peer.ended)
    expect(Buffer.concat(peer.chunks).toString('hex')).toBe('15030300020228')
    peer.write(randomBytes(100_000))
    peer.end()
    await eventually('it is closed in good order', () => peer.closed)
    expect(peer.error).toBeUndefined()
  })
})

describe('a hello that waits', () => {
  test('is answered when it is looked at again and the fault has left', async () => {
    let wait = Infinity
    await using place = await listening({ decide: () => ({ wait }) })
    const peer = new Peer(client(place.port))
    const session = await place.rig.session()
    await eventually('the hello is there', () => session.hellos.length === 1)
    session.handshake?.lookAgain()
    expect(session.hellos).toHaveLength(2)
    expect(session.told).toEqual([])
    wait = 0
    session.handshake?.lookAgain()
    await peer.ping()
    session.handshake?.lookAgain()
    expect(session.hellos).toHaveLength(3)
    peer[Symbol.dispose]()
  })

  test('is asked about again once its time has come', async () => {
    await using place = await listening({ decide: () => ({ wait: 30 }) })
    using peer = await secured(place.port)
    await peer.ping()
    expect((await place.rig.session()).hellos).toHaveLength(2)
  })

  test('is forgotten when its client leaves', async () => {
    await using place = await listening({ decide: () => ({ wait: Infinity }) })
    const hello = await aHello()
    for (const [index, leave, said] of [
      [0, (peer: Peer) => peer.end(), /^client:closed \(the client left amid the handshake\)$/],
      [1, (peer: Peer) => peer.reset(), /^client:reset \(the client left amid the handshake: read ECONNRESET\)$/],
    ] as const) {
      using peer = await Peer.connect(place.port)
      peer.write(hello)
      const session = await place.rig.session(index)
      await eventually('the hello is there', () => session.hellos.length === 1)
      leave(peer)
      expect(await failure(place.rig, index)).toMatch(said)
      await eventually('both sockets close', () => session.open === 0)
    }
  })

  test('takes no more than a little of a client that sends on', async () => {
    await using place = await listening({ decide: () => ({ wait: Infinity }) })
    using peer = await Peer.connect(place.port)
    peer.write(await aHello())
    const session = await place.rig.session()
    await eventually('the hello is there', () => session.hellos.length === 1)
    peer.write(Buffer.alloc(20_000_000))
    await eventually('it is not read any more', () => session.handshake?.peer.isPaused() === true)
    expect(session.handshake?.peer.bytesRead).toBeLessThan(300_000)
  })

  test('can be killed', async () => {
    await using place = await listening({ decide: () => ({ wait: Infinity }) })
    using peer = await Peer.connect(place.port)
    peer.write(await aHello())
    const session = await place.rig.session()
    await eventually('the hello is there', () => session.hellos.length === 1)
    session.reset({ origin: 'proxy', reason: 'killed' })
    expect(await peer.ending()).toBe('ECONNRESET')
    expect(session.told.filter((line) => line.includes(' ('))).toEqual([])
  })
})

describe('clients that do not speak TLS', () => {
  test('plain HTTP is answered, so that people see what is wrong', async () => {
    await using place = await listening()
    const { stdout } = await run('curl', ['-sS', '-i', `http://127.0.0.1:${place.port}/`])
    expect(stdout).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
    expect(stdout.endsWith('\r\n\r\nthe client sent plain HTTP to a TLS port\n')).toBe(true)
    expect(await failure(place.rig)).toBe('client:plain_http (the client sent plain HTTP to a TLS port)')
  })

  test('so it is when the request comes in single bytes, or goes on for long', async () => {
    await using place = await listening()
    using peer = await Peer.connect(place.port)
    peer.socket.setNoDelay(true)
    for (const letter of 'POST /') {
      peer.write(letter)
      await new Promise((resolve) => {
        setTimeout(resolve, 5)
      })
    }
    peer.write(randomBytes(1_000_000))
    await eventually('the answer is there', () => peer.text.includes('400 Bad Request') && peer.ended)
    peer.end()
    await eventually('it is closed in good order', () => peer.closed)
    expect(peer.error).toBeUndefined()
  })

  test.each([
    ['something else', Buffer.from('SSH-2.0-x\r\n'), /^client:not_tls \(.*SSH\)$/],
    ['a record that is no handshake', Buffer.from('17030300010000', 'hex'), /^client:not_tls /],
    ['letters that are no request', Buffer.from('HELOHELOHELO'), /^client:not_tls /],
  ])('%s is closed, and said', async (_, bytes, said) => {
    await using place = await listening()
    using peer = await Peer.connect(place.port)
    peer.write(bytes)
    expect(await peer.ending()).toBe('FIN')
    expect(peer.received).toBe(0)
    expect(await failure(place.rig)).toMatch(said)
    peer.end()
    const session = await place.rig.session()
    await eventually('both sockets close', () => session.open === 0)
  })

  test('one that leaves before it has said anything is no error', async () => {
    await using place = await listening()
    using peer = await Peer.connect(place.port)
    await place.rig.session()
    peer.end()
    expect(await failure(place.rig)).toBe('client:closed (the client left amid the handshake)')
  })

  test('one that stops amid its handshake, after the answer, is noticed', async () => {
    await using place = await listening()
    for (const [index, leave] of [
      [0, (peer: Peer) => peer.end()],
      [1, (peer: Peer) => peer.reset()],
      [2, (peer: Peer) => peer.write(Buffer.from('garbage'))],
    ] as const) {
      using peer = await Peer.connect(place.port)
      peer.write(await aHello())
      await eventually('it is answered', () => peer.received > 0)
      leave(peer)
      expect(await failure(place.rig, index)).toMatch(/^client:(closed|reset|tls_handshake) /)
      const session = await place.rig.session(index)
      await eventually('both sockets close', () => session.open === 0)
    }
  })
})

describe('clients that have to show a certificate', () => {
  test('are let in with one by the authority, and refused with another or none', async () => {
    const other = await madeAuthority()
    await using place = await listening({ listen: { authority, clientCa: authority.cert } })
    using known = await secured(place.port, await clientCertificate(authority))
    await known.ping()
    // In TLS 1.3 a client has done its part before it is refused.
    using none = new Peer(client(place.port))
    expect(await none.ending()).toBe('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED')
    expect(await failure(place.rig, 1)).toMatch(/^client:tls_handshake \(.*peer did not return a certificate/)
    using foreign = new Peer(client(place.port, await clientCertificate(other)))
    await eventually('it is closed', () => foreign.closed || foreign.ended)
    expect(await failure(place.rig, 2)).toMatch(
      /^client:bad_certificate \(the certificate of the client is not to be trusted: /,
    )
    expect(place.echo.peers).toHaveLength(1)
  })

  test('are let in again with a session of theirs, and not with one of somebody without a certificate', async () => {
    await using place = await listening({ listen: { authority, clientCa: authority.cert } })
    const certificate = await clientCertificate(authority)
    const good = client(place.port, { ...certificate, servername: 'db.test' })
    const peer = new Peer(good)
    const [session] = (await once(good, 'session')) as [Buffer]
    peer[Symbol.dispose]()
    using again = await secured(place.port, { ...certificate, servername: 'db.test', session })
    expect(again.socket.isSessionReused()).toBe(true)
    await again.ping()
  })
})

describe('the end of a session', () => {
  test('a reset of the upstream reaches the client as one, under its TLS', async () => {
    await using talk = await talking()
    talk.server.reset()
    expect(await talk.peer.ending()).toBe('ECONNRESET')
    await eventually('both sockets close', () => talk.session.open === 0)
  })

  test('so it does when the client takes nothing', async () => {
    await using talk = await talking()
    talk.peer.pause()
    talk.server.write(randomBytes(20_000_000))
    await eventually('the client takes no more', () => talk.session.client.writableNeedDrain)
    talk.session.reset({ origin: 'injected', reason: 'test' })
    talk.peer.resume()
    expect(await talk.peer.ending()).toBe('ECONNRESET')
    expect(await talk.server.ending()).toBe('ECONNRESET')
  })

  test('a reset of the client reaches the upstream', async () => {
    await using talk = await talking()
    // Node resets no socket that speaks TLS; the relay between does.
    const handle = Reflect.get(Reflect.get(talk.peer.socket, '_handle') as object, '_parent') as { reset(): void }
    handle.reset()
    expect(await talk.server.ending()).toBe('ECONNRESET')
    expect(talk.session.told.some((line) => line.startsWith('client failed: reset'))).toBe(true)
  })

  test('an orderly end of the client goes on, and the answer comes behind it', async () => {
    await using talk = await talking()
    talk.peer.end()
    await eventually('the upstream sees the end', () => talk.server.ended)
    talk.server.write('late answer')
    await talk.peer.reads('late answer')
    talk.server.end()
    expect(await talk.peer.ending()).toBe('FIN')
    expect(talk.peer.error).toBeUndefined()
  })

  test('so does an orderly end of the upstream', async () => {
    await using talk = await talking()
    talk.server.end()
    await eventually('the client sees the end', () => talk.peer.ended)
    talk.peer.write(' and more')
    await talk.server.reads('hello and more')
    talk.peer.end()
    expect(await talk.server.ending()).toBe('FIN')
  })

  /** Node frees the state of OpenSSL at once if what is under it has gone before: within one of its callbacks that ended the process. */
  test.each(['client', 'server'] as const)(
    'a reset from within a read of the %s is one, and nothing worse',
    async (who) => {
      await using upstream = await TlsUpstream.start(local, ({ socket }) => void socket.pipe(socket), {
        collect: false,
      })
      const upstreamTls = new UpstreamTls(upstream.address, { ca: authority.cert })
      await using place = await listening({
        upstream: upstream.address,
        upstreamTls,
        onBytes: (session, from) => from === who && session.reset({ origin: 'injected', reason: 'test' }),
      })
      for (const size of [5, 300_000]) {
        using peer = await secured(place.port)
        peer.write(Buffer.alloc(size))
        expect(await peer.ending()).toBe('ECONNRESET')
      }
      await eventually('every socket closes', () => place.rig.sessions.every(({ open }) => open === 0))
      expect(place.rig.sessions).toHaveLength(2)
    },
  )

  test('so is one in the moment in which the handshake is done', async () => {
    await using place = await listening({ onSecured: (peer) => resetPeer(peer) })
    using peer = new Peer(client(place.port))
    expect(await peer.ending()).toBe('ECONNRESET')
    const session = await place.rig.session()
    await eventually('the client closes', () => session.told.includes('client closed'))
  })

  test('garbage amid the session is an error of TLS', async () => {
    await using place = await listening()
    const raw = connectPlain(place.port, '127.0.0.1')
    using peer = new Peer(connect({ socket: raw, ca: authority.cert }))
    await once(peer.socket, 'secureConnect')
    await peer.ping()
    const session = await place.rig.session()
    raw.write('garbage that is no record')
    await eventually('both sockets close', () => session.open === 0)
    expect(session.told.some((line) => line.startsWith('client failed: tls_error'))).toBe(true)
  })
})

test('a header in front of the hello is read first', async () => {
  const line = 'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n'
  const seen: string[] = []
  await using place = await listening({
    preface: (bytes) => {
      const end = bytes.indexOf('\r\n')
      if (end < 0) return { kind: 'more' }
      const text = bytes.toString('latin1', 0, end)
      if (!text.startsWith('PROXY')) return { kind: 'bad', text: 'there is no header' }
      seen.push(text)
      return { kind: 'header', length: end + 2 }
    },
  })
  for (const parts of [[line], ['PROXY TCP4 192.0.2.1 ', '192.0.2.2 1 2\r\n']]) {
    const raw = connectPlain(place.port, '127.0.0.1')
    for (const part of parts) {
      raw.write(part)
      await new Promise((resolve) => {
        setTimeout(resolve, 10)
      })
    }
    using peer = new Peer(connect({ socket: raw, ca: authority.cert, servername: 'localhost' }))
    await once(peer.socket, 'secureConnect')
    await peer.ping()
  }
  expect(seen).toEqual([line.trim(), line.trim()])
  using without = await Peer.connect(place.port)
  without.write('hello\r\n')
  expect(await without.ending()).toBe('FIN')
  expect(await failure(place.rig, 2)).toBe('client:bad_proxy_header (there is no header)')
})

/** A session with a word said. */
async function talking() {
  const upstream = await Upstream.start()
  const place = await listening({ upstream: upstream.address })
  const peer = await secured(place.port)
  peer.write('hello')
  const server = await upstream.peer()
  await server.reads('hello')
  return {
    peer,
    server,
    session: await place.rig.session(),
    async [Symbol.asyncDispose]() {
      peer[Symbol.dispose]()
      await place[Symbol.asyncDispose]()
      await upstream[Symbol.asyncDispose]()
    },
  }
}

function hash(chunks: readonly Buffer[]): string {
  const sum = createHash('sha256')
  for (const chunk of chunks) sum.update(chunk)
  return sum.digest('hex')
}

/** The first bytes of a TLS client. */
async function aHello(): Promise<Buffer> {
  await using sink = await Upstream.start()
  const socket = connect({ host: '127.0.0.1', port: sink.port, servername: 'db.test' })
  socket.on('error', () => {})
  const peer = await sink.peer()
  await eventually('a hello comes', () => peer.received > 100)
  socket.destroy()
  return Buffer.concat(peer.chunks)
}

/** Passes on what clients send at first byte by byte. */
async function slowly(port: number): Promise<Upstream> {
  return Upstream.start(
    ({ socket }) => {
      const onward = connectPlain({ port, host: '127.0.0.1', noDelay: true })
      for (const one of [socket, onward]) one.on('error', () => one.destroy())
      onward.on('data', (bytes) => socket.write(bytes))
      socket.once('data', async (bytes: Buffer) => {
        socket.pause()
        for (const byte of bytes) {
          onward.write(Buffer.from([byte]))
          await new Promise((resolve) => {
            setTimeout(resolve, 0)
          })
        }
        socket.on('data', (more) => onward.write(more))
        socket.resume()
      })
      socket.on('close', () => onward.destroy())
    },
    undefined,
    false,
  )
}
