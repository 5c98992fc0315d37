import { describe, expect, test } from 'vitest'
import { Upstream } from '../../support/peers.ts'
import { eventually } from '../../support/wait.ts'
import { WorkersRig } from '../../support/workers-rig.ts'

describe.runIf(process.platform === 'linux')('while a worker is in a loop without end', () => {
  test('what the others have can be looked at and ended, counters do not go back, and changes wait until it is replaced', async () => {
    await using rig = await WorkersRig.start(2)
    await using upstream = await Upstream.echo()
    const deaths: string[] = []
    rig.plane.events.on('worker-died', ({ worker, error }) => deaths.push(`${worker}: ${error}`))
    await rig.put({ name: 'x', upstream: upstream.address })
    const clients = await rig.clients('x', 20)
    await Promise.all(clients.map((client) => client.ping()))
    const before = await rig.snapshot('x')
    rig.order(2, 'hang')
    // Of 20 connections, that all go to one of two has a chance of 2⁻¹⁹.
    await eventually('its sessions cannot be seen', async () => (await rig.plane.sessions()).length < 20)
    const [snapshot, [session], decisions] = await Promise.all([
      rig.snapshot('x'),
      rig.plane.sessions(),
      rig.plane.decisions(),
    ])
    expect(snapshot).toEqual(before)
    expect(decisions).toEqual([])
    expect(await rig.plane.kill(session?.id ?? '')).toBe(true)
    expect(deaths).toEqual([])
    expect(await rig.put({ name: 'x', enabled: false })).toMatchObject({ running: false })
    expect(deaths).toEqual(['2: it has not answered for 15 s'])
    await eventually('it is replaced', () => rig.plane.workers().every(({ state }) => state === 'running'))
    expect((await rig.snapshot('x')).sessions.total).toBe(20)
  }, 60_000)
})
