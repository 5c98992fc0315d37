import { once } from 'node:events'
import { Agent, createServer, request as ask, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Rival } from '../../../bench/rivals/rival.ts'

export interface Tampering {
  readonly status?: (status: number) => number
  readonly body?: (body: Buffer) => Buffer
  /** On which side connections are kept. Default: both. */
  readonly keepAlive?: 'client' | 'server'
}

/** An HTTP proxy in this process that does to responses what it is told. */
export function httpRivalThat({ status = (as) => as, body = (as) => as, keepAlive }: Tampering): Rival {
  return {
    name: 'test',
    summary: '',
    protocol: 'http',
    faults: false,
    locate: async () => ({ found: true, version: '1' }),
    async start(upstream) {
      const agent = new Agent({ keepAlive: keepAlive !== 'client' })
      const relay = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
        const { method, url: path, headers } = request
        const asked = ask({ port: upstream, host: '127.0.0.1', method, path, headers, agent })
        request.pipe(asked)
        const [answer] = (await once(asked, 'response')) as [IncomingMessage]
        const whole = body(Buffer.concat(await Array.fromAsync(answer as AsyncIterable<Buffer>)))
        const length = method === 'HEAD' ? answer.headers['content-length'] : whole.length
        response.writeHead(status(answer.statusCode ?? 0), {
          ...(answer.statusCode === 204 ? {} : { 'content-length': length }),
          connection: keepAlive === 'server' ? 'close' : 'keep-alive',
        })
        response.end(whole)
      }
      const server = createServer((request, response) => void relay(request, response).catch(() => response.destroy()))
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const { port } = server.address() as AddressInfo
      return { port, [Symbol.asyncDispose]: async () => void server.close() }
    },
  }
}
