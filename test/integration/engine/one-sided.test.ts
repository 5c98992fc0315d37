import { describe, expect, test } from 'vitest'
import type { AbortHow } from '../../../src/core/outlet.ts'
import { PassThrough } from '../../../src/faults/pass-through.ts'
import { faultFactory } from '../../../src/faults/index.ts'
import { fault } from '../../support/engine-rig-faults.ts'
import { EngineRig, type RigProxy } from '../../support/engine-rig.ts'
import { Upstream } from '../../support/peers.ts'
import { eventually } from '../../support/wait.ts'

/** A `noop` that ends the session in the given way once `stop` passes upstream. */
function rigEndingWith(how: AbortHow): EngineRig {
  return new EngineRig({
    factory: {
      ...faultFactory,
      stage: (plan, context, previous) => {
        if (plan.type !== 'noop') return faultFactory.stage(plan, context, previous)
        const stage = new PassThrough()
        stage.chunk = (bytes, at) => {
          if (bytes.toString() !== 'stop') return stage.next.chunk(bytes, at)
          stage.next.abort(at, how, context.ending)
          return Infinity
        }
        return stage
      },
    },
  })
}

async function proxyOf(rig: EngineRig, upstream: Upstream): Promise<RigProxy> {
  return await rig.proxy(upstream, { faults: [fault('noop', {}, { name: 'cut', direction: 'upstream' })] })
}

describe.each([
  ['reset-client', 'ECONNRESET', 'FIN'],
  ['reset-server', 'FIN', 'ECONNRESET'],
] as const)('%s', (how, atClient, atServer) => {
  test('resets one peer and closes the other', async () => {
    await using upstream = await Upstream.start()
    await using rig = rigEndingWith(how)
    const proxy = await proxyOf(rig, upstream)
    using client = await proxy.client()
    const server = await upstream.peer()
    client.write('stop')
    expect(await client.ending()).toBe(atClient)
    expect(await server.ending()).toBe(atServer)
    client.end()
    server.end()
    expect(await rig.ending()).toBe('injected:cut')
  })
})

describe('a peer that is lost', () => {
  test('the server: the client is not told, and what it sends vanishes, until it leaves', async () => {
    await using upstream = await Upstream.start()
    await using rig = rigEndingWith('lose-server')
    const proxy = await proxyOf(rig, upstream)
    using client = await proxy.client()
    const server = await upstream.peer()
    client.write('stop')
    expect(await server.ending()).toBe('ECONNRESET')
    await eventually('it is half open', () => proxy.sessions()[0]?.state === 'half_open')
    // Far more than any buffer holds: it is really read.
    const much = Buffer.alloc(30_000_000)
    await new Promise<void>((taken) => {
      client.socket.write(much, () => taken())
    })
    expect([client.ended, client.closed, client.error]).toEqual([false, false, undefined])
    expect(proxy.sessions()[0]).toMatchObject({ state: 'half_open', ending: null })
    client.end()
    expect(await rig.ending()).toBe('injected:cut')
  })

  test('the client: the server is not told', async () => {
    await using upstream = await Upstream.start()
    await using rig = rigEndingWith('lose-client')
    const proxy = await proxyOf(rig, upstream)
    using client = await proxy.client()
    const server = await upstream.peer()
    client.write('stop')
    expect(await client.ending()).toBe('ECONNRESET')
    await eventually('it is half open', () => proxy.sessions()[0]?.state === 'half_open')
    await new Promise<void>((taken) => {
      server.socket.write(Buffer.alloc(30_000_000), () => taken())
    })
    expect([server.ended, server.closed]).toEqual([false, false])
    server.reset()
    expect(await rig.ending()).toBe('injected:cut')
  })

  test('with writes to it still under way', async () => {
    await using upstream = await Upstream.deaf()
    await using rig = rigEndingWith('lose-server')
    const proxy = await proxyOf(rig, upstream)
    using client = await proxy.client()
    client.write(Buffer.alloc(8_000_000, 'x'))
    await eventually('the server takes no more', () => {
      const [session] = proxy.sessions()
      return session !== undefined && session.bytes.upstream.received > 100_000
    })
    using other = await proxy.client()
    other.write('stop')
    await eventually('the other is half open', () => proxy.sessions()[1]?.state === 'half_open')
    expect(proxy.sessions()[0]?.state).toBe('open')
  })

  test('the fault goes: whoever is left is reset, because bytes are missing', async () => {
    await using upstream = await Upstream.start()
    await using rig = rigEndingWith('lose-server')
    const proxy = await proxyOf(rig, upstream)
    using client = await proxy.client()
    client.write('stop')
    await eventually('it is half open', () => proxy.sessions()[0]?.state === 'half_open')
    await proxy.faults()
    expect(await client.ending()).toBe('ECONNRESET')
    expect(await rig.ending()).toBe('injected:cut')
  })

  test.each(['kill', 'disable'])('%s ends what is left', async (way) => {
    await using upstream = await Upstream.start()
    await using rig = rigEndingWith('lose-server')
    const proxy = await proxyOf(rig, upstream)
    using client = await proxy.client()
    client.write('stop')
    const [session] = await eventually('it is half open', () => {
      const sessions = proxy.sessions()
      return sessions[0]?.state === 'half_open' ? sessions : undefined
    })
    if (way === 'kill') rig.plane.kill(session?.id ?? '')
    else await proxy.change({ enabled: false })
    expect(await rig.ending()).toBe('injected:cut')
    expect(await client.ending()).toBe(way === 'kill' ? 'ECONNRESET' : 'FIN')
  })
})
