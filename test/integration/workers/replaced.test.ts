import { once } from 'node:events'
import { mkdtemp } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Peer, Upstream } from '../../support/peers.ts'
import { fault } from '../../support/engine-rig-faults.ts'
import { eventually } from '../../support/wait.ts'
import { WorkersRig } from '../../support/workers-rig.ts'

/** The names of proxies, with a sign for what is told of them. */
function startsAndStops(rig: WorkersRig): readonly string[] {
  const told: string[] = []
  rig.plane.events.on('proxy-started', ({ proxy }) => told.push(`+${proxy}`))
  rig.plane.events.on('proxy-stopped', ({ proxy }) => told.push(`-${proxy}`))
  rig.plane.events.on('door-shut', ({ proxy }) => told.push(`shut ${proxy}`))
  return told
}

async function died(rig: WorkersRig, worker: number): Promise<void> {
  const told = once(rig.plane.events, 'worker-died')
  rig.order(worker)
  await told
}

describe.runIf(process.platform === 'linux')('while a worker is being replaced', () => {
  test('what is in force is no news: only changes are told, and all of them, whoever has died', async () => {
    await using rig = await WorkersRig.start(2)
    const told = startsAndStops(rig)
    await rig.put({ name: 'x' })
    await rig.put({ name: 'd', faults: [fault('refuse')] })
    expect(told).toEqual(['+x', '+d', 'shut d'])
    await died(rig, 1)
    // The first worker speaks for all of them, as long as it is there.
    await rig.put({ name: 'y' })
    await rig.put({ name: 'y', enabled: false })
    expect(told.slice(3)).toEqual(['+y', '-y'])
    await once(rig.plane.events, 'worker-replaced')
    await rig.put({ name: 'x', upstream: '127.0.0.1:2' })
    await rig.plane.apply({ remove: ['x', 'y'] })
    await rig.plane.close()
    expect(told.slice(5)).toEqual(['-x', '+x', '-x', '-d'])
  })

  test('a start that it dies in the middle of is carried out by the others', async () => {
    await using rig = await WorkersRig.start(2)
    await using upstream = await Upstream.echo()
    rig.order(1, 'die at the next change')
    await rig.plane.sessions()
    await new Promise((resolve) => setTimeout(resolve, 50))
    const outcome = await rig.put({ name: 'x', upstream: upstream.address })
    expect(outcome).toMatchObject({ running: true })
    const clients = await rig.clients('x', 4)
    await Promise.all(clients.map((client) => client.ping()))
    await once(rig.plane.events, 'worker-replaced')
  })

  test('a socket file that somebody has taken meanwhile is tried again until it is free, and said to be taken', async () => {
    await using rig = await WorkersRig.start(2)
    await using upstream = await Upstream.echo()
    const path = join(await mkdtemp(join(tmpdir(), 'workers-')), 'a')
    await rig.put({ name: 'x', listen: `unix:${path}`, upstream: upstream.address })
    const failures: object[] = []
    rig.plane.events.on('reopen-failed', ({ proxy, listen }) => failures.push({ proxy, listen }))
    await died(rig, 1)
    const other = createServer().listen(path)
    await once(other, 'listening')
    await once(rig.plane.events, 'worker-replaced')
    await eventually('it is said', () => failures.length > 0)
    expect(failures[0]).toEqual({ proxy: 'x', listen: `unix:${path}` })
    expect(await rig.snapshot('x')).toMatchObject({ running: false })
    other.close()
    await eventually('it listens again', async () => (await rig.snapshot('x')).running)
    using client = await Peer.connect({ path })
    await client.ping()
  })

  test('a socket file that is asked for while its worker is away is listened on when that is back', async () => {
    await using rig = await WorkersRig.start(2)
    await using upstream = await Upstream.echo()
    const path = join(await mkdtemp(join(tmpdir(), 'workers-')), 'a')
    await died(rig, 1)
    const outcome = await rig.put({ name: 'x', listen: `unix:${path}`, upstream: upstream.address })
    expect(outcome).toEqual({ name: 'x', running: true, listen: `unix:${path}` })
    using client = await Peer.connect({ path })
    await client.ping()
  })

  test('a proxy can be started: a new worker that comes amid that is in step all the same', async () => {
    await using rig = await WorkersRig.start(2)
    const replaced = once(rig.plane.events, 'worker-replaced')
    rig.order(2)
    const over = new AbortController()
    const faults = [fault('noop', {}, { limits: { maxActive: 1 } })]
    // Of so many, one is always being started: that takes as long as it takes to find out that there is no such name.
    const busy = Array.from({ length: 20 }, async (_, n) => {
      while (!over.signal.aborted) {
        expect(await rig.put({ name: `x${n}`, listen: 'nowhere.invalid:0', faults })).toMatchObject({ running: false })
        await rig.plane.apply({ remove: [`x${n}`] })
      }
    })
    await replaced
    over.abort()
    await Promise.all(busy)
    expect(rig.plane.workers()).toMatchObject([{ deaths: 0 }, { deaths: 1, state: 'running' }])
  })
})

describe.runIf(process.platform === 'linux')('the end', () => {
  test('comes, also where a worker is in a loop without end', async () => {
    const rig = await WorkersRig.start(2)
    await rig.put({ name: 'x' })
    rig.order(2, 'hang')
    await new Promise((resolve) => setTimeout(resolve, 100))
    await rig.plane.close()
    await expect(Peer.connect(rig.port('x'))).rejects.toThrow('ECONNREFUSED')
    expect(rig.plane.workers().map(({ state }) => state)).toEqual(['closing', 'closing'])
  }, 15_000)

  test('comes while a worker is being replaced, and nothing is started any more', async () => {
    const rig = await WorkersRig.start(2)
    await rig.put({ name: 'x' })
    await died(rig, 2)
    await rig.plane.close()
    await new Promise((resolve) => setTimeout(resolve, 300))
    await expect(Peer.connect(rig.port('x'))).rejects.toThrow('ECONNREFUSED')
    expect((await rig.plane.snapshot()).proxies.some(({ running }) => running)).toBe(false)
  })
})
