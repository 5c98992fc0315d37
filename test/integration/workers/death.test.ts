import { describe, expect, test } from 'vitest'
import { Upstream } from '../../support/peers.ts'
import { fault } from '../../support/engine-rig-faults.ts'
import { eventually } from '../../support/wait.ts'
import { WorkersRig } from '../../support/workers-rig.ts'

describe.runIf(process.platform === 'linux')('a worker that dies', () => {
  test('is replaced: its sessions end, the others go on, and new ones are served with everything that is in force', async () => {
    await using rig = await WorkersRig.start(2)
    await using upstream = await Upstream.echo()
    const told: object[] = []
    rig.plane.events.on('worker-died', ({ worker, sessions, error }) => {
      told.push({ worker, sessions, told: error.includes('told to die') })
    })
    await rig.put({ name: 'x', upstream: upstream.address, faults: [fault('slicer', { average_size: 1 })] })
    const port = rig.port('x')
    const clients = await rig.clients('x', 30)
    await Promise.all(clients.map((client) => client.ping()))
    await rig.crash(2)
    await eventually('its clients are told', () => clients.some(({ ended }) => ended))
    const left = clients.filter(({ ended }) => !ended)
    const lost = clients.length - left.length
    expect(told).toEqual([{ worker: 2, sessions: lost, told: true }])
    expect(left.length).toBeGreaterThan(0)
    await Promise.all(left.map((client) => client.ping('still here')))
    expect((await rig.snapshot('x')).sessions).toEqual({
      total: 30,
      active: left.length,
      endings: { 'proxy:worker_died': lost },
    })
    expect(rig.plane.workers()).toMatchObject([
      { worker: 1, state: 'running', deaths: 0 },
      { worker: 2, state: 'running', deaths: 1 },
    ])
    const fresh = await rig.clients('x', 30)
    expect(rig.port('x')).toBe(port)
    await Promise.all(fresh.map((client) => client.ping()))
    const sessions = await rig.plane.sessions()
    // By id: of two that come at the same moment in two workers, the one with the lower id may be the later one of its proxy.
    expect(
      sessions
        .slice(-30)
        .map(({ ordinal }) => ordinal)
        .toSorted((a, b) => a - b),
    ).toEqual(Array.from({ length: 30 }, (_, n) => 31 + n))
    expect(sessions.every(({ stages }) => stages.downstream.includes('slicer'))).toBe(true)
  })

  test('gives back the places that its sessions had', async () => {
    await using rig = await WorkersRig.start(2)
    await using upstream = await Upstream.echo()
    const limits = { maxActive: 8 }
    await rig.put({ name: 'x', upstream: upstream.address, faults: [fault('noop', {}, { limits })] })
    await Promise.all((await rig.clients('x', 20)).map((client) => client.ping()))
    expect((await rig.snapshot('x')).faults['noop']).toMatchObject({ active: 8 })
    // Whoever has places of the eight gives them back; when both have died once, all eight are free.
    await rig.crash(1)
    await rig.crash(2)
    await rig.active('x', 0)
    await Promise.all((await rig.clients('x', 20)).map((client) => client.ping()))
    expect((await rig.snapshot('x')).faults['noop']).toMatchObject({ active: 8 })
  })

  test('lets nobody wait for a place that its sessions had', async () => {
    await using rig = await WorkersRig.start(2)
    await using upstream = await Upstream.echo()
    const faults = [fault('max_sessions', { max: 6, beyond: 'queue' })]
    await rig.put({ name: 'x', upstream: upstream.address, faults })
    const clients = await rig.clients('x', 24)
    for (const client of clients) client.write('hello')
    const served = (): number => clients.filter(({ received }) => received === 5).length
    await eventually('six are served', () => served() === 6)
    rig.order(1)
    // The sessions of the first thread are gone: those of the second that waited for them are let in, up to six at a time.
    await eventually('others are let in', () => served() > 6)
    const live = clients.filter(({ ended, received }) => !ended && received === 5).length
    expect(live).toBeLessThanOrEqual(6)
  })

  test('does not take counters back', async () => {
    await using rig = await WorkersRig.start(2)
    await using upstream = await Upstream.echo()
    await rig.put({ name: 'x', upstream: upstream.address })
    await Promise.all((await rig.clients('x', 20)).map((client) => client.ping('x'.repeat(1000))))
    // What has been shown once stays.
    const before = await rig.snapshot('x')
    await rig.crash(1)
    await rig.crash(2)
    const after = await rig.snapshot('x')
    expect(after.bytes).toEqual(before.bytes)
    expect(after.sessions).toEqual({ total: 20, active: 0, endings: { 'proxy:worker_died': 20 } })
    expect(after.connect.counts.reduce((sum, count) => sum + count, 0)).toBe(20)
  })
})
