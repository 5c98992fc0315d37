import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { checkedBytes, writeChecked } from './checked-stream.ts'

/** What the origin was asked; made when the head has come. */
export interface Seen {
  readonly method: string
  readonly url: string
  readonly httpVersion: string
  readonly headers: IncomingHttpHeaders
  /** The client's port: tells connections apart. */
  readonly port: number
}

/** What the origin was sent, as `/echo` answers. */
export interface Echo {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly trailers: NodeJS.Dict<string>
  readonly length: number
  readonly sha256: string
}

/** The body of `/bytes/N` and `/chunked/N`. */
export function contentOf(length: number): Buffer {
  return checkedBytes(length, 0, length)
}

/** The body of `/gzip/N` once it is unpacked: a text. */
export function textOf(length: number): string {
  return contentOf(length).toString('hex').slice(0, length)
}

export function sha256(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/**
 * A server of node:http, with everything that it has seen.
 *
 * | path | answer |
 * |---|---|
 * | `/bytes/N` | N bytes with their `Content-Length`; knows `Range: bytes=A-B` |
 * | `/chunked/N` | the same in chunks, with a trailer |
 * | `/gzip/N` | a text of N characters, packed for who accepts it |
 * | `/echo` | JSON of what was sent |
 * | `/mirror` | the body that was sent, in chunks, as it comes |
 * | `/early` | 103, and then 200 |
 */
export class Origin implements AsyncDisposable {
  readonly host = '127.0.0.1'
  readonly server: Server
  readonly seen: Seen[] = []
  /** How many requests have waited for a 100, and got it. */
  continued = 0

  private constructor(answer: RequestListener) {
    const listener: RequestListener = (request, response) => {
      const { method = '', url = '', httpVersion, headers, socket } = request
      this.seen.push({ method, url, httpVersion, headers, port: socket.remotePort ?? 0 })
      answer(request, response)
    }
    this.server = createServer({ requestTimeout: 0 }, listener)
    this.server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
      this.continued++
      response.writeContinue()
      listener(request, response)
    })
  }

  /** @param answer in the place of the answers that are told above. */
  static async start(answer: RequestListener = answerContent): Promise<Origin> {
    const origin = new Origin(answer)
    origin.server.listen(0, '127.0.0.1', 4096)
    await once(origin.server, 'listening')
    return origin
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** Connections that requests have come on. */
  get connections(): number {
    return new Set(this.seen.map(({ port }) => port)).size
  }

  /** How many requests there were for paths that begin so. */
  count(path: string): number {
    return this.seen.filter(({ url }) => url.startsWith(path)).length
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.server, 'close')
    this.server.close()
    this.server.closeAllConnections()
    await closed
  }
}

export function answerContent(request: IncomingMessage, response: ServerResponse): void {
  // Whoever leaves in the middle of an answer is no failure of the origin.
  answer(request, response).catch(() => response.destroy())
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [, what = '', size = ''] = /^\/([a-z]+)(?:\/(\d+))?/.exec(request.url ?? '') ?? []
  const length = Number(size)
  if (what === 'echo') return echo(request, response)
  if (what === 'mirror') return void request.pipe(response)
  if (size === '' && what !== 'early') return void response.writeHead(404).end(`there is no ${request.url}\n`)
  request.resume()
  if (what === 'bytes') return bytes(request, response, length)
  if (what === 'chunked') return chunked(request, response, length)
  if (what === 'gzip') return text(request, response, length)
  response.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' })
  response.end('early\n')
}

async function echo(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const hash = createHash('sha256')
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    hash.update(chunk)
    length += chunk.length
  }
  const { method = '', url = '', headers, trailers } = request
  const found: Echo = { method, url, headers, trailers, length, sha256: hash.digest('hex') }
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(found))
}

async function bytes(request: IncomingMessage, response: ServerResponse, length: number): Promise<void> {
  const fields = { 'content-type': 'application/octet-stream', 'accept-ranges': 'bytes' }
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? []
  if (from !== undefined && to !== undefined) {
    const part = contentOf(length).subarray(Number(from), Number(to) + 1)
    const range = { 'content-range': `bytes ${from}-${to}/${length}`, 'content-length': part.length }
    response.writeHead(206, { ...fields, ...range }).end(part)
    return
  }
  response.writeHead(200, { ...fields, 'content-length': length })
  if (request.method !== 'HEAD') await writeChecked(response, length, length)
  response.end()
}

async function chunked(request: IncomingMessage, response: ServerResponse, length: number): Promise<void> {
  const fields = { 'content-type': 'application/octet-stream' }
  if (request.method === 'HEAD') return void response.writeHead(200, fields).end()
  // HTTP/1.0 knows neither chunks nor trailers.
  const trailers = request.httpVersion === '1.1'
  response.writeHead(200, { ...fields, ...(trailers ? { trailer: 'x-length' } : {}) })
  let turn = 0
  // From single bytes to more than one read holds.
  await writeChecked(response, length, length, { pieceSize: () => [1, 17, 1000, 8192, 100_000][turn++ % 5]! })
  if (trailers) response.addTrailers({ 'x-length': `${length}` })
  response.end()
}

function text(request: IncomingMessage, response: ServerResponse, length: number): void {
  const packs = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '')
  const body = packs ? gzipSync(textOf(length)) : Buffer.from(textOf(length))
  const encoding = packs ? { 'content-encoding': 'gzip' } : {}
  response.writeHead(200, { ...encoding, 'content-type': 'text/plain', 'content-length': body.length }).end(body)
}
