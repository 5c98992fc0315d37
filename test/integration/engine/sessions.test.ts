import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import type { FaultPlan } from '../../../src/core/plan.ts'
import { fault } from '../../support/engine-rig-faults.ts'
import { EngineRig, type RigProxy } from '../../support/engine-rig.ts'
import { Upstream, type Peer } from '../../support/peers.ts'
import { eventually } from '../../support/wait.ts'

test('a session tells what it is and what it has done', async () => {
  await using upstream = await Upstream.start()
  await using rig = new EngineRig()
  const faults = [
    fault('latency', { latency: 1e6 }, { name: 'slow', direction: 'downstream' }),
    fault('noop', {}, { name: 'both', direction: 'both' }),
    fault('timeout', {}, { name: 'spared', probability: 0 }),
  ]
  const proxy = await rig.proxy(upstream, { name: 'db', faults })
  const began = Date.now()
  using client = await proxy.client()
  const server = await upstream.peer()
  client.write('question')
  server.write('the answer')
  await server.reads('question')
  await eventually('the answer is held', () => proxy.sessions()[0]?.held.downstream === 10)
  const [session] = proxy.sessions()
  if (session === undefined) throw new Error('no session')
  expect(session).toEqual({
    id: session.id,
    proxy: 'db',
    ordinal: 1,
    state: 'open',
    client: `127.0.0.1:${client.port}`,
    upstream: upstream.address,
    upstreamAddress: upstream.address,
    started: session.started,
    ageMs: session.ageMs,
    bytes: { upstream: { received: 8, sent: 8 }, downstream: { received: 10, sent: 0 } },
    held: { upstream: 0, downstream: 10 },
    stages: { upstream: ['both'], downstream: ['slow', 'both'] },
    touchedBy: ['slow', 'both'],
    ending: null,
  })
  expect(Math.abs(Date.parse(session.started) - began)).toBeLessThan(10_000)
  expect(session.ageMs).toBeGreaterThanOrEqual(0)
  expect(structuredClone(session)).toEqual(session)
  client.reset()
  await rig.end()
})

test('an ended session keeps what it was, with its ending', async () => {
  await using echo = await Upstream.echo()
  await using rig = new EngineRig()
  const proxy = await rig.proxy(echo)
  using client = await proxy.client()
  await client.ping('12345')
  client.end()
  await rig.end()
  expect(proxy.sessions()).toEqual([])
  const [session] = rig.plane.sessions({ proxy: proxy.name, state: 'ended' })
  expect(session).toMatchObject({
    state: 'ended',
    client: `127.0.0.1:${client.port}`,
    bytes: { upstream: { received: 5, sent: 5 }, downstream: { received: 5, sent: 5 } },
    held: { upstream: 0, downstream: 0 },
    ending: { origin: 'client', reason: 'closed' },
  })
  expect(Date.parse(session?.ending?.at ?? '')).toBeGreaterThanOrEqual(Date.parse(session?.started ?? ''))
})

test('sessions are listed by proxy and state, ids are unique and ordinals count from 1 per proxy', async () => {
  await using echo = await Upstream.echo()
  await using rig = new EngineRig()
  const [a, b] = [await rig.proxy(echo, { name: 'a' }), await rig.proxy(echo, { name: 'b' })]
  using a1 = await a.client()
  using _b1 = await b.client()
  using _a2 = await a.client()
  a1.end()
  await rig.end()
  const shown = (filter: Parameters<typeof rig.plane.sessions>[0]) =>
    rig.plane.sessions(filter).map(({ proxy, ordinal, state }) => `${proxy}${ordinal} ${state}`)
  expect(shown({})).toEqual(['a2 open', 'b1 open'])
  expect(shown({ proxy: 'a', state: 'all' })).toEqual(['a1 ended', 'a2 open'])
  expect(shown({ state: 'ended' })).toEqual(['a1 ended'])
  expect(shown({ proxy: 'none' })).toEqual([])
  expect(new Set(rig.plane.sessions({ state: 'all' }).map(({ id }) => id)).size).toBe(3)
})

test('of the ended ones only the most recent are kept', async () => {
  await using echo = await Upstream.echo()
  await using rig = new EngineRig()
  const proxy = await rig.proxy(echo)
  for (let round = 0; round < 300; round++) {
    using client = await proxy.connect()
    client.end()
    await rig.end(round)
  }
  const kept = rig.plane.sessions({ state: 'ended' })
  expect(kept).toHaveLength(256)
  expect(kept.at(-1)?.ordinal).toBe(300)
  expect(proxy.snapshot.sessions.total).toBe(300)
})

test('bytes are counted exactly, per session and per proxy', async () => {
  await using echo = await Upstream.echo()
  await using rig = new EngineRig()
  const proxy = await rig.proxy(echo)
  const sizes = [1, 2048, 2049, 65_000, 65_001, 1_234_567]
  for (const size of sizes) {
    using client = await proxy.connect()
    client.socket.end(Buffer.alloc(size))
    await eventually('everything has come back', () => client.ended)
    expect(client.received).toBe(size)
  }
  await rig.end(sizes.length - 1)
  for (const [index, size] of sizes.entries()) {
    const counted = { received: size, sent: size }
    expect(rig.ended[index]?.bytes).toEqual({ upstream: counted, downstream: counted })
  }
  const all = sizes.reduce((sum, size) => sum + size, 0)
  expect(proxy.snapshot.bytes).toEqual({
    upstream: { received: all, sent: all },
    downstream: { received: all, sent: all },
  })
  expect(proxy.snapshot.connect.counts.reduce((sum, count) => sum + count, 0)).toBe(sizes.length)
})

function bytes(count: number): { received: number; sent: number } {
  return { received: count, sent: count }
}

// Toxiproxy's metrics carry both addresses. What one name had carried elsewhere used to move to the labels of its newest place.
test('bytes stay with the addresses that they were carried between', async () => {
  await using echo = await Upstream.echo()
  await using other = await Upstream.echo()
  await using rig = new EngineRig()
  const proxy = await rig.proxy(echo)
  const first = { listen: proxy.listen, upstream: echo.address }
  using one = await proxy.connect()
  await one.ping('12345')
  one.end()
  await rig.end()
  await proxy.change({ upstream: other.address })
  using two = await proxy.connect()
  await two.ping('123')
  expect(proxy.snapshot.places).toEqual([
    { ...first, bytes: { upstream: bytes(5), downstream: bytes(5) } },
    { listen: proxy.listen, upstream: other.address, bytes: { upstream: bytes(3), downstream: bytes(3) } },
  ])
  expect(proxy.snapshot.bytes).toEqual({ upstream: bytes(8), downstream: bytes(8) })
})

test('a proxy that never carried anything leaves nothing behind', async () => {
  await using rig = new EngineRig()
  const proxy = await rig.proxy('127.0.0.1:1')
  expect(proxy.snapshot.places).toEqual([])
  await proxy.remove()
  expect(rig.plane.snapshot().proxies).toEqual([])
})

interface Scene {
  readonly rig: EngineRig
  readonly proxy: RigProxy
  readonly client: Peer
  readonly server: Peer
}

const ENDINGS: readonly [ending: string, faults: readonly FaultPlan[], act: (scene: Scene) => void | Promise<void>][] =
  [
    [
      'client:closed',
      [],
      async ({ client, server }) => {
        client.end()
        await eventually('the end reaches the upstream', () => server.ended)
        server.end()
      },
    ],
    [
      'upstream:closed',
      [],
      async ({ client, server }) => {
        server.end()
        await eventually('the end reaches the client', () => client.ended)
        client.end()
      },
    ],
    ['client:reset', [], ({ client }) => client.reset()],
    ['upstream:reset', [], ({ server }) => server.reset()],
    ['injected:limit', [fault('limit_data', { bytes: 3 }, { name: 'limit' })], ({ server }) => server.write('abc')],
    ['injected:gone', [fault('timeout', { timeout: 50 }, { name: 'gone' })], () => {}],
    ['injected:drop', [fault('timeout', {}, { name: 'drop' })], ({ proxy }) => proxy.faults()],
    ['injected:cut', [fault('reset_peer', { timeout: 20 }, { name: 'cut' })], ({ server }) => server.write('x')],
    ['proxy:killed', [], ({ rig, proxy }) => void rig.plane.kill(proxy.sessions()[0]?.id ?? '')],
    ['proxy:disabled', [], async ({ proxy }) => void (await proxy.change({ enabled: false }))],
    ['proxy:deleted', [], ({ proxy }) => proxy.remove()],
    ['proxy:changed', [], async ({ proxy }) => void (await proxy.change({ upstream: '127.0.0.1:1' }))],
    ['proxy:shutdown', [], ({ rig }) => rig.plane.close()],
  ]

describe('every ending says who and why', () => {
  test.each(ENDINGS)('%s', async (ending, faults, act) => {
    await using upstream = await Upstream.start()
    await using rig = new EngineRig()
    const proxy = await rig.proxy(upstream, { faults })
    using client = await proxy.client()
    using server = await upstream.peer()
    await act({ rig, proxy, client, server })
    expect(await rig.ending()).toBe(ending)
    expect(Object.values(proxy.snapshot.sessions.endings)).toEqual([1])
    expect(await client.ending()).toMatch(/reset|killed|cut/.test(ending) ? /ECONNRESET|closed/ : 'FIN')
  })
})

describe('kill', () => {
  test('resets both peers of one session and leaves the others alone', async () => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig()
    const proxy = await rig.proxy(echo)
    using victim = await proxy.client()
    using other = await proxy.client()
    const id = proxy.sessions().find(({ client }) => client === `127.0.0.1:${victim.port}`)?.id ?? ''
    expect(rig.plane.kill(id)).toBe(true)
    expect(await victim.ending()).toBe('ECONNRESET')
    await rig.end()
    expect(rig.plane.kill(id)).toBe(false)
    expect(rig.plane.kill('nonsense')).toBe(false)
    await other.ping()
  })

  test('does not wait for a peer that reads nothing', async () => {
    await using upstream = await Upstream.start((peer) => peer.write(Buffer.alloc(50_000_000)))
    await using rig = new EngineRig()
    const proxy = await rig.proxy(upstream)
    using client = await proxy.client()
    client.pause()
    await eventually('bytes wait', () => (proxy.sessions()[0]?.bytes.downstream.sent ?? 0) > 1_000_000)
    rig.plane.kill(proxy.sessions()[0]?.id ?? '')
    expect(await rig.ending()).toBe('proxy:killed')
    client.resume()
    expect(await client.ending()).toBe('ECONNRESET')
  })

  test('cuts short an orderly close that a peer does not let happen', async () => {
    await using upstream = await Upstream.start((peer) => peer.write(Buffer.alloc(50_000_000)))
    await using rig = new EngineRig()
    const timeout = fault('timeout', { timeout: 300 }, { direction: 'upstream' })
    const proxy = await rig.proxy(upstream, { faults: [timeout] })
    using client = await proxy.client()
    client.pause()
    const session = await eventually('it is closing', () => proxy.sessions().find(({ state }) => state === 'closing'))
    expect(rig.plane.kill(session.id)).toBe(true)
    expect(await rig.ending()).toBe('injected:timeout')
    client.resume()
    expect(await client.ending()).toBe('ECONNRESET')
  })
})

test('events tell of each session once, with what it is', async () => {
  await using echo = await Upstream.echo()
  await using rig = new EngineRig()
  const told: string[] = []
  rig.plane.events.on('session-opened', ({ id, state }) => told.push(`opened ${id} ${state}`))
  rig.plane.events.on('session-ended', ({ id, state, ending }) => told.push(`ended ${id} ${state} ${ending?.reason}`))
  const proxy = await rig.proxy(echo)
  using client = await proxy.client()
  client.end()
  await rig.end()
  expect(told).toEqual(['opened 1 open', 'ended 1 ended closed'])
})

/** The other direction was brought in step after the session had ended, and what it scheduled then stayed for ever: the rig looks for it. */
test('a fault that ends its session by leaving, while another one joins the other direction, leaves nothing scheduled', async () => {
  await using upstream = await Upstream.start()
  await using rig = new EngineRig()
  const proxy = await rig.proxy(upstream, { faults: [fault('timeout', {}, { name: 'gone', direction: 'upstream' })] })
  using _client = await proxy.client()
  await proxy.faults(fault('timeout', { timeout: 1e6 }, { name: 'late', direction: 'downstream' }))
  expect(await rig.ending()).toBe('injected:gone')
  await rig.allEnded()
})

/** Connects and resets when it is told to, and tells when it has. */
const CONNECT_AND_RESET = `
  const { workerData: { port, signals } } = require('node:worker_threads')
  Atomics.wait(signals, 0, 0)
  const socket = require('node:net').connect({ host: '127.0.0.1', port }, () => socket.resetAndDestroy())
  socket.on('close', () => {
    Atomics.store(signals, 1, 1)
    Atomics.notify(signals, 1)
  })
`

/** A client that had reset its connection before it was accepted has no address any more, and was shown as one of a socket file. */
test('a client that is gone before it is accepted has an unknown address', async () => {
  await using echo = await Upstream.echo()
  await using rig = new EngineRig()
  const proxy = await rig.proxy(echo)
  const signals = new Int32Array(new SharedArrayBuffer(8))
  const worker = new Worker(CONNECT_AND_RESET, { eval: true, workerData: { port: proxy.port, signals } })
  await once(worker, 'online')
  Atomics.store(signals, 0, 1)
  Atomics.notify(signals, 0)
  // From here to there this thread sleeps, and accepts nobody.
  expect(Atomics.wait(signals, 1, 0, 10_000)).not.toBe('timed-out')
  expect((await rig.end()).client).toBe('unknown')
  await worker.terminate()
})
