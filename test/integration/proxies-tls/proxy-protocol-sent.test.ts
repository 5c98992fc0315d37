import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { proxyHeader, readProxyHeader, type Endpoint } from '../../../src/protocols/proxy-protocol/header.ts'
import { EngineRig } from '../../support/engine-rig.ts'
import { fault } from '../../support/engine-rig-faults.ts'
import { Peer, Upstream } from '../../support/peers.ts'
import {
  haproxyProgram,
  HeaderServer,
  nginxProgram,
  startHaproxy,
  startNginx,
  talk,
} from '../../support/proxy-protocol-peers.ts'
import { eventually } from '../../support/wait.ts'
import { certificates, Place, plainSocket, secure, tlsOver } from './rig.ts'

beforeAll(async () => {
  await certificates()
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

/** A server that keeps what comes, and answers requests of HTTP. */
async function keeping(): Promise<Upstream> {
  return await Upstream.start((peer) => {
    peer.socket.on('data', () => {
      if (peer.text.endsWith('\r\n\r\n')) peer.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    })
    peer.socket.on('end', () => peer.end())
  })
}

interface Sent {
  readonly reading: Extract<ReturnType<typeof readProxyHeader>, { kind: 'header' }>
  /** Of the first piece that came, what is not of the header. */
  readonly behind: number
  readonly rest: string
}

/** What a server was sent on connection `index`. */
async function sentTo(server: Upstream, index = 0): Promise<Sent> {
  const peer = await server.peer(index)
  const first = await eventually('something comes', () => peer.chunks[0])
  const reading = readProxyHeader(first)
  if (reading.kind !== 'header') throw new Error(`no whole header in the first piece: ${first.toString('latin1')}`)
  return { reading, behind: first.length - reading.length, rest: peer.text.slice(reading.length) }
}

describe('a header that is sent', () => {
  test.each(VERSIONS)('%s: comes whole and first, at once, with both ends', async (version) => {
    await using server = await Upstream.start()
    await using place = await Place.start({ to: server, proxyProtocol: { send: version } })
    using client = await place.raw()
    // Before the client has said anything.
    const { reading, behind } = await sentTo(server)
    expect(behind).toBe(0)
    expect(reading).toMatchObject({
      version,
      source: { address: '127.0.0.1', port: client.port },
      destination: { address: '127.0.0.1', port: place.proxy.port },
    })
    client.write('hello')
    await eventually('it arrives', async () => (await sentTo(server)).rest === 'hello')
    // It is no byte of the client.
    expect(place.proxy.sessions()[0]?.bytes.upstream).toEqual({ received: 5, sent: 5 })
  })

  test.each(VERSIONS)('%s: so it does where faults work on the bytes behind it', async (version) => {
    await using server = await Upstream.start()
    const faults = [
      fault('slicer', { average_size: 1, size_variation: 0, delay: 10 }, { direction: 'upstream' }),
      fault('limit_data', { bytes: 3 }, { direction: 'upstream' }),
      fault('accept_delay', { delay: 20 }),
    ]
    await using place = await Place.start({ to: server, proxyProtocol: { send: version }, faults })
    using client = await place.raw()
    client.write('hello')
    const peer = await server.peer()
    await eventually('it is cut', () => peer.ended)
    const { reading, rest } = await sentTo(server)
    expect([reading.version, rest]).toEqual([version, 'hel'])
  })

  test.each(VERSIONS)('%s: HTTP, where the upstream is dialled on demand', async (version) => {
    await using server = await keeping()
    await using place = await Place.start({ to: server, protocol: 'http', proxyProtocol: { send: version } })
    using client = await place.raw()
    for (const path of ['/a', '/b']) {
      client.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`)
      await eventually(`the answer to ${path}`, () => client.text.split('ok').length === (path === '/a' ? 2 : 3))
    }
    const { reading, rest } = await sentTo(server)
    expect(reading).toMatchObject({ version, source: { address: '127.0.0.1', port: client.port } })
    expect(rest.match(/^GET [^ ]*/gm)).toEqual(['GET /a', 'GET /b'])
    expect(server.peers).toHaveLength(1)
  })

  test.each(VERSIONS)('%s: tells of who is told of by one that is accepted', async (version) => {
    const { authority } = await certificates()
    await using server = await Upstream.start()
    await using place = await Place.start({
      to: server,
      tls: { listen: { authority } },
      proxyProtocol: { accept: true, send: version },
    })
    for (const [index, [sent, source, destination]] of [
      [header('v2'), SOURCE, DESTINATION],
      [ofNobody('v2'), undefined, undefined],
    ].entries()) {
      const socket = await plainSocket(place.proxy.port)
      socket.write(sent as Buffer)
      using peer = tlsOver(socket, { ca: authority.cert, servername: 'db.test' })
      await secure(peer)
      const { reading } = await sentTo(server, index)
      expect(reading).toMatchObject({
        source: source ?? { address: '127.0.0.1', port: socket.localPort },
        destination: destination ?? { address: '127.0.0.1', port: place.proxy.port },
      })
    }
  })

  test('of a client over a socket file tells of nobody', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'foulweather-'))
    try {
      await using server = await Upstream.start()
      await using rig = new EngineRig()
      const path = join(folder, 'listen')
      await rig.proxy(server, { listen: `unix:${path}`, proxyProtocol: { send: 'v1' } })
      using client = await Peer.connect({ path })
      expect((await sentTo(server)).reading).toMatchObject({ source: undefined, destination: undefined })
      client.end()
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })

  test.each(VERSIONS)('%s: to an upstream that speaks TLS comes in front of the handshake', async (version) => {
    await using upstream = await Upstream.start()
    await using place = await Place.start({
      to: upstream,
      tls: { upstream: { verify: false } },
      proxyProtocol: { send: version },
    })
    using client = await place.raw()
    const { reading } = await sentTo(upstream)
    expect(reading.source).toEqual({ address: '127.0.0.1', port: client.port })
    await eventually('a hello comes behind it', async () => (await sentTo(upstream)).rest.startsWith('\x16\x03'))
  })
})

describe('one in front of the other', () => {
  test.each(VERSIONS)('%s: the second knows the client of the first', async (version) => {
    const { authority } = await certificates()
    await using server = await Upstream.echo()
    await using rig = new EngineRig()
    const second = await rig.proxy(server, { tls: { listen: { authority } }, proxyProtocol: ACCEPT })
    const first = await rig.proxy(second.listen, { tls: { peek: true }, proxyProtocol: { send: version } })
    const socket = await plainSocket(first.port)
    using peer = tlsOver(socket, { ca: authority.cert, servername: 'db.test' })
    await secure(peer)
    await peer.ping()
    expect(second.sessions()).toMatchObject([{ client: `127.0.0.1:${socket.localPort}`, state: 'open' }])
    const sent = Buffer.alloc(5_000_000, 'some pattern of odd length')
    peer.socket.end(sent)
    await eventually('all comes back', () => peer.received === sent.length + 4, 60_000)
    expect(Buffer.concat(peer.chunks).subarray(4).equals(sent)).toBe(true)
    peer[Symbol.dispose]()
    await rig.allEnded()
  })
})

const REQUEST = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'

function bodyOf(response: string): string {
  return response.slice(response.indexOf('\r\n\r\n') + 4).trim()
}

describe.skipIf(haproxyProgram.missing)(`HAProxy${haproxyProgram.note}`, () => {
  test.each(VERSIONS)('takes %s from us, over TCP and HTTP', async (version) => {
    await using haproxy = await startHaproxy(
      (port) => `
frontend accepting
  mode http
  bind 127.0.0.1:${port} accept-proxy
  http-request return status 200 content-type text/plain lf-string "%[src]|%[src_port]|%[dst]|%[dst_port]"
`,
    )
    for (const protocol of ['tcp', 'http'] as const) {
      const to = { address: `127.0.0.1:${haproxy.port}` }
      await using place = await Place.start({ to, protocol, proxyProtocol: { send: version } })
      const { text, port } = await talk({ port: place.proxy.port }, [REQUEST])
      expect(bodyOf(text)).toBe(`127.0.0.1|${port}|127.0.0.1|${place.proxy.port}`)
    }
  })

  test.each(VERSIONS)('takes %s from us in front of TLS', async (version) => {
    const { authority, local } = await certificates()
    const folder = await mkdtemp(join(tmpdir(), 'foulweather-'))
    try {
      const pem = join(folder, 'both.pem')
      await writeFile(pem, `${local.cert}\n${local.key}`)
      await using haproxy = await startHaproxy(
        (port) => `
frontend accepting
  mode http
  bind 127.0.0.1:${port} accept-proxy ssl crt ${pem}
  http-request return status 200 content-type text/plain lf-string "%[src]|%[src_port]"
`,
      )
      const to = { address: `127.0.0.1:${haproxy.port}` }
      const tls = { upstream: { ca: authority.cert } }
      await using place = await Place.start({ to, tls, proxyProtocol: { send: version } })
      const { text, port } = await talk({ port: place.proxy.port }, [REQUEST])
      expect(bodyOf(text)).toBe(`127.0.0.1|${port}`)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })

  test.each(['send-proxy', 'send-proxy-v2 proxy-v2-options crc32c,ssl,authority'])(
    'with %s tells us of its clients',
    async (option) => {
      await using server = await HeaderServer.start()
      await using place = await Place.start({
        to: { address: `127.0.0.1:${server.port}` },
        proxyProtocol: { accept: true, send: 'v1' },
      })
      await using haproxy = await startHaproxy(
        (port) => `
listen sending
  mode tcp
  bind 127.0.0.1:${port}
  server upstream 127.0.0.1:${place.proxy.port} ${option}
`,
      )
      const { port } = await talk(haproxy, ['hello'], 'hello')
      expect(server.received[0]?.reading).toMatchObject({
        source: { address: '127.0.0.1', port },
        destination: { address: '127.0.0.1', port: haproxy.port },
      })
    },
  )
})

describe.skipIf(nginxProgram.missing)(`nginx${nginxProgram.note}`, () => {
  test.each(VERSIONS)('takes %s from us, over TCP and HTTP', async (version) => {
    const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    await using nginx = await startNginx(
      (port, folder) => `
      http {
        access_log off;
        ${paths.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n')}
        server {
          listen 127.0.0.1:${port} proxy_protocol;
          location / { return 200 "$proxy_protocol_addr|$proxy_protocol_port|$proxy_protocol_server_port"; }
        }
      }`,
    )
    for (const protocol of ['tcp', 'http'] as const) {
      const to = { address: `127.0.0.1:${nginx.port}` }
      await using place = await Place.start({ to, protocol, proxyProtocol: { send: version } })
      const { text, port } = await talk({ port: place.proxy.port }, [REQUEST])
      expect(bodyOf(text)).toBe(`127.0.0.1|${port}|${place.proxy.port}`)
    }
  })
})
