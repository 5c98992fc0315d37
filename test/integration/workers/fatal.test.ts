import { describe, expect, test } from 'vitest'
import type { ProxyPlan } from '../../../src/core/plan.ts'
import type { DataPlane, ProxyOutcome } from '../../../src/engine/data-plane.ts'
import { createWorkersDataPlane } from '../../../src/engine/workers/workers-data-plane.ts'
import { faultFactory } from '../../../src/faults/index.ts'
import { fault } from '../../support/engine-rig-faults.ts'
import { Peer, Upstream } from '../../support/peers.ts'
import { eventually } from '../../support/wait.ts'

/** Threads that die of some changes, and cannot carry out others. */
class FatalRig implements AsyncDisposable {
  readonly plane: DataPlane
  readonly told: string[] = []

  private constructor(plane: DataPlane) {
    this.plane = plane
    plane.events.on('proxy-started', ({ proxy }) => this.told.push(`+${proxy}`))
    plane.events.on('proxy-stopped', ({ proxy }) => this.told.push(`-${proxy}`))
  }

  static async start(): Promise<FatalRig> {
    const entry = new URL('fatal-entry.ts', import.meta.url)
    return new FatalRig(
      await createWorkersDataPlane({ workers: 2, entry, factory: faultFactory, options: { seed: 1 } }),
    )
  }

  async put(plan: Partial<ProxyPlan>): Promise<ProxyOutcome | undefined> {
    const common = {
      name: 'x',
      listen: '127.0.0.1:0',
      upstream: '127.0.0.1:1',
      enabled: true,
      protocol: 'tcp',
    } as const
    const [outcome] = await this.plane.apply({ put: [{ ...common, faults: [], ...plan }] })
    return outcome
  }

  /** All threads are there again, with the proxy; answers how often they have died. */
  async recovers(): Promise<number> {
    await eventually('all run', () => this.plane.workers().every(({ state }) => state === 'running'))
    await eventually('they listen', async () => (await this.plane.snapshot('x')).proxies[0]?.running === true)
    return this.plane.workers().reduce((sum, worker) => sum + worker.deaths, 0)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.plane.close()
  }
}

const FATAL = fault('noop', {}, { name: 'fatal' })
const IMPOSSIBLE = fault('noop', {}, { name: 'impossible' })

describe.runIf(process.platform === 'linux')('a change that every worker dies of', () => {
  test('is taken back where it adds a fault: they come back with what was in force before', async () => {
    await using rig = await FatalRig.start()
    await using upstream = await Upstream.echo()
    const slicer = fault('slicer', { average_size: 1 })
    const before = { upstream: upstream.address, faults: [slicer] }
    const outcome = await rig.put(before)
    const listen = outcome?.listen ?? ''
    await expect(rig.put({ ...before, listen, faults: [slicer, FATAL] })).rejects.toThrow(
      'the workers have died of the change of proxy "x"',
    )
    expect(await rig.recovers()).toBe(2)
    const port = Number(listen.split(':').at(-1))
    using client = await Peer.connect(port)
    await client.ping()
    const [session] = await rig.plane.sessions()
    expect(session?.stages.downstream).toEqual(['slicer'])
    expect(rig.told).toEqual(['+x'])
  })

  test('is tried by two of them at most where it starts a proxy, and then there is no such proxy', async () => {
    await using rig = await FatalRig.start()
    await rig.put({ name: 'other' })
    await expect(rig.put({ faults: [FATAL] })).rejects.toThrow('the workers have died of the change of proxy "x"')
    // One that was being replaced meanwhile may have met it as well.
    await eventually('all run', () => rig.plane.workers().every(({ state }) => state === 'running'))
    const { proxies } = await rig.plane.snapshot()
    expect(proxies.filter(({ running }) => running).map(({ name }) => name)).toEqual(['other'])
    expect(await rig.put({})).toMatchObject({ running: true })
    expect(rig.told).toEqual(['+other', '+x'])
  })
})

describe.runIf(process.platform === 'linux')('a change that no worker can carry out', () => {
  test('is taken back, and one that dies later is replaced all the same', async () => {
    await using rig = await FatalRig.start()
    const outcome = await rig.put({ faults: [fault('noop')] })
    const listen = outcome?.listen ?? ''
    await expect(rig.put({ listen, faults: [IMPOSSIBLE] })).rejects.toThrow('cannot be done')
    await expect(rig.put({ listen, faults: [FATAL] })).rejects.toThrow('have died')
    expect(await rig.recovers()).toBe(2)
    expect((await rig.plane.snapshot()).proxies).toMatchObject([{ name: 'x', running: true, listen }])
  })
})
