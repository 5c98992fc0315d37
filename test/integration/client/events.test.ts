import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { FoulweatherClient, type FoulweatherEvent } from '../../../src/client/index.ts'
import { Peer } from '../../support/cli-peers.ts'
import { eventually } from '../../support/wait.ts'
import { between, errorOf, startRig } from './rig.ts'

/** The next `count` events. */
async function take(events: AsyncIterator<FoulweatherEvent>, count: number): Promise<readonly FoulweatherEvent[]> {
  const taken: FoulweatherEvent[] = []
  while (taken.length < count) {
    const { value, done } = await events.next()
    if (done === true) throw new Error(`there were only ${taken.length} events`)
    taken.push(value)
  }
  return taken
}

/** Answers each request with what the next of `scripts` writes, and keeps what was asked. */
async function scripted(...scripts: readonly ((response: ServerResponse) => void)[]) {
  const asked: IncomingMessage[] = []
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'text/event-stream')
    const script = scripts[asked.length]
    asked.push(request)
    script?.(response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    asked,
    client: new FoulweatherClient({ url: `127.0.0.1:${(server.address() as AddressInfo).port}` }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const event = (id: string): string => `id: ${id}\nevent: fault-added\ndata: {"id":"${id}","type":"fault-added"}\n\n`

describe('events', () => {
  test('tell what happens from when they are open, in order', async () => {
    await using rig = await startRig()
    await using events = rig.client.events({ type: ['fault-*'], proxy: 'web' })
    await events.opened()
    const fault = await rig.client.fault('web', { type: 'noop' }, { reason: 'to see' })
    await rig.client.proxies.patch('web', { http: { tell: true } })
    await fault.remove()
    const [added, removed] = await take(events, 2)
    expect(added).toMatchObject({ type: 'fault-added', proxy: 'web', fault: fault.name, reason: 'to see' })
    expect(removed).toMatchObject({ type: 'fault-removed', proxy: 'web', fault: fault.name })
    expect(events.lastEventId).toBe(removed?.id)
  })

  test('go on behind an event that is named', async () => {
    await using rig = await startRig()
    await using events = rig.client.events({ type: ['fault-*'] })
    await events.opened()
    for (const name of ['a', 'b', 'c']) await rig.client.faults('web').add({ type: 'noop', name })
    const [first] = await take(events, 1)
    await using later = rig.client.events({ type: ['fault-*'], after: first?.id })
    expect((await take(later, 2)).map(({ fault }) => fault)).toEqual(['b', 'c'])
  })

  test('go on without a gap when their connection is cut', async () => {
    await using rig = await startRig()
    await using detour = await between(rig)
    await using events = detour.client.events({ type: ['fault-*'] })
    await events.opened()
    const faults = rig.client.faults('web')
    await faults.add({ type: 'noop', name: 'before' })
    const seen = [...(await take(events, 1))]
    const cut = detour.way.fault({ type: 'reset_peer' })
    await faults.add({ type: 'noop', name: 'meanwhile' })
    await (await cut).remove()
    await faults.add({ type: 'noop', name: 'after' })
    seen.push(...(await take(events, 2)))
    expect(seen.map(({ fault }) => fault)).toEqual(['before', 'meanwhile', 'after'])
  })

  test('are asked for again behind the last one that was read, after the pause that the server wants', async () => {
    await using server = await scripted(
      (response) => response.end(`retry: 1\n\n${event('k-1')}${event('k-2')}`),
      (response) => response.end(event('k-3')),
      (response) => response.writeHead(503).end(),
      (response) => response.destroy(),
      (response) => response.write(event('k-4')),
    )
    await using events = server.client.events()
    expect((await take(events, 4)).map(({ id }) => id)).toEqual(['k-1', 'k-2', 'k-3', 'k-4'])
    expect(server.asked.map(({ headers }) => headers['last-event-id'])).toEqual([undefined, 'k-2', 'k-3', 'k-3', 'k-3'])
  })

  test('end when they are no longer wanted, also while they are waited for', async () => {
    await using rig = await startRig()
    const given = new AbortController()
    const aborted = rig.client.events({ signal: given.signal })
    const returned = rig.client.events()
    await Promise.all([aborted.opened(), returned.opened()])
    const waiting = [aborted.next(), returned.next()]
    given.abort()
    await returned.return()
    expect(await Promise.all(waiting)).toEqual([
      { done: true, value: undefined },
      { done: true, value: undefined },
    ])
    expect(await aborted.next()).toEqual({ done: true, value: undefined })
  })

  test('end with the loop that reads them, and with them their connection', async () => {
    await using rig = await startRig()
    await using detour = await between(rig)
    const events = detour.client.events()
    await events.opened()
    await rig.client.faults('web').add({ type: 'noop' })
    const seen: string[] = []
    for await (const { type } of events) {
      seen.push(type)
      if (type === 'fault-added') break
    }
    await eventually('the connection is closed', async () => (await detour.calls()).includes('GET /v1/events'))
    expect(seen).toEqual(['fault-added'])
  })

  test.each([
    ['no events', 'text/html', '<html>It works!</html>', 'its content type is "text/html", expected text/event-stream'],
    ['no JSON', 'text/event-stream', 'data: It works!\n\n', 'is not valid JSON'],
    ['no end', 'text/event-stream', 'x'.repeat(2 ** 21), 'a line of events is longer than'],
  ])('are an error where an answer has %s', async (_what, type, body, why) => {
    await using server = await scripted((response) => response.setHeader('content-type', type).write(body))
    const error = await errorOf(server.client.events().next())
    expect(error).toMatchObject({ code: 'unreachable', message: expect.stringContaining(why) })
    expect(server.asked).toHaveLength(1)
    await eventually('the connection is closed', () => server.asked[0]?.socket.destroyed === true)
  })

  test('are an error where they are refused, or nobody is there', async () => {
    await using rig = await startRig()
    // @ts-expect-error -- what is wrong here is what is looked at
    const refused = rig.client.events({ type: ['fault-aded'] })
    expect(await errorOf(refused.next())).toMatchObject({ status: 400, code: 'invalid_value', field: 'type' })
    await using closing = await Peer.open((socket) => socket.destroy())
    const client = new FoulweatherClient({ url: closing.address })
    expect(await errorOf(client.events().next())).toMatchObject({ code: 'unreachable' })
  })
})
