import { describe, expect, test } from 'vitest'
import { fault } from '../../support/engine-rig-faults.ts'
import { EngineRig } from '../../support/engine-rig.ts'
import { Upstream } from '../../support/peers.ts'
import { eventually } from '../../support/wait.ts'

describe('a reset passes on as a reset', () => {
  test('from the client to the upstream', async () => {
    await using upstream = await Upstream.start()
    await using rig = new EngineRig()
    const proxy = await rig.proxy(upstream)
    using client = await proxy.client()
    client.reset()
    const server = await upstream.peer()
    expect(await server.ending()).toBe('ECONNRESET')
    expect(server.ended).toBe(false)
    expect(await rig.ending()).toBe('client:reset')
  })

  test('from the upstream to the client', async () => {
    await using upstream = await Upstream.start()
    await using rig = new EngineRig()
    const proxy = await rig.proxy(upstream)
    using client = await proxy.client()
    const server = await upstream.peer()
    server.reset()
    expect(await client.ending()).toBe('ECONNRESET')
    expect(client.ended).toBe(false)
    expect(await rig.ending()).toBe('upstream:reset')
  })

  test('after the end of the other side too', async () => {
    await using upstream = await Upstream.start()
    await using rig = new EngineRig()
    const proxy = await rig.proxy(upstream)
    using client = await proxy.client()
    const server = await upstream.peer()
    server.end()
    await eventually('the end reaches the client', () => client.ended)
    client.reset()
    expect(await server.ending()).toBe('ECONNRESET')
    // The upstream has left first: what the client does after that is its answer.
    expect(await rig.ending()).toBe('upstream:closed')
  })
})

test('softened, it arrives as an orderly end', async () => {
  await using upstream = await Upstream.start()
  await using rig = new EngineRig({ softenResets: true })
  const proxy = await rig.proxy(upstream)
  using client = await proxy.client()
  using other = await proxy.client()
  client.write('last words')
  const server = await upstream.peer(0)
  await server.reads('last words')
  client.reset()
  expect(await server.ending()).toBe('FIN')
  expect(await rig.ending()).toBe('client:reset')
  ;(await upstream.peer(1)).reset()
  expect(await other.ending()).toBe('FIN')
})

describe('behind a delay', () => {
  const slow = fault('latency', { latency: 150 }, { direction: 'both' })

  test.each([false, true])('bytes before a reset arrive before it (softened: %s)', async (softenResets) => {
    await using upstream = await Upstream.start()
    await using rig = new EngineRig({ softenResets })
    const proxy = await rig.proxy(upstream, { faults: [slow] })
    using client = await proxy.client()
    const bytes = Buffer.alloc(20_000, 'x')
    client.write(bytes)
    await eventually('the proxy has read them', () => proxy.sessions()[0]?.bytes.upstream.received === bytes.length)
    client.reset()
    const server = await upstream.peer()
    await eventually('they arrive', () => server.received === bytes.length)
    expect(await server.ending()).toBe(softenResets ? 'FIN' : 'ECONNRESET')
    expect(await rig.ending()).toBe('client:reset')
  })

  test('a second reset, from the other side, ends it at once', async () => {
    await using upstream = await Upstream.start()
    await using rig = new EngineRig()
    const forever = fault('latency', { latency: 1e7 }, { direction: 'upstream' })
    const proxy = await rig.proxy(upstream, { faults: [forever] })
    using client = await proxy.client()
    client.write('never arrives')
    await eventually('the proxy has read it', () => proxy.sessions()[0]?.bytes.upstream.received === 13)
    client.reset()
    const server = await upstream.peer()
    await eventually('the reset waits', () => proxy.sessions()[0]?.held.upstream === 13)
    server.reset()
    expect(await rig.ending()).toBe('client:reset')
  })
})

/**
 * An end and a reset that were due together (both held by a delay that was then removed) shut the socket down and reset it in the same turn
 * of the loop. libuv refuses that reset, Node had forgotten the handle already: no `close` ever came, the session stayed `closing` for
 * ever, and its file descriptor was lost.
 */
test('an end and a reset that are let go together end the session', async () => {
  await using upstream = await Upstream.start()
  await using rig = new EngineRig()
  const proxy = await rig.proxy(upstream, { faults: [fault('latency', { latency: 1e6 }, { direction: 'upstream' })] })
  using client = await proxy.client()
  client.write('bye')
  client.end()
  await eventually('the proxy has read it', () => proxy.sessions()[0]?.held.upstream === 3)
  const server = await upstream.peer()
  // The client's socket is half-closed and is not read any more: its reset shows when something is written to it.
  client.reset()
  server.write('x')
  await eventually('the proxy has seen it', () => {
    server.write('x')
    return server.closed || proxy.sessions()[0]?.bytes.downstream.sent !== 0
  })
  await proxy.faults()
  await eventually('the session is over', () => rig.ended.length === 1)
  expect(server.text).toBe('bye')
})

// libuv reports a reset that comes together with bytes as an orderly end. Whether it does depends on what comes in which turn.
test('a reset that comes together with bytes is a reset', async () => {
  await using upstream = await Upstream.start()
  await using rig = new EngineRig()
  const proxy = await rig.proxy(upstream)
  for (let index = 0; index < 30; index++) {
    using client = await proxy.client()
    client.write('last words')
    client.reset()
    expect(await rig.ending(index)).toBe('client:reset')
  }
})
