import { Agent, request } from 'node:http'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { FoulweatherProcess } from '../../support/cli-process.ts'
import { dial, echoed, Peer } from '../../support/cli-peers.ts'
import { eventually } from '../../support/wait.ts'

/** Each session takes two; Node itself needs some thirty. */
const DESCRIPTORS = 80
const CLIENTS = 100

test('a server that runs out of file descriptors recovers as soon as clients leave', async () => {
  await using echo = await Peer.echo()
  await using server = await FoulweatherProcess.start({ descriptors: DESCRIPTORS })
  const proxy = { name: 'p', listen: '127.0.0.1:0', upstream: echo.address }
  const created = await server.fetch('/proxies', { method: 'POST', body: JSON.stringify(proxy) })
  const { listen } = (await created.json()) as { listen: string }
  expect(await echoed(listen, 'fresh')).toBe('fresh')

  // One connection to the admin API is open already, and answers all the while.
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const statusOf = async (path: string): Promise<number | undefined> => {
    const [response] = (await once(request(`http://${server.address}${path}`, { agent }).end(), 'response')) as [
      IncomingMessage,
    ]
    await text(response)
    return response.statusCode
  }
  expect(await statusOf('/version')).toBe(200)

  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => dial(listen)))
  await eventually('the descriptors are used up', () =>
    server.log.some(({ message, error }) => message.startsWith('Unable to') && String(error).includes('EMFILE')),
  )
  expect(await statusOf('/version')).toBe(200)
  expect(await statusOf('/v1/sessions')).toBe(200)

  for (const client of clients) client.destroy()
  await eventually('sessions work again', async () => (await echoed(listen, 'again')) === 'again')
  expect((await server.fetch('/version')).status).toBe(200)
  agent.destroy()
  expect((await server.stop()).code).toBe(0)
})
