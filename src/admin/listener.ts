import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { joinHostPort } from '../core/address.ts'
import { FoulweatherError } from '../core/errors.ts'
import { bindFailure } from '../core/listen-failure.ts'

/**
 * The HTTP server under hapi, with its bounds. Idle connections are kept longer than Toxiproxy's 60 s, because pooled clients
 * reuse them that long.
 */
export function createListener(): Server {
  const server = createServer({
    keepAliveTimeout: 75_000,
    headersTimeout: 15_000,
    requestTimeout: 60_000,
    connectionsCheckingInterval: 1000,
    maxHeaderSize: 16 * 1024,
  })
  // A client that does not read its answer is given up after this long.
  server.setTimeout(30_000)
  return server
}

/**
 * Answers the bound address. An empty host is every interface; names prefer IPv4, so that `localhost` is 127.0.0.1.
 *
 * @throws FoulweatherError `listen_failed`.
 */
export async function openListener(server: Server, host: string, port: number): Promise<string> {
  const resolved = host === '' ? undefined : await resolve(host)
  try {
    server.listen({ port, ...(resolved === undefined ? {} : { host: resolved }) })
    await once(server, 'listening')
  } catch (cause) {
    const text = `listen tcp ${joinHostPort(resolved ?? '', port)}: bind: ${bindFailure(cause)}`
    throw new FoulweatherError('listen_failed', text, { field: 'admin', value: joinHostPort(host, port), cause })
  }
  // Out of file descriptors: it goes on trying by itself, and an 'error' that nobody hears would end the process.
  server.on('error', (error) => process.emitWarning(error))
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('the admin listener has no address')
  return joinHostPort(bound.address, bound.port)
}

async function resolve(host: string): Promise<string> {
  try {
    return (await lookup(host, { order: 'ipv4first' })).address
  } catch (cause) {
    throw new FoulweatherError('listen_failed', `listen tcp: lookup ${host}: no such host`, {
      field: 'admin',
      value: host,
      cause,
    })
  }
}
