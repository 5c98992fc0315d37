import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { startServer } from '../../../src/server.ts'
import { echoedClient, echoServer } from '../../support/admin-rig.ts'
import { EventsRig, Follower } from '../../support/events-rig.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { eventually } from '../../support/wait.ts'

test('a change is told with who, what and why, under the id that resumes behind it', async () => {
  await using rig = await EventsRig.listening()
  using follower = await rig.follow()
  expect(follower.response.headers).toMatchObject({
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'transfer-encoding': 'chunked',
  })
  expect(follower.blocks[0]).toMatch(/^retry: 1000\nid: [0-9a-z]{6}-\d+$/)
  await rig.proxy('pg')
  await rig.control.addFault(
    'pg',
    { name: 'slow', type: 'latency', latency: '5ms' },
    { actor: 'al@1', reason: 'drill\n' },
  )
  const events = await follower.told(3)
  expect(follower.names).toEqual(['proxy-started', 'proxy-created', 'fault-added'])
  const [, created, added] = events
  const change = rig.changes[1]
  expect(added?.data).toMatchObject({
    id: added?.id,
    type: 'fault-added',
    action: 'fault-added',
    revision: change?.revision,
    time: change?.time,
    proxy: 'pg',
    fault: 'slow',
    actor: 'al@1',
    reason: 'drill\n',
    before: null,
    after: { name: 'slow', latency: 5 },
  })
  const numbers = [created, added].map((each) => Number(each?.id?.split('-')[1]))
  expect(numbers[1]).toBe((numbers[0] ?? 0) + 1)
})

test('HEAD has the head of the answer and no subscriber', async () => {
  await using rig = await EventsRig.listening()
  const answer = await fetch(`${rig.url}/v1/events`, { method: 'HEAD' })
  expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([
    200,
    'text/event-stream',
    '',
  ])
})

test('filters let through what was asked for', async () => {
  await using rig = await EventsRig.listening()
  using faults = await rig.follow('?type=fault-*,halted')
  using ofPg = await rig.follow('?proxy=pg')
  await rig.proxy('pg')
  await rig.proxy('redis')
  await rig.control.addFault('pg', { name: 'a', type: 'latency', latency: 1 })
  await rig.control.addFault('redis', { name: 'b', type: 'latency', latency: 1 })
  await rig.control.removeFault('pg', 'a')
  await faults.told(3)
  expect(faults.events.map(({ event, data }) => [event, data['fault']])).toEqual([
    ['fault-added', 'a'],
    ['fault-added', 'b'],
    ['fault-removed', 'a'],
  ])
  await ofPg.told(4)
  expect(ofPg.names).toEqual(['proxy-started', 'proxy-created', 'fault-added', 'fault-removed'])
})

test('a profile is found by its name: the profile itself, and what it has put in force', async () => {
  await using rig = await EventsRig.listening()
  using follower = await rig.follow('?profile=outage')
  await rig.proxy('pg')
  await rig.control.addFault('pg', { name: 'mine', type: 'latency', latency: 1 })
  await rig.control.profiles.put('outage', 'faults: [{on: pg, name: cut, type: latency, latency: 1}]')
  await rig.control.profiles.activate('outage')
  await rig.control.profiles.deactivate('outage')
  await follower.until('profile-deactivated')
  expect(follower.names).toEqual([
    'profile-put',
    'fault-added',
    'profile-activated',
    'fault-removed',
    'profile-deactivated',
  ])
})

test('what cannot be asked for is refused by name', async () => {
  await using rig = await EventsRig.listening()
  const refusal = async (query: string) => {
    const answer = await fetch(`${rig.url}/v1/events?${query}`)
    const { code, field, detail } = (await answer.json()) as Record<string, string>
    return { status: answer.status, code, field, detail }
  }
  expect(await refusal('type=fault-aded')).toMatchObject({ status: 400, code: 'invalid_value', field: 'type' })
  expect((await refusal('type=fault-aded')).detail).toContain('did you mean "fault-added"?')
  expect(await refusal('type=fault-*,nothing*')).toMatchObject({ status: 400, field: 'type' })
  expect(await refusal('last_event_id=12')).toMatchObject({ status: 400, field: 'last_event_id' })
  expect((await refusal('last_event_id=12')).detail).toContain('the id of an event, such as')
  expect((await refusal('prxy=pg')).detail).toContain('did you mean "proxy"?')
})

test('who comes back goes on without a gap and without a double, whatever happened meanwhile', async () => {
  await using rig = await EventsRig.listening()
  await rig.proxy('pg')
  const seen: unknown[] = []
  let id = ''
  let made = 0
  for (let round = 0; round < 20; round++) {
    using follower = await rig.follow('?type=fault-added', id === '' ? {} : { 'last-event-id': id })
    // Some while it listens, some while it is away.
    for (let i = 0; i < 10; i++) await add(rig, made++)
    const before = round === 0 ? 0 : 5
    const events = await follower.told(before + 10)
    seen.push(...events.map(({ data }) => data['fault']))
    id = round % 2 === 0 ? follower.lastId : (events.at(-1)?.id ?? '')
    follower[Symbol.dispose]()
    for (let i = 0; i < 5; i++) await add(rig, made++)
  }
  expect(seen).toEqual(Array.from({ length: 295 }, (_, i) => `f${i}`))
})

async function add(rig: EventsRig, n: number): Promise<void> {
  await rig.control.addFault('pg', { name: `f${n}`, type: 'latency', latency: 1 })
  await rig.control.removeFault('pg', `f${n}`)
}

test('what is no more there is said to be missed, and the rest comes', async () => {
  await using rig = await EventsRig.listening({ kept: 4 })
  await rig.proxy('pg')
  using first = await rig.follow('?type=fault-*')
  for (let i = 0; i < 3; i++) await add(rig, i)
  const [added, removed] = await first.told(6)
  using back = await rig.follow('?type=fault-added', { 'last-event-id': removed?.id ?? '' })
  await back.told(2)
  expect(back.events.map(({ event, data }) => [event, data['fault'] ?? data['reason']])).toEqual([
    ['fault-added', 'f1'],
    ['fault-added', 'f2'],
  ])
  await add(rig, 3)
  using late = await rig.follow(`?type=fault-added&last_event_id=${added?.id}`)
  await late.told(3)
  expect(late.events.map(({ event, id, data }) => [event, id === undefined, data['fault'] ?? data['reason']])).toEqual([
    ['missed', true, 'too_old'],
    ['fault-added', false, 'f2'],
    ['fault-added', false, 'f3'],
  ])
})

test('an id of another process is told of, and everything that is there comes', async () => {
  await using rig = await EventsRig.listening()
  await rig.proxy('pg')
  using back = await rig.follow('?type=proxy-*', { 'last-event-id': 'abcdef-700' })
  await back.told(3)
  expect(back.names).toEqual(['missed', 'proxy-started', 'proxy-created'])
  expect(back.events[0]?.data).toMatchObject({ type: 'missed', after: 'abcdef-700', reason: 'restarted' })
  using foreign = await rig.follow('?type=proxy-*', { 'last-event-id': 'whatever it was' })
  await foreign.told(3)
  expect(foreign.names).toEqual(['missed', 'proxy-started', 'proxy-created'])
})

test('sessions are told while somebody listens', async () => {
  await using rig = await EventsRig.listening()
  await using echo = await echoServer()
  const listen = await rig.proxy('pg', echo.address)
  expect(rig.dataPlane.events.listenerCount('session-opened')).toBe(0)
  using follower = await rig.follow('?type=session-*')
  const client = await echoedClient(listen)
  client.destroy()
  const [opened, ended] = await follower.told(2)
  expect(opened).toMatchObject({ event: 'session-opened', data: { proxy: 'pg', upstream: echo.address } })
  expect(ended).toMatchObject({
    event: 'session-ended',
    data: { session: opened?.data['session'], origin: 'client', bytes: { upstream: { received: 1, sent: 1 } } },
  })
})

test('a dial that fails is told', async () => {
  await using rig = await EventsRig.listening()
  const listen = await rig.proxy('pg')
  using follower = await rig.follow()
  const client = connect(Number(listen.split(':')[1]), '127.0.0.1')
  client.on('error', () => {})
  expect(await follower.until('dial-failed')).toMatchObject({ data: { proxy: 'pg', upstream: '127.0.0.1:1' } })
  client.destroy()
})

test('that a fault acts is told once a second, with how often', async () => {
  const clock = new ManualClock()
  await using rig = await EventsRig.listening({ clock })
  await using echo = await echoServer()
  const listen = await rig.proxy('pg', echo.address)
  await rig.control.addFault('pg', { name: 'slow', type: 'latency', latency: 1, direction: 'upstream' })
  const before = await echoedClient(listen)
  using follower = await rig.follow('?type=fault-applied')
  clock.advance(1000)
  before.write('y')
  await once(before, 'data')
  before.write('z')
  await once(before, 'data')
  clock.advance(1000)
  const [applied] = await follower.told(1)
  expect(applied?.data).toMatchObject({ proxy: 'pg', fault: 'slow', more: 2 })
  expect(Number(applied?.data['applied'])).toBeGreaterThan(2)
  clock.advance(1000)
  before.write('z')
  await once(before, 'data')
  clock.advance(1000)
  await follower.told(2)
  expect(follower.events[1]?.data).toMatchObject({ more: 1 })
  before.destroy()
})

test('a storm of 5000 sessions is told in part, and the rest counted', async () => {
  const clock = new ManualClock()
  await using rig = await EventsRig.listening({ clock })
  const listen = await rig.proxy('pg')
  await rig.control.addFault('pg', { name: 'no', type: 'reject' })
  using follower = await rig.follow('?type=session-*')
  const port = Number(listen.split(':')[1])
  for (let batch = 0; batch < 50; batch++) {
    await Promise.all(Array.from({ length: 100 }, () => refused(port)))
  }
  await eventually('all are over', async () => (await rig.dataPlane.sessions({ state: 'live' })).length === 0)
  clock.advance(1000)
  const omitted = await follower.until('sessions-omitted')
  expect(follower.events).toHaveLength(201)
  expect(omitted.data).toMatchObject({ proxy: 'pg', omitted: { 'session-ended': 4800 } })
})

async function refused(port: number): Promise<void> {
  const client = connect(port, '127.0.0.1')
  client.on('error', () => {})
  await new Promise((resolve) => void client.on('close', resolve))
}

test('a reader that does not read is dropped and counted, and nobody waits for it', async () => {
  await using rig = await EventsRig.listening()
  await rig.proxy('pg')
  using reader = await rig.follow('?type=fault-*')
  const socket = connect(Number(rig.admin.address.split(':')[1]), '127.0.0.1')
  await once(socket, 'connect')
  socket.on('error', () => {})
  socket.pause()
  socket.write('GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await eventually('it listens', () => rig.hub.subscribers === 2)
  const body = 'x'.repeat(6000)
  let made = 0
  while (rig.hub.dropped === 0 && made < 10_000) {
    await rig.control.addFault('pg', { name: `f${made}`, type: 'latency', latency: 1 }, { reason: body })
    await rig.control.removeFault('pg', `f${made++}`)
    if (made % 50 === 0) await reader.told(made * 2)
  }
  expect(rig.hub).toMatchObject({ dropped: 1, subscribers: 1 })
  await reader.told(made * 2)
  expect(new Set(reader.events.map(({ id }) => id)).size).toBe(made * 2)
  socket.resume()
  await eventually('its connection is gone', () => socket.closed)
})

test('a sign of life comes every 15 s, and moves those on who are told little', async () => {
  const clock = new ManualClock()
  await using rig = await EventsRig.listening({ clock })
  using follower = await rig.follow('?type=halted')
  const begin = follower.lastId
  await rig.proxy('pg')
  clock.advance(14_999)
  await rig.proxy('redis')
  clock.advance(1)
  await eventually('a comment', () => follower.blocks.length === 2)
  expect(follower.blocks[1]).toBe(`:\nid: ${rig.hub.position}`)
  expect(follower.lastId).not.toBe(begin)
  expect(follower.events).toEqual([])
})

test('101 listeners are one too many', async () => {
  await using rig = await EventsRig.listening()
  const followers = await Promise.all(Array.from({ length: 100 }, () => rig.follow('?type=halted')))
  const answer = await fetch(`${rig.url}/v1/events`)
  expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([503, 'too_many_subscribers'])
  followers[0]?.[Symbol.dispose]()
  await eventually('one has left', () => rig.hub.subscribers === 99)
  using next = await rig.follow('?type=halted')
  expect(next.response.statusCode).toBe(200)
  for (const follower of followers) follower[Symbol.dispose]()
})

test('the time-out of handlers does not end a stream', async () => {
  await using rig = await EventsRig.listening({}, { limits: { handlerMs: 50 } })
  using follower = await rig.follow()
  await new Promise((resolve) => setTimeout(resolve, 200))
  await rig.proxy('pg')
  await follower.told(2)
  expect(follower.ended).toBe(false)
})

test('stopping ends every stream in good order, and does not wait for who does not read', async () => {
  await using rig = await EventsRig.listening()
  using follower = await rig.follow()
  const socket = connect(Number(rig.admin.address.split(':')[1]), '127.0.0.1')
  await once(socket, 'connect')
  socket.on('error', () => {})
  socket.pause()
  socket.write('GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await eventually('both listen', () => rig.hub.subscribers === 2)
  await rig.proxy('pg')
  const reason = 'x'.repeat(12_000)
  // More than the kernel takes, and less than may wait.
  for (let n = 0; n < 225; n++) {
    await rig.control.addFault('pg', { name: 'f', type: 'latency', latency: 1 }, { reason })
    await rig.control.removeFault('pg', 'f', { reason })
    await setImmediate()
  }
  await follower.told(452)
  const started = performance.now()
  await rig.admin.stop()
  // Not the second that calls under way get.
  expect(performance.now() - started).toBeLessThan(900)
  await eventually('the stream has its end', () => follower.response.complete)
  expect(rig.hub).toMatchObject({ subscribers: 0, dropped: 0 })
  socket.destroy()
})

test('a server tells its events, keeps its audit in a file, and has both ended when it is closed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'foulweather-events-'))
  const auditFile = join(folder, 'audit')
  const server = await startServer({ admin: { port: 0 }, auditFile })
  const url = `http://${server.address}`
  using follower = await Follower.open(`${url}/v1/events?type=proxy-*`, {})
  const body = JSON.stringify({ name: 'pg', listen: '127.0.0.1:0', upstream: '127.0.0.1:1' })
  const headers = { 'x-foulweather-reason': 'drill' }
  expect((await fetch(`${url}/v1/proxies`, { method: 'POST', body, headers })).status).toBe(201)
  const created = await follower.until('proxy-created')
  const { entries } = (await (await fetch(`${url}/v1/audit`)).json()) as { entries: unknown[] }
  expect(await server.metrics()).toContain('\nfoulweather_events_dropped_total 0\n')
  await server.close()
  await eventually('the stream has its end', () => follower.response.complete)
  const lines = (await readFile(auditFile, 'utf8')).split('\n').slice(0, -1)
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(entries)
  expect(entries).toMatchObject([{ action: 'proxy-created', proxy: 'pg', reason: 'drill' }])
  expect(created.data).toMatchObject({ ...(entries[0] as object), type: 'proxy-created' })
  await rm(folder, { recursive: true })
})
