import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { ProxyPlan } from '../../../src/core/plan.ts'
import { fault } from '../../support/engine-rig-faults.ts'
import { EngineRig, refusal } from '../../support/engine-rig.ts'
import { Peer, Upstream } from '../../support/peers.ts'
import { HangingUpstream } from '../../support/peers-hanging.ts'
import { freePort } from '../../support/ports.ts'
import { eventually } from '../../support/wait.ts'

async function refused(port: number): Promise<boolean> {
  return await Peer.connect(port).then(
    (peer) => {
      peer[Symbol.dispose]()
      return false
    },
    (error: NodeJS.ErrnoException) => error.code === 'ECONNREFUSED',
  )
}

function planOf(name: string, listen: string, upstream = '127.0.0.1:1'): ProxyPlan {
  return { name, listen, upstream, enabled: true, protocol: 'tcp', faults: [] }
}

describe('a proxy that is disabled', () => {
  test('refuses connects and has dropped its sessions as soon as that is answered', async () => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig()
    const proxy = await rig.proxy(echo)
    using client = await proxy.client()
    const outcome = await proxy.change({ enabled: false })
    expect(outcome).toEqual({ name: proxy.name, running: false, listen: proxy.listen })
    expect(await refused(proxy.port)).toBe(true)
    expect(await client.ending()).toBe('FIN')
    expect(await (await echo.peer()).ending()).toBe('FIN')
    expect(await rig.ending()).toBe('proxy:disabled')
    expect(proxy.snapshot.running).toBe(false)
  })

  test('comes back on the same port', async () => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig()
    const proxy = await rig.proxy(echo)
    const { port } = proxy
    for (let round = 0; round < 5; round++) {
      using client = await proxy.client()
      await proxy.change({ enabled: false })
      await client.ending()
      expect(await proxy.change({ enabled: true })).toMatchObject({ running: true, listen: `127.0.0.1:${port}` })
      using again = await proxy.connect()
      await again.ping()
    }
  })

  test('does not let its faults delay the drop, and what they held is gone', async () => {
    await using upstream = await Upstream.start()
    await using rig = new EngineRig()
    const faults = [
      fault('latency', { latency: 1e6 }, { direction: 'both' }),
      fault('slow_close', { delay: 1e6 }, { direction: 'both' }),
    ]
    const proxy = await rig.proxy(upstream, { faults })
    using client = await proxy.client()
    client.write('held')
    await eventually('it is held', () => proxy.sessions()[0]?.held.upstream === 4)
    await proxy.change({ enabled: false })
    expect(await client.ending()).toBe('FIN')
    expect((await upstream.peer()).text).toBe('')
  })

  test('and enabled twice stays what it is', async () => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig()
    const proxy = await rig.proxy(echo)
    using client = await proxy.client()
    expect(await proxy.change({ enabled: true })).toMatchObject({ running: true })
    await client.ping()
    await proxy.change({ enabled: false })
    expect(await proxy.change({ enabled: false })).toMatchObject({ running: false })
  })
})

describe('a proxy that is deleted', () => {
  test('frees its name and its port at once', async () => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig()
    const proxy = await rig.proxy(echo)
    using client = await proxy.client()
    await proxy.remove()
    expect(await refused(proxy.port)).toBe(true)
    expect(await client.ending()).toBe('FIN')
    expect(await rig.ending()).toBe('proxy:deleted')
    const again = await rig.proxy(echo, { name: proxy.name, listen: proxy.listen })
    using fresh = await again.client()
    expect(again.sessions()).toMatchObject([{ ordinal: 1 }])
    expect(again.snapshot.sessions).toMatchObject({ total: 2, active: 1 })
    await fresh.ping()
  })

  test('stays in the snapshot, so that no counter goes back', async () => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig()
    const proxy = await rig.proxy(echo)
    using client = await proxy.client()
    await client.ping('12345')
    await proxy.remove()
    await rig.allEnded()
    expect(proxy.snapshot).toMatchObject({
      listen: proxy.listen,
      upstream: echo.address,
      running: false,
      sessions: { total: 1, active: 0, endings: { 'proxy:deleted': 1 } },
      bytes: { upstream: { received: 5, sent: 5 }, downstream: { received: 5, sent: 5 } },
    })
  })

  test('may give its port to another one in the same change', async () => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig()
    const old = await rig.proxy(echo)
    const [outcome] = await rig.plane.apply({ remove: [old.name], put: [planOf('new', old.listen, echo.address)] })
    expect(outcome).toEqual({ name: 'new', running: true, listen: old.listen })
  })
})

describe('a proxy that changes', () => {
  test('its upstream drops its sessions and serves new ones from there', async () => {
    await using one = await Upstream.start((peer) => peer.write('one'))
    await using two = await Upstream.start((peer) => peer.write('two'))
    await using rig = new EngineRig()
    const states: string[] = []
    rig.plane.events.on('proxy-stopped', ({ upstream }) => states.push(`stopped ${upstream}`))
    rig.plane.events.on('proxy-started', ({ upstream }) => states.push(`started ${upstream}`))
    const proxy = await rig.proxy(one)
    const { listen } = proxy
    using client = await proxy.connect()
    await client.reads('one')
    expect(await proxy.change({ upstream: two.address })).toMatchObject({ running: true, listen })
    expect(await client.ending()).toBe('FIN')
    expect(await rig.ending()).toBe('proxy:changed')
    using other = await proxy.connect()
    await other.reads('two')
    expect(states).toEqual([`started ${one.address}`, `stopped ${one.address}`, `started ${two.address}`])
  })

  test('its address moves there', async () => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig()
    const proxy = await rig.proxy(echo)
    const old = proxy.port
    await proxy.change({})
    await proxy.change({ listen: '127.0.0.1:0' })
    expect(proxy.port).not.toBe(old)
    expect(await refused(old)).toBe(true)
    using client = await proxy.connect()
    await client.ping()
  })

  test('addresses with another one in the same change gets the other one’s', async () => {
    await using rig = new EngineRig()
    const [a, b] = [await rig.proxy('127.0.0.1:1'), await rig.proxy('127.0.0.1:2')]
    const outcomes = await rig.plane.apply({
      put: [
        { ...a.plan, listen: b.listen },
        { ...b.plan, listen: a.listen },
      ],
    })
    expect(outcomes).toEqual([
      { name: a.name, running: true, listen: b.listen },
      { name: b.name, running: true, listen: a.listen },
    ])
  })

  test('to a taken address is stopped, and says why; the others of the change are not touched', async () => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig()
    const proxy = await rig.proxy(echo)
    const taken = `127.0.0.1:${echo.port}`
    const outcomes = await rig.plane.apply({
      put: [{ ...proxy.plan, listen: taken }, planOf('fine', '127.0.0.1:0'), planOf('nonsense', 'nonsense')],
    })
    expect(outcomes.map(({ running }) => running)).toEqual([false, true, false])
    const [moved, , nonsense] = outcomes
    if (moved === undefined || nonsense === undefined) throw new Error('no outcomes')
    expect(refusal(moved)).toBe(`listen tcp ${taken}: bind: address already in use`)
    expect(refusal(nonsense)).toBe('listen tcp: address nonsense: missing port in address')
    expect(await refused(proxy.port)).toBe(true)
    expect(await proxy.change({ listen: '127.0.0.1:0' })).toMatchObject({ running: true })
  })

  test.each([
    ['192.0.2.1:0', 'cannot assign requested address'],
    ['name.invalid:80', 'no such host'],
  ])('to %s is refused: %s', async (listen, why) => {
    await using rig = new EngineRig()
    await expect(rig.proxy('127.0.0.1:1', { listen })).rejects.toMatchObject({
      code: 'listen_failed',
      message: expect.stringContaining(why),
    })
  })

  test('nothing but its faults keeps its sessions', async () => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig()
    const proxy = await rig.proxy(echo)
    using client = await proxy.client()
    await proxy.faults(fault('noop', {}, { direction: 'both' }))
    expect(proxy.sessions()).toMatchObject([{ stages: { upstream: ['noop'], downstream: ['noop'] } }])
    await client.ping()
    await proxy.faults()
    expect(proxy.sessions()).toMatchObject([{ stages: { upstream: [], downstream: [] } }])
    await client.ping()
  })
})

describe('with a drain time', () => {
  test('sessions may finish', async () => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig({ drainMs: 60_000 })
    const proxy = await rig.proxy(echo)
    using client = await proxy.client()
    await proxy.change({ enabled: false })
    expect(await refused(proxy.port)).toBe(true)
    await client.ping()
    client.end()
    expect(await client.ending()).toBe('FIN')
    expect(await rig.ending()).toBe('client:closed')
  })

  test('sessions that do not are dropped when it is over', async () => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig({ drainMs: 200 })
    const proxy = await rig.proxy(echo)
    using client = await proxy.client()
    const began = performance.now()
    await proxy.change({ enabled: false })
    expect(await client.ending()).toBe('FIN')
    expect(performance.now() - began).toBeGreaterThanOrEqual(199)
    expect(await rig.ending()).toBe('proxy:disabled')
  })

  test('sessions of a deleted proxy drain too, and are counted under its name', async () => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig({ drainMs: 300 })
    const proxy = await rig.proxy(echo)
    using client = await proxy.client()
    await proxy.remove()
    await client.ping()
    expect(proxy.sessions()).toHaveLength(1)
    const again = await rig.proxy(echo, { name: proxy.name })
    using fresh = await again.client()
    expect(again.snapshot.sessions).toEqual({ total: 2, active: 2, endings: {} })
    expect(await rig.ending()).toBe('proxy:deleted')
    await fresh.ping()
  })

  /** Each further change started the time anew: a proxy that was changed again and again never got rid of its old sessions. */
  test('another change gives sessions that drain already no more time', async () => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig({ drainMs: 400 })
    const proxy = await rig.proxy(echo)
    using client = await proxy.client()
    const began = performance.now()
    while (!client.ended && performance.now() - began < 5000) {
      await proxy.change({})
      await proxy.change({ listen: '127.0.0.1:0' })
      await sleep(20)
    }
    expect(client.ended).toBe(true)
    expect(await rig.ending()).toBe('proxy:changed')
  })

  test('a session that is closing already, to a peer that takes nothing, gets no more than that either', async () => {
    await using upstream = await Upstream.start((peer) => peer.write(Buffer.alloc(50_000_000)))
    await using rig = new EngineRig({ drainMs: 100 })
    const timeout = fault('timeout', { timeout: 300 }, { direction: 'upstream' })
    const proxy = await rig.proxy(upstream, { faults: [timeout] })
    using client = await proxy.client()
    client.pause()
    await eventually('it is closing', () => proxy.sessions()[0]?.state === 'closing')
    await proxy.change({ enabled: false })
    expect(await rig.ending()).toBe('injected:timeout')
  })

  test('a session that begins to close while it drains gets no more than what is left', async () => {
    await using upstream = await Upstream.start((peer) => peer.write(Buffer.alloc(50_000_000)))
    await using rig = new EngineRig({ drainMs: 500 })
    const proxy = await rig.proxy(upstream, { faults: [fault('timeout', { timeout: 200 }, { direction: 'upstream' })] })
    using client = await proxy.client()
    client.pause()
    await proxy.change({ enabled: false })
    await eventually('it is closing', () => proxy.sessions()[0]?.state === 'closing')
    expect(await rig.ending()).toBe('injected:timeout')
  })

  test('a session that is not open yet has nothing to finish', async () => {
    await using hanging = await HangingUpstream.start()
    await using rig = new EngineRig({ drainMs: 60_000, dialTimeoutMs: 60_000 })
    const proxy = await rig.proxy(hanging)
    using client = await proxy.connect()
    await eventually('it dials', () => proxy.sessions()[0]?.state === 'dialing')
    await proxy.change({ enabled: false })
    expect(await client.ending()).toBe('FIN')
    expect(await rig.ending()).toBe('proxy:disabled')
  })
})

/**
 * A proxy that was deleted or disabled while its listener was still being opened forgot about that listener: it stayed, accepted
 * connections for a proxy that did not exist, and kept its port until the process ended.
 */
describe('a start that is overtaken', () => {
  test('by a removal leaves no listener', async () => {
    await using rig = new EngineRig()
    const plan = planOf('p', `127.0.0.1:${await freePort()}`)
    const starting = rig.plane.apply({ put: [plan] })
    await rig.plane.apply({ remove: ['p'] })
    expect(await starting).toEqual([{ name: 'p', running: false, listen: plan.listen }])
    expect(await refused(Number(plan.listen.split(':')[1]))).toBe(true)
  })

  test('by a disable leaves no listener', async () => {
    await using rig = new EngineRig()
    const plan = planOf('p', `127.0.0.1:${await freePort()}`)
    const starting = rig.plane.apply({ put: [plan] })
    await rig.plane.apply({ put: [{ ...plan, enabled: false }] })
    await starting
    expect(rig.plane.snapshot().proxies).toMatchObject([{ name: 'p', running: false }])
    expect(await refused(Number(plan.listen.split(':')[1]))).toBe(true)
  })

  test('by a move listens in the new place alone', async () => {
    await using rig = new EngineRig()
    const [one, two] = [planOf('p', `127.0.0.1:${await freePort()}`), planOf('p', `127.0.0.1:${await freePort()}`)]
    const starting = rig.plane.apply({ put: [one] })
    expect(await rig.plane.apply({ put: [two] })).toMatchObject([{ running: true, listen: two.listen }])
    await starting
    expect(await refused(Number(one.listen.split(':')[1]))).toBe(true)
  })

  test('by the end of everything leaves no listener', async () => {
    await using rig = new EngineRig()
    const plan = planOf('p', `127.0.0.1:${await freePort()}`)
    const starting = rig.plane.apply({ put: [plan] })
    await rig.plane.close()
    expect(await starting).toMatchObject([{ running: false }])
    expect(await refused(Number(plan.listen.split(':')[1]))).toBe(true)
  })
})

describe('close', () => {
  test.each([0, 300])('under load ends within the drain time of %d ms and the grace', async (drainMs) => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig({ drainMs })
    const proxy = await rig.proxy(echo, { faults: [fault('latency', { latency: 5 }, { direction: 'both' })] })
    const clients = await Promise.all(Array.from({ length: 30 }, () => proxy.client()))
    const over = new AbortController()
    const pumps = clients.map(async ({ socket }) => {
      while (!over.signal.aborted && !socket.destroyed) {
        socket.write(Buffer.alloc(20_000))
        await sleep(5)
      }
    })
    await eventually('bytes flow', () => clients.every(({ received }) => received > 0))
    const began = performance.now()
    await rig.plane.close()
    expect(performance.now() - began).toBeLessThan(drainMs + 10_000)
    expect(performance.now() - began).toBeGreaterThanOrEqual(drainMs - 1)
    expect(rig.plane.sessions()).toEqual([])
    expect(new Set(rig.ended.map(({ ending }) => ending?.reason))).toEqual(new Set(['shutdown']))
    over.abort()
    await Promise.all(pumps)
    for (const client of clients) client[Symbol.dispose]()
  })

  test('twice, or at once twice, is nothing', async () => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig({ drainMs: 50 })
    const proxy = await rig.proxy(echo)
    using client = await proxy.client()
    await Promise.all([rig.plane.close(), rig.plane.close()])
    await rig.plane.close()
    expect(await client.ending()).toBe('FIN')
    expect(rig.plane.sessions()).toEqual([])
  })
})
