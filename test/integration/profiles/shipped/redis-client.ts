import { Redis } from 'ioredis'

export interface RedisClient extends Disposable {
  readonly client: Redis
  /** Errors of its connection, by code, and `closed` for each connection that it has lost. */
  readonly told: readonly string[]
}

/** A client that comes back on its own and keeps its commands meanwhile; gone on disposal. */
export function redisClient(
  { host, port }: { readonly host: string; readonly port: number },
  options: { readonly commandTimeout?: number } = {},
): RedisClient {
  const told: string[] = []
  const client = new Redis({ host, port, retryStrategy: () => 20, maxRetriesPerRequest: null, ...options })
  client.on('error', (error: NodeJS.ErrnoException) => told.push(error.code ?? error.message))
  client.on('close', () => told.push('closed'))
  return { client, told, [Symbol.dispose]: () => client.disconnect() }
}
