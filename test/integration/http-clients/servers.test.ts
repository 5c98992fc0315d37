import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Foulweather } from '../../support/foulweather.ts'
import { HttpProxy } from '../../support/http-clients.ts'
import type { Address } from '../../support/http-clients.ts'
import { contentOf, Origin } from '../../support/http-clients-origin.ts'
import {
  Files,
  haproxyProgram,
  nginxProgram,
  pythonProgram,
  startHaproxy,
  startNginx,
  startPython,
} from '../../support/http-clients-servers.ts'
import type { HttpServer } from '../../support/http-clients-servers.ts'

interface Kind {
  readonly name: string
  readonly missing: boolean
  readonly note: string
  start(files: Files): Promise<HttpServer>
  /** What it is asked beside what all are. */
  readonly requests: readonly string[]
  readonly closes: boolean
  readonly pathOf: (size: number) => string
}

const file = (size: number) => `/${size}.bin`
const bytes = (size: number) => `/bytes/${size}`

const KINDS: readonly Kind[] = [
  {
    name: 'node:http',
    missing: false,
    note: '',
    start: () => Origin.start(),
    requests: [
      get('/chunked/70000'),
      get('/chunked/70000', 'HTTP/1.0'),
      get('/early'),
      get('/gzip/5000', 'HTTP/1.1', 'Accept-Encoding: gzip'),
      post('/echo', 'hello'),
      postChunked('/echo', ['hello', 'there', 'x'.repeat(70_000)]),
      `OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n`,
    ],
    closes: false,
    pathOf: bytes,
  },
  {
    name: 'nginx',
    missing: nginxProgram.missing,
    note: nginxProgram.note,
    start: startNginx,
    requests: [
      get('/'),
      get('/none'),
      get('/moved'),
      get('/private'),
      get('/nowhere'),
      get('/', 'HTTP/1.1', 'Accept-Encoding: gzip'),
      get('/', 'HTTP/1.1', 'If-Modified-Since: Sat, 31 Jan 2026 12:00:00 GMT'),
      get('/2000000.bin', 'HTTP/1.1', 'Range: bytes=100-70000'),
      get('/2000000.bin', 'HTTP/1.1', 'Range: bytes=9999999-'),
      post('/index.html', 'not here'),
      post('/index.html', 'not here', 'Expect: 100-continue'),
      `OPTIONS / HTTP/1.1\r\nHost: x\r\n\r\n`,
    ],
    closes: false,
    pathOf: file,
  },
  {
    name: 'python3 -m http.server',
    missing: pythonProgram.missing,
    note: pythonProgram.note,
    start: startPython,
    requests: [
      get('/'),
      get('/nowhere'),
      get('/', 'HTTP/1.1', 'If-Modified-Since: Sat, 31 Jan 2026 12:00:00 GMT'),
      // Without a body: this server does not read one that it refuses, and closing then resets the connection, sometimes before its answer is read.
      get('/index.html').replace('GET', 'DELETE'),
    ],
    closes: true,
    pathOf: file,
  },
]

for (const kind of KINDS) {
  describe.skipIf(kind.missing)(`${kind.name} as the upstream${kind.note}`, () => {
    upstreamTests(kind, async (files) => await kind.start(files))
  })
}

describe.skipIf(haproxyProgram.missing)(`haproxy as the upstream${haproxyProgram.note}`, () => {
  let behind: Origin
  beforeAll(async () => {
    behind = await Origin.start()
  })
  afterAll(async () => {
    await behind?.[Symbol.asyncDispose]()
  })
  const requests = [
    get('/limited'),
    get('/moved'),
    get('/chunked/70000'),
    get('/nowhere'),
    post('/echo', 'hello'),
    postChunked('/echo', ['hello', 'x'.repeat(70_000)]),
  ]
  upstreamTests({ requests, closes: false, pathOf: bytes }, (files) => startHaproxy(behind, files))
})

function upstreamTests(
  { requests, closes, pathOf }: Pick<Kind, 'requests' | 'closes' | 'pathOf'>,
  start: (files: Files) => Promise<HttpServer>,
): void {
  let files: Files
  let server: HttpServer
  let foulweather: Foulweather
  let proxies = 0
  beforeAll(async () => {
    files = await Files.create()
    server = await start(files)
    foulweather = await Foulweather.start()
  })
  afterAll(async () => {
    await foulweather?.[Symbol.asyncDispose]()
    await server?.[Symbol.asyncDispose]()
    await files?.[Symbol.asyncDispose]()
  })
  const proxyTo = () => HttpProxy.create(foulweather, `proxy-${++proxies}`, server)

  it('answers byte by byte what it answers without the proxy', async () => {
    const proxy = await proxyTo()
    const usual = Files.sizes.flatMap((size) => [
      get(pathOf(size)),
      get(pathOf(size), 'HTTP/1.0'),
      get(pathOf(size)).replace('GET', 'HEAD'),
    ])
    for (const request of [...usual, ...requests]) {
      const [direct, proxied] = [await converse(server, request), await converse(proxy, request)]
      expect({ request: short(request), answer: undated(proxied) }).toEqual({
        request: short(request),
        answer: undated(direct),
      })
      expect(direct.length).toBeGreaterThan(0)
    }
  })

  it('answers many requests that are sent at once, in order, up to the one that ends the connection', async () => {
    const proxy = await proxyTo()
    const paths = Array.from({ length: 40 }, (_, index) => pathOf(Files.sizes[index % 3]!))
    const all = [...paths.map((path) => open(path)), get(pathOf(70_000))].join('')
    const [direct, proxied] = [await converse(server, all), await converse(proxy, all)]
    expect(undated(proxied)).toEqual(undated(direct))
    const answers = undated(proxied).match(/HTTP\/1\.[01] 200/g)
    expect(answers).toHaveLength(closes ? 1 : 41)
  })

  it('has its answers replaced, cut and sent late', async () => {
    const proxy = await proxyTo()
    await proxy.add({ type: 'http_error', name: 'first', status: 503, count: { first: 1 } })
    expect((await converse(proxy, get(pathOf(70_000)))).toString('latin1')).toMatch(/^HTTP\/1\.1 503 /)
    await proxy.remove('first')

    await proxy.add({ type: 'http_truncate', name: 'cut', at: 5000, match: { status: 200 } })
    const cut = await converse(proxy, get(pathOf(70_000)))
    expect(bodyOf(cut).equals(contentOf(70_000).subarray(0, 5000))).toBe(true)
    await proxy.remove('cut')

    await proxy.add({ type: 'http_latency', name: 'late', latency: 10 })
    await proxy.add({ type: 'http_bandwidth', name: 'thin', rate: '30MB/s' })
    await proxy.add({ type: 'slicer', name: 'pieces', average_size: 1000, part: 'body' })
    const whole = await converse(proxy, get(pathOf(2_000_000)))
    expect(bodyOf(whole).equals(contentOf(2_000_000))).toBe(true)
    const faults = (await proxy.exchanges(3)).map((exchange) => exchange.faults.join(' '))
    expect(faults).toEqual(['first', 'cut', 'late thin pieces'])
  })
}

/** The last of its connection. */
function get(path: string, version = 'HTTP/1.1', ...fields: readonly string[]): string {
  return `GET ${path} ${version}\r\nHost: example.com\r\nConnection: close\r\n${lines(fields)}\r\n`
}

/** With more to come. */
function open(path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: example.com\r\n\r\n`
}

function post(path: string, body: string, ...fields: readonly string[]): string {
  const head = `POST ${path} HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\nContent-Length: ${body.length}\r\n`
  return `${head}${lines(fields)}\r\n${body}`
}

function postChunked(path: string, pieces: readonly string[]): string {
  const head = `POST ${path} HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n`
  const chunks = pieces.map((piece) => `${piece.length.toString(16)};why=not\r\n${piece}\r\n`)
  return `${head}${chunks.join('')}0\r\nX-Trailer: yes\r\n\r\n`
}

function lines(fields: readonly string[]): string {
  return fields.map((field) => `${field}\r\n`).join('')
}

/** Sends bytes and reads to the end of the connection, whatever comes. Its own side stays open. */
async function converse({ host, port }: Address, request: string): Promise<Buffer> {
  const socket = connect({ host, port, allowHalfOpen: true })
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  socket.on('error', () => socket.destroy())
  socket.write(request)
  const keptOpen = !/Connection: close/.test(request)
  if (keptOpen) socket.end()
  await Promise.race([once(socket, 'end'), once(socket, 'close')])
  socket.destroy()
  return Buffer.concat(chunks)
}

function bodyOf(answer: Buffer): Buffer {
  return answer.subarray(answer.indexOf('\r\n\r\n') + 4)
}

/** Without what may differ between two answers to the same request. */
function undated(answer: Buffer): string {
  return answer.toString('latin1').replaceAll(/^date: .*\r\n/gim, '')
}

function short(request: string): string {
  return request.slice(0, 200)
}
