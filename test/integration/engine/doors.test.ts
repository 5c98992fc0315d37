import { createServer } from 'node:net'
import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { fault } from '../../support/engine-rig-faults.ts'
import { EngineRig, type RigProxy } from '../../support/engine-rig.ts'
import { Upstream } from '../../support/peers.ts'
import { eventually } from '../../support/wait.ts'

async function refusal(proxy: RigProxy): Promise<string> {
  return await proxy.connect().then(
    () => 'connected',
    (error: unknown) => (error instanceof Error ? (error.message.split(' ')[1] ?? '') : ''),
  )
}

describe('refuse', () => {
  test('closes the listener at once, leaves live sessions alone, and gives the same address back', async () => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig()
    const told: string[] = []
    rig.plane.events.on('door-shut', (event) => told.push(`shut by ${event.fault}`))
    rig.plane.events.on('door-opened', ({ listen }) => told.push(`open at ${listen}`))
    const proxy = await rig.proxy(echo)
    using client = await proxy.client()
    const { listen } = proxy
    await proxy.faults(fault('refuse', {}, { direction: 'both' }))
    expect(await refusal(proxy)).toBe('ECONNREFUSED')
    expect(proxy.snapshot).toMatchObject({ running: false, listen, sessions: { active: 1 } })
    await client.ping()
    await proxy.faults()
    await eventually('it listens again', () => proxy.snapshot.running)
    using next = await proxy.client()
    await next.ping()
    expect(told).toEqual(['shut by refuse', `open at ${listen}`])
  })

  test('an address is free when a proxy is deleted whose door was about to open again', async () => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig()
    const proxy = await rig.proxy(echo)
    const [host = '', port = ''] = proxy.listen.split(':')
    const plan = {
      name: 'again',
      listen: proxy.listen,
      upstream: echo.address,
      enabled: true,
      protocol: 'tcp',
    } as const
    await rig.plane.apply({ remove: [proxy.name] })
    for (let turn = 0; turn < 30; turn++) {
      const [outcome] = await rig.plane.apply({ put: [{ ...plan, faults: [] }] })
      expect(outcome).toMatchObject({ running: true })
      await rig.plane.apply({ put: [{ ...plan, faults: [fault('refuse', {}, { direction: 'both' })] }] })
      void rig.plane.apply({ put: [{ ...plan, faults: [] }] })
      // Another moment of the opening each time.
      for (let moment = 0; moment < turn; moment++) await Promise.resolve()
      await rig.plane.apply({ remove: ['again'] })
      const other = createServer().listen(Number(port), host)
      await once(other, 'listening')
      other.close()
      await once(other, 'close')
    }
  })

  test.each([
    ['reset', 'ECONNRESET'],
    ['close', 'FIN'],
  ])('with sessions: %s ends them too', async (sessions, ending) => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig()
    const proxy = await rig.proxy(echo)
    using client = await proxy.client()
    await client.ping()
    await proxy.faults(fault('refuse', { sessions }, { direction: 'both' }))
    expect(await client.ending()).toBe(ending)
    expect(await rig.ending()).toBe('injected:refuse')
  })

  // The listener was closed already, so that nobody looked at what else the second one wanted.
  test('with sessions: reset, where another door was shut before', async () => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig()
    const proxy = await rig.proxy(echo)
    using client = await proxy.client()
    const first = fault('refuse', {}, { name: 'first', direction: 'both' })
    await proxy.faults(first)
    await client.ping()
    await proxy.faults(first, fault('refuse', { sessions: 'reset' }, { name: 'second', direction: 'both' }))
    expect(await client.ending()).toBe('ECONNRESET')
    expect(await rig.ending()).toBe('injected:second')
  })

  test('a proxy that starts with it is bound, and shut', async () => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig()
    const proxy = await rig.proxy(echo, { faults: [fault('refuse', {}, { direction: 'both' })] })
    expect(proxy.port).toBeGreaterThan(0)
    expect(await refusal(proxy)).toBe('ECONNREFUSED')
    await proxy.faults()
    await eventually('it listens', () => proxy.snapshot.running)
  })

  test('a proxy that is disabled or removed meanwhile does not come back', async () => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig()
    const shut = fault('refuse', {}, { direction: 'both' })
    const proxy = await rig.proxy(echo, { faults: [shut] })
    await proxy.change({ enabled: false })
    await proxy.faults()
    expect(await refusal(proxy)).toBe('ECONNREFUSED')
    await proxy.change({ enabled: true, faults: [shut] })
    await proxy.remove()
    expect(await refusal(proxy)).toBe('ECONNREFUSED')
  })

  test('an address that somebody has taken meanwhile is tried again', async () => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig()
    const failures: string[] = []
    rig.plane.events.on('reopen-failed', ({ error }) => failures.push(error))
    const proxy = await rig.proxy(echo, { faults: [fault('refuse', {}, { direction: 'both' })] })
    const thief = createServer().listen({ host: '127.0.0.1', port: proxy.port })
    await once(thief, 'listening')
    await proxy.faults()
    await eventually('it is told', () => failures[0]?.includes('address already in use'))
    thief.close()
    await eventually('it listens again', () => proxy.snapshot.running)
    using client = await proxy.client()
    await client.ping()
    expect(proxy.snapshot.listen).toBe(proxy.listen)
  })

  test('opening and shutting in quick turns ends as the last one says, with one listener', async () => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig()
    const proxy = await rig.proxy(echo)
    const told: string[] = []
    rig.plane.events.on('door-shut', () => told.push('shut'))
    rig.plane.events.on('door-opened', () => told.push('open'))
    // An opening that was overtaken still had the address, and its successor took it for somebody else's.
    rig.plane.events.on('reopen-failed', ({ error }) => told.push(error))
    const shut = fault('refuse', {}, { direction: 'both' })
    for (let turn = 0; turn < 25; turn++) {
      void proxy.faults(shut)
      void proxy.faults()
      if (turn % 3 === 0) await proxy.faults(shut)
    }
    await proxy.faults()
    await eventually('it listens', () => proxy.snapshot.running)
    using client = await proxy.client()
    await client.ping()
    await proxy.faults(shut)
    expect(await refusal(proxy)).toBe('ECONNREFUSED')
    expect(told).toEqual(told.map((_, index) => (index % 2 === 0 ? 'shut' : 'open')))
    expect(told.length).toBeGreaterThan(2)
  })
})

test('flap goes away, resets, and comes back, again and again', async () => {
  await using echo = await Upstream.echo()
  await using rig = new EngineRig()
  let shut = 0
  let opened = 0
  rig.plane.events.on('door-shut', () => shut++)
  rig.plane.events.on('door-opened', () => opened++)
  const proxy = await rig.proxy(echo)
  using client = await proxy.client()
  await proxy.faults(fault('flap', { up: 60, down: 40 }, { direction: 'both' }))
  expect(await client.ending()).toBe('ECONNRESET')
  expect(await rig.ending()).toBe('injected:flap')
  await eventually('it has gone three times', () => shut >= 3 && opened >= 2)
  const records = rig.plane.decisions({ fault: 'flap' }).map(({ what }) => what)
  expect(records.slice(0, 4)).toEqual(['shut', 'opened', 'shut', 'opened'])
  await proxy.faults()
  await eventually('it stays', () => proxy.snapshot.running)
})

test('flap with a limit goes away that often, comes back each time, and then stays', async () => {
  await using echo = await Upstream.echo()
  await using rig = new EngineRig()
  const moves: string[] = []
  rig.plane.events.on('door-shut', () => moves.push('shut'))
  rig.plane.events.on('door-opened', () => moves.push('opened'))
  const limits = { maxInjections: 2 }
  const proxy = await rig.proxy(echo, { faults: [fault('flap', { up: 30, down: 50 }, { direction: 'both', limits })] })
  await eventually('it is spent', () => proxy.snapshot.faults['flap']?.state === 'spent' && proxy.snapshot.running)
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(moves).toEqual(['shut', 'opened', 'shut', 'opened'])
})
