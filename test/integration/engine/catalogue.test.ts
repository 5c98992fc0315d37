import { describe, expect, test } from 'vitest'
import { fault } from '../../support/engine-rig-faults.ts'
import { EngineRig } from '../../support/engine-rig.ts'
import { Upstream } from '../../support/peers.ts'
import { eventually } from '../../support/wait.ts'

/** What the peers really see of faults whose stages are tested without sockets. */
const BOTH = { direction: 'both' } as const

describe('half_open', () => {
  test('the server is gone, the client is not told', async () => {
    await using upstream = await Upstream.start()
    await using rig = new EngineRig()
    const proxy = await rig.proxy(upstream, { faults: [fault('half_open', { trigger: 'first-data' }, BOTH)] })
    using client = await proxy.client()
    const server = await upstream.peer()
    client.write('hello?')
    expect(await server.ending()).toBe('ECONNRESET')
    await eventually('it is half open', () => proxy.sessions()[0]?.state === 'half_open')
    client.write('anybody?')
    expect([client.ended, client.closed, client.text]).toEqual([false, false, ''])
    client.reset()
    expect(await rig.ending()).toBe('injected:half_open')
  })

  test('the client is gone a while after the session was opened, the server is not told', async () => {
    await using upstream = await Upstream.start()
    await using rig = new EngineRig()
    const proxy = await rig.proxy(upstream, { faults: [fault('half_open', { side: 'client', after: 20 }, BOTH)] })
    using client = await proxy.client()
    const server = await upstream.peer()
    expect(await client.ending()).toBe('ECONNRESET')
    server.write('still here')
    expect([server.ended, server.closed]).toEqual([false, false])
    server.end()
    expect(await rig.ending()).toBe('injected:half_open')
  })
})

describe('blackhole', () => {
  test('lets neither bytes nor ends through, and who has lost something is reset when it goes', async () => {
    await using upstream = await Upstream.start()
    await using rig = new EngineRig()
    const proxy = await rig.proxy(upstream, { faults: [fault('blackhole', {}, BOTH)] })
    using client = await proxy.client()
    using quiet = await proxy.client()
    const server = await upstream.peer(0)
    client.write('lost')
    server.write('lost too')
    server.end()
    await eventually('both are dropped', () => proxy.snapshot.faults['blackhole']?.applied === 3)
    expect([client.text, client.ended, server.text]).toEqual(['', false, ''])
    await proxy.faults()
    expect(await client.ending()).toBe('ECONNRESET')
    quiet.write('unharmed')
    await (await upstream.peer(1)).reads('unharmed')
  })
})

describe('limit_data', () => {
  test.each([
    ['close', 'FIN'],
    ['reset', 'ECONNRESET'],
  ])('end: %s', async (end, ending) => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig()
    const proxy = await rig.proxy(echo, { faults: [fault('limit_data', { bytes: 4, end })] })
    using client = await proxy.client()
    client.write('abcdefgh')
    expect(await client.ending()).toBe(ending)
    expect(await rig.ending()).toBe('injected:limit_data')
  })

  test('end: stall leaves the connection open and silent', async () => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig()
    const proxy = await rig.proxy(echo, { faults: [fault('limit_data', { bytes: 4, end: 'stall' })] })
    using client = await proxy.client()
    client.write('abcdefgh')
    client.end()
    await client.reads('abcd')
    expect([client.ended, client.closed]).toEqual([false, false])
    await proxy.faults()
    expect(await client.ending()).toBe('ECONNRESET')
    expect(client.text).toBe('abcd')
  })
})

describe('reset_peer', () => {
  test.each([
    ['client', 'ECONNRESET', 'FIN'],
    ['server', 'FIN', 'ECONNRESET'],
    ['both', 'ECONNRESET', 'ECONNRESET'],
  ])('side: %s', async (side, atClient, atServer) => {
    await using upstream = await Upstream.start()
    await using rig = new EngineRig()
    const proxy = await rig.proxy(upstream, { faults: [fault('reset_peer', { side }, { direction: 'upstream' })] })
    using client = await proxy.client()
    const server = await upstream.peer()
    client.write('x')
    expect([await client.ending(), await server.ending()]).toEqual([atClient, atServer])
    client.end()
    server.end()
    expect(await rig.ending()).toBe('injected:reset_peer')
  })

  test.each(['connect', 'idle'])('trigger: %s needs no byte', async (trigger) => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig()
    const proxy = await rig.proxy(echo, { faults: [fault('reset_peer', { trigger, timeout: 30 })] })
    using client = await proxy.client()
    expect(await client.ending()).toBe('ECONNRESET')
  })
})

describe('a connection that lives for a time', () => {
  test.each([
    ['close', 'FIN'],
    ['reset', 'ECONNRESET'],
  ])('lifetime, how: %s', async (how, ending) => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig()
    const proxy = await rig.proxy(echo, { faults: [fault('lifetime', { after: 50, how }, BOTH)] })
    using client = await proxy.client()
    expect(await client.ending()).toBe(ending)
    expect(await rig.ending()).toBe('injected:lifetime')
  })
})

describe('idle_kill', () => {
  test.each([
    ['reset', 'ECONNRESET'],
    ['close', 'FIN'],
  ])('how: %s ends it when nothing has passed for the time', async (how, ending) => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig()
    const proxy = await rig.proxy(echo, { faults: [fault('idle_kill', { after: 60, how }, BOTH)] })
    using client = await proxy.client()
    expect(await client.ending()).toBe(ending)
    expect(await rig.ending()).toBe('injected:idle_kill')
  })

  test('how: reset-on-use hits whoever speaks next', async () => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig()
    const proxy = await rig.proxy(echo, { faults: [fault('idle_kill', { after: 40, how: 'reset-on-use' }, BOTH)] })
    using client = await proxy.client()
    await new Promise((resolve) => setTimeout(resolve, 120))
    expect(client.error).toBeUndefined()
    client.write('x')
    expect(await client.ending()).toBe('ECONNRESET')
  })

  test('how: silent tells nobody, and what is sent then vanishes in both directions', async () => {
    await using upstream = await Upstream.start()
    await using rig = new EngineRig()
    const proxy = await rig.proxy(upstream, { faults: [fault('idle_kill', { after: 1000, how: 'silent' }, BOTH)] })
    using client = await proxy.client()
    const server = await upstream.peer()
    client.write('in time')
    await server.reads('in time')
    await new Promise((resolve) => setTimeout(resolve, 1300))
    client.write('late')
    server.write('late')
    await eventually('both are dropped', () => (proxy.snapshot.faults['idle_kill']?.applied ?? 0) >= 2)
    expect([client.text, client.error, server.text, server.error]).toEqual(['', undefined, 'in time', undefined])
  })
})

test('corrupt changes bytes and keeps their number', async () => {
  await using echo = await Upstream.echo()
  await using rig = new EngineRig()
  const proxy = await rig.proxy(echo, { faults: [fault('corrupt', { spacing: '1KiB' })] })
  using client = await proxy.client()
  const sent = Buffer.alloc(200_000, 'abcdefghijklmnopqrstuvwxyz')
  client.write(sent)
  await eventually('it all comes back', () => client.received === sent.length)
  const got = Buffer.concat(client.chunks)
  const hits = sent.filter((byte, index) => byte !== got[index]).length
  // 195 on average; five standard deviations.
  expect(Math.abs(hits - sent.length / 1024)).toBeLessThan(70)
  expect(proxy.snapshot.faults['corrupt']?.applied).toBe(hits)
})

test('overload resets what does not fit into its queue', async () => {
  await using echo = await Upstream.echo()
  await using rig = new EngineRig()
  const overload = fault('overload', { capacity: 1, queue: 2 }, { direction: 'upstream' })
  const proxy = await rig.proxy(echo, { faults: [overload] })
  const clients = await Promise.all([0, 1, 2, 3].map(() => proxy.client()))
  for (const client of clients) client.write('job')
  await eventually('one is reset', () => clients.some(({ error }) => error === 'ECONNRESET'))
  expect(clients.filter(({ error }) => error !== undefined)).toHaveLength(1)
  expect(await rig.ending()).toBe('injected:overload')
  for (const client of clients) client[Symbol.dispose]()
})

test('one bandwidth for the whole proxy is shared', async () => {
  await using echo = await Upstream.echo()
  await using rig = new EngineRig()
  const proxy = await rig.proxy(echo, { faults: [fault('bandwidth', { rate: 400_000, scope: 'proxy' })] })
  const clients = await Promise.all([0, 1, 2, 3].map(() => proxy.client()))
  const began = performance.now()
  for (const client of clients) client.write(Buffer.alloc(40_000, 'x'))
  await eventually('all has come', () => clients.every(({ received }) => received === 40_000))
  // 160 000 bytes; each alone would take 100 ms.
  expect(performance.now() - began).toBeGreaterThan(390)
  for (const client of clients) client[Symbol.dispose]()
})

describe('the time of a round trip', () => {
  test('latency with handshake is in connecting too', async () => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig()
    const proxy = await rig.proxy(echo, { faults: [fault('latency', { latency: 30, handshake: true }, BOTH)] })
    const began = performance.now()
    using client = await proxy.connect()
    await client.ping()
    // One round trip for the handshake, one for the message.
    expect(performance.now() - began).toBeGreaterThan(118)
  })

  test('link has that of its preset', async () => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig()
    const proxy = await rig.proxy(echo, { faults: [fault('link', { rtt: 80, rate: '10mbit', loss: 0 }, BOTH)] })
    const began = performance.now()
    using client = await proxy.connect()
    await client.ping()
    expect(performance.now() - began).toBeGreaterThan(158)
  })
})
