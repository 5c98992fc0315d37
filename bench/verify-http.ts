import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Client } from 'undici'
import { checkedBytes } from '../test/support/checked-stream.ts'
import type { Rival } from './rivals/rival.ts'

const BYTES = 20_000_000
const SEED = 7
const DEADLINE_MS = 15_000
const TURNS = 5

interface Exchange {
  readonly method: 'GET' | 'HEAD' | 'POST'
  readonly path: string
  readonly status: number
  /** Absent where there is no body, whatever the head says of it. */
  readonly body?: Buffer
  /** Sent with the request, and what comes back has to be the same. */
  readonly sent?: Buffer
}

const some = (bytes: number): Buffer => checkedBytes(SEED, 0, bytes)

/** After a HEAD the client here takes a new connection by itself: nothing can be counted. */
const UNCOUNTED: readonly Exchange[] = [
  { method: 'POST', path: '/echo', status: 200, sent: some(BYTES) },
  { method: 'HEAD', path: '/length/200/100', status: 200 },
]

/** By length, in chunks, without a body, and errors of the upstream. */
const EXCHANGES: readonly Exchange[] = [
  { method: 'GET', path: '/length/200/100', status: 200, body: some(100) },
  { method: 'GET', path: '/length/200/65536', status: 200, body: some(65_536) },
  { method: 'GET', path: '/chunked/200/65536', status: 200, body: some(65_536) },
  { method: 'GET', path: '/length/404/10', status: 404, body: some(10) },
  { method: 'GET', path: '/length/503/0', status: 503, body: some(0) },
  { method: 'GET', path: '/length/204/0', status: 204 },
  { method: 'POST', path: '/echo', status: 200, sent: some(1000) },
]

/**
 * Looks whether a rival passes on requests and responses as they are, one of 20 MB each way among them, and whether it keeps the
 * connections on both sides.
 *
 * @throws Error saying what came out wrong.
 */
export async function verifyHttp(rival: Rival): Promise<void> {
  const server = createServer(serve).listen(0, '127.0.0.1')
  let upstreamConnections = 0
  server.on('connection', () => upstreamConnections++)
  await once(server, 'listening')
  try {
    await using running = await rival.start((server.address() as AddressInfo).port)
    await exchange(running.port, UNCOUNTED)
    upstreamConnections = 0
    const connections = await exchange(running.port, Array.from({ length: TURNS }, () => EXCHANGES).flat())
    const count = TURNS * EXCHANGES.length
    if (connections > 1) throw new Error(`${count} requests in a row took ${connections} connections of the client`)
    if (upstreamConnections > 1) {
      throw new Error(`${count} requests in a row took ${upstreamConnections} connections to the upstream`)
    }
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

/** `/echo`, or `/length/STATUS/BYTES` and `/chunked/STATUS/BYTES`. */
function serve(request: IncomingMessage, response: ServerResponse): void {
  const [, kind, status, bytes] = (request.url ?? '').split('/')
  if (kind === 'echo') {
    echo(request, response)
    return
  }
  const body = some(Number(bytes))
  const headers = kind === 'length' && status !== '204' ? { 'content-length': body.length } : {}
  response.writeHead(Number(status), headers)
  if (kind === 'chunked') response.write(body.subarray(0, body.length / 2))
  response.end(kind === 'chunked' ? body.subarray(body.length / 2) : body)
}

/** Once it has all of it: nginx does not read an answer while it still sends the request. */
function echo(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.once('end', () => response.end(Buffer.concat(chunks)))
}

/** Makes them one after the other on one connection, or as many as are needed; answers how many. */
async function exchange(port: number, exchanges: readonly Exchange[]): Promise<number> {
  const client = new Client(`http://127.0.0.1:${port}`, { pipelining: 1 })
  let connections = 0
  client.on('connect', () => connections++)
  const signal = AbortSignal.timeout(DEADLINE_MS)
  try {
    for (const { method, path, status, body, sent } of exchanges) {
      const response = await client.request({ method, path, signal, ...(sent === undefined ? {} : { body: sent }) })
      const answer = Buffer.from(await response.body.arrayBuffer())
      const what = `${method} ${path}`
      if (response.statusCode !== status) throw new Error(`${what}: ${response.statusCode} came, not ${status}`)
      if (!answer.equals(body ?? sent ?? Buffer.alloc(0))) {
        throw new Error(`${what}: the body of ${answer.length} bytes is not the one that was sent`)
      }
    }
    return connections
  } finally {
    await client.destroy()
  }
}
