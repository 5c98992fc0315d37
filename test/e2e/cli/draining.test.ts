import { once } from 'node:events'
import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { FoulweatherProcess } from '../../support/cli-process.ts'
import { eventually } from '../../support/wait.ts'

const DRAIN_S = 60

test.each(['1', '2'])(
  'with %s worker(s), SIGTERM does not wait for clients that keep their connections, and lets a last exchange finish',
  async (workers) => {
    const waiting: ServerResponse[] = []
    const origin = createServer({ keepAliveTimeout: 0 }, ({ url }, response) => {
      if (url === '/slow') waiting.push(response)
      else response.end('at once')
    }).listen(0, '127.0.0.1')
    await once(origin, 'listening')
    await using server = await FoulweatherProcess.start({ argv: ['--drain', String(DRAIN_S), '--workers', workers] })
    const upstream = `127.0.0.1:${(origin.address() as AddressInfo).port}`
    const body = JSON.stringify({ name: 'web', listen: '127.0.0.1:0', upstream, protocol: 'http' })
    const made = await server.fetch('/v1/proxies', { method: 'POST', body })
    const { listen } = (await made.json()) as { listen: string }
    const agent = new Agent({ keepAlive: true })
    const get = async (path: string): Promise<IncomingMessage> => {
      const [response] = (await once(
        request(`http://${listen}${path}`, { agent }).end(),
        'response',
      )) as readonly IncomingMessage[]
      if (response === undefined) throw new Error('no response')
      return response
    }
    const [slow, ...idle] = [get('/slow'), get('/1'), get('/2')]
    for (const response of idle) await (await response).resume().toArray()
    await eventually('the slow one has been asked', () => waiting[0])
    expect(Object.values(agent.freeSockets).flat()).toHaveLength(2)

    const stopping = server.stop('SIGTERM')
    await eventually('idle connections are closed', () => Object.values(agent.freeSockets).flat().length === 0)
    waiting[0]?.end('late')
    const response = await slow
    expect(response?.headers.connection).toBe('close')
    expect(String(await response?.toArray())).toBe('late')
    const { code, ms } = await stopping
    expect(code).toBe(0)
    expect(ms).toBeLessThan((DRAIN_S * 1000) / 2)
    origin.closeAllConnections()
    origin.close()
  },
)
