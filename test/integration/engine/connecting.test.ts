import { describe, expect, test } from 'vitest'
import { fault, updated } from '../../support/engine-rig-faults.ts'
import { EngineRig, type RigProxy } from '../../support/engine-rig.ts'
import { Upstream } from '../../support/peers.ts'
import { eventually } from '../../support/wait.ts'

async function waiting(proxy: RigProxy, count: number): Promise<void> {
  await eventually(`${count} sessions wait`, () => {
    const states = proxy.sessions().filter(({ state }) => state === 'waiting')
    return states.length === count
  })
}

describe('a connection that is not let in', () => {
  test('is reset', async () => {
    await using echo = await Upstream.start()
    await using rig = new EngineRig()
    const proxy = await rig.proxy(echo, { faults: [fault('reject', {}, { direction: 'both' })] })
    // The reset may come before `connect` has told of its success.
    const ending = await proxy.connect().then(
      (client) => client.ending(),
      (error: unknown) => (error instanceof Error ? error.message.split(' ')[1] : ''),
    )
    expect(ending).toBe('ECONNRESET')
    expect(await rig.ending()).toBe('injected:reject')
    expect(echo.peers).toHaveLength(0)
    expect(proxy.snapshot.faults['reject']).toMatchObject({ seen: 1, selected: 1, applied: 1, active: 0 })
    expect(rig.plane.decisions().map(({ kind, what }) => what ?? kind)).toEqual(['session', 'reset'])
  })

  test('is closed, as after a dial that fails', async () => {
    await using echo = await Upstream.start()
    await using rig = new EngineRig()
    const proxy = await rig.proxy(echo, { faults: [fault('connect_fail', { after: 5 }, { direction: 'both' })] })
    using client = await proxy.connect()
    expect(await client.ending()).toBe('FIN')
    expect(await rig.ending()).toBe('injected:connect_fail')
    expect(echo.peers).toHaveLength(0)
  })

  test('hangs, and gets through with what it sent when the fault goes', async () => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig()
    const proxy = await rig.proxy(echo, { faults: [fault('hang', {}, { direction: 'both' })] })
    using client = await proxy.connect()
    client.write('hello')
    await waiting(proxy, 1)
    await eventually('what it sent is held', () => proxy.sessions()[0]?.held.upstream === 5)
    expect(echo.peers).toHaveLength(0)
    await proxy.faults(fault('latency', { latency: 1 }))
    await client.reads('hello')
    expect(proxy.sessions()[0]).toMatchObject({ state: 'open', stages: { downstream: ['latency'] } })
    await client.ping()
  })

  test('hangs, and its end and its half-closed stream are not forgotten', async () => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig()
    const proxy = await rig.proxy(echo, { faults: [fault('hang', {}, { direction: 'both' })] })
    using client = await proxy.connect()
    client.write('question')
    client.end()
    await eventually('what it sent is held', () => proxy.sessions()[0]?.held.upstream === 8)
    await proxy.faults()
    await client.reads('question')
    expect(await client.ending()).toBe('FIN')
    // The first to leave, although the session was not open then.
    expect(await rig.ending()).toBe('client:closed')
  })

  test('hangs, leaves by a reset, and is gone', async () => {
    await using echo = await Upstream.start()
    await using rig = new EngineRig()
    const proxy = await rig.proxy(echo, { faults: [fault('hang', {}, { direction: 'both' })] })
    const client = await proxy.connect()
    client.write('x')
    await eventually('it waits', () => proxy.sessions()[0]?.held.upstream === 1)
    client.reset()
    expect(await rig.ending()).toBe('client:reset')
    expect(echo.peers).toHaveLength(0)
  })

  test('hangs with more than one read to send, of which nothing is lost', async () => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig()
    const proxy = await rig.proxy(echo, { faults: [fault('hang', {}, { direction: 'both' })] })
    using client = await proxy.connect()
    const sent = Buffer.alloc(3_000_000, 'abcdefghijklmnopqrstuvwxyz')
    client.write(sent)
    await eventually('some of it is held', () => (proxy.sessions()[0]?.held.upstream ?? 0) > 0)
    expect(proxy.sessions()[0]?.held.upstream).toBeLessThan(1_000_000)
    await proxy.faults()
    await eventually('it all comes back', () => client.received === sent.length)
    expect(Buffer.concat(client.chunks).equals(sent)).toBe(true)
  })
})

test('a wait passes before the upstream is dialled, and what the client sent meanwhile goes through its faults', async () => {
  await using upstream = await Upstream.start()
  await using rig = new EngineRig()
  const slow = fault('accept_delay', { delay: 60_000 }, { direction: 'both' })
  const limit = fault('limit_data', { bytes: 3 }, { direction: 'upstream' })
  const proxy = await rig.proxy(upstream, { faults: [slow, limit] })
  using client = await proxy.connect()
  client.write('hello')
  await waiting(proxy, 1)
  await eventually('what it sent is held', () => proxy.sessions()[0]?.held.upstream === 5)
  expect(upstream.peers).toHaveLength(0)
  await proxy.faults(updated(slow, { delay: 1 }), limit)
  const server = await upstream.peer()
  await server.reads('hel')
  expect(await server.ending()).toBe('FIN')
  server.end()
  expect(await rig.ending()).toBe('injected:limit_data')
})

test('waits of several faults add up', async () => {
  await using echo = await Upstream.echo()
  await using rig = new EngineRig()
  const [a, b] = ['a', 'b'].map((name) => fault('accept_delay', { delay: 40 }, { name, direction: 'both' }))
  if (a === undefined || b === undefined) throw new Error('two faults')
  const proxy = await rig.proxy(echo, { faults: [a, b] })
  const began = performance.now()
  using client = await proxy.connect()
  await client.ping()
  // Timers are good to a millisecond.
  expect(performance.now() - began).toBeGreaterThan(78)
})

describe('a dial that takes longer', () => {
  test('delays the first byte', async () => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig()
    const proxy = await rig.proxy(echo, { faults: [fault('connect_delay', { delay: 50 }, { direction: 'both' })] })
    using client = await proxy.connect()
    expect(proxy.sessions()[0]?.state ?? 'dialing').toBe('dialing')
    await client.ping()
    const { counts, bounds } = proxy.snapshot.connect
    const slowest = counts.findLastIndex((count) => count > 0)
    expect(bounds[slowest - 1] ?? Infinity).toBeGreaterThanOrEqual(25)
  })

  test('than the dial timeout fails, and it is known by whom', async () => {
    await using echo = await Upstream.start()
    await using rig = new EngineRig({ dialTimeoutMs: 30 })
    const proxy = await rig.proxy(echo, { faults: [fault('connect_delay', { delay: '1h' }, { direction: 'both' })] })
    using client = await proxy.connect()
    expect(await client.ending()).toBe('FIN')
    expect(await rig.ending()).toBe('injected:connect_delay')
    expect(echo.peers).toHaveLength(0)
  })
})

describe('max_sessions', () => {
  test('queues what is too much, first come first served', async () => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig()
    const limit = fault('max_sessions', { max: 2, beyond: 'queue' }, { direction: 'both' })
    const proxy = await rig.proxy(echo, { faults: [limit] })
    using first = await proxy.client()
    using second = await proxy.client()
    using third = await proxy.connect()
    await waiting(proxy, 1)
    using fourth = await proxy.connect()
    third.write('3')
    fourth.write('4')
    await waiting(proxy, 2)
    await first.ping()
    first[Symbol.dispose]()
    await third.reads('3')
    await waiting(proxy, 1)
    expect(fourth.text).toBe('')
    second[Symbol.dispose]()
    await fourth.reads('4')
  })

  test('refuses what is too much at the door, and opens it again', async () => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig()
    const proxy = await rig.proxy(echo, { faults: [fault('max_sessions', { max: 1 }, { direction: 'both' })] })
    using first = await proxy.client()
    await eventually('the door is shut', () => !proxy.snapshot.running)
    await expect(proxy.connect()).rejects.toThrow('ECONNREFUSED')
    await first.ping()
    first[Symbol.dispose]()
    await eventually('the door is open', () => proxy.snapshot.running)
    using next = await proxy.client()
    await next.ping()
  })
})
