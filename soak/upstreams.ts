import { once } from 'node:events'
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { checkedBytes, StreamChecker } from '../test/support/checked-stream.ts'
import { postgresProgram, startPostgres } from '../test/support/postgres.ts'
import { redisProgram, startRedis } from '../test/support/redis.ts'
import type { Service } from './places.ts'

export interface Upstreams extends AsyncDisposable {
  /** `host:port` by service; those that are not installed are missing. */
  readonly addresses: Readonly<Partial<Record<Service, string>>>
  /** Why what is missing is missing. */
  readonly notes: readonly string[]
  readonly postgres: { readonly user: string; readonly database: string } | undefined
}

export async function startUpstreams(): Promise<Upstreams> {
  await using undo = new AsyncDisposableStack()
  const notes: string[] = []
  const echo = await startEcho(undo)
  const origin = await startOrigin(undo)
  const postgres = postgresProgram.missing ? undefined : undo.use(await startPostgres())
  if (postgres === undefined) notes.push(`no PostgreSQL${postgresProgram.note}`)
  const redis = redisProgram.missing ? undefined : undo.use(await startRedis())
  if (redis === undefined) notes.push(`no Redis${redisProgram.note}`)
  const stack = undo.move()
  return {
    addresses: {
      raw: echo,
      http: origin,
      ...(postgres === undefined ? {} : { postgres: `127.0.0.1:${postgres.port}` }),
      ...(redis === undefined ? {} : { redis: `127.0.0.1:${redis.port}` }),
    },
    notes,
    postgres,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

/** Sends back what comes, and ends when its peer has ended. */
async function startEcho(undo: AsyncDisposableStack): Promise<string> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy())
    socket.pipe(socket)
  })
  return listening(server, undo)
}

/**
 * `POST /check/ID/SEED/ASKS/GETS/FRAMING`: tells in a field what was wrong with the body of the request, which is ASKS bytes of the checked stream of SEED, and
 * answers GETS bytes of that of SEED + 1.
 */
async function startOrigin(undo: AsyncDisposableStack): Promise<string> {
  const server = createHttpServer(
    { keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 },
    (incoming, response) => {
      answer(incoming, response).catch(() => response.destroy())
    },
  )
  server.on('clientError', (_, socket) => socket.destroy())
  undo.defer(() => server.closeAllConnections())
  return listening(server, undo)
}

const PIECE = 50_000

async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const [, , , seed = '0', asks = '0', gets = '0', framing] = (incoming.url ?? '').split('/')
  const checker = new StreamChecker(Number(seed))
  for await (const bytes of incoming) checker.feed(bytes as Buffer)
  response.setHeader('X-Wrong', checker.finish(Number(asks))?.message ?? 'nothing')
  const length = Number(gets)
  if (framing === 'length') response.setHeader('Content-Length', length)
  for (let at = 0; at < length; at += PIECE) {
    if (response.destroyed) return
    const piece = checkedBytes(Number(seed) + 1, at, Math.min(PIECE, length - at))
    if (!response.write(piece)) await Promise.race([once(response, 'drain'), once(response, 'close')])
  }
  response.end()
}

async function listening(server: Server, undo: AsyncDisposableStack): Promise<string> {
  server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 })
  await once(server, 'listening')
  undo.defer(() => void server.close())
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}
