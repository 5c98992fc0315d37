import { describe, expect, test } from 'vitest'
import { EngineRig } from '../../support/engine-rig.ts'
import { begunAnew, fault } from '../../support/engine-rig-faults.ts'
import { bodyFault, get, httpFault, HttpRig, ok } from '../../support/http-rig.ts'
import { Upstream } from '../../support/peers.ts'
import { eventually } from '../../support/wait.ts'

const SHADOW = { shadow: true }

describe('faults that only count, on real sockets', () => {
  test('let everybody in, and everything through', async () => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig()
    const proxy = await rig.proxy(echo, {
      faults: [
        fault('refuse', {}, SHADOW),
        fault('reject', {}, { ...SHADOW, direction: 'both' }),
        fault('hang', {}, { ...SHADOW, direction: 'both' }),
        fault('blackhole', {}, { ...SHADOW, direction: 'both' }),
        fault('tls_alert', {}, { ...SHADOW, direction: 'both' }),
        fault('max_sessions', { max: 1, beyond: 'close' }, SHADOW),
      ],
    })
    using first = await proxy.client()
    await first.ping('through')
    using second = await proxy.client()
    await second.ping('too')
    const { faults } = proxy.snapshot
    expect(Object.entries(faults).map(([name, { shadowed, applied }]) => [name, shadowed, applied])).toEqual([
      ['refuse', 2, 0],
      ['reject', 2, 0],
      ['hang', 2, 0],
      ['blackhole', 2, 0],
      ['tls_alert', 2, 0],
      ['max_sessions', 1, 0],
    ])
    expect(proxy.sessions().map(({ stages }) => stages)).toEqual([
      { upstream: [], downstream: [] },
      { upstream: [], downstream: [] },
    ])
    expect(rig.plane.decisions().every(({ kind, shadow }) => kind === 'session' && shadow === true)).toBe(true)
  })

  test('shut a port in earnest, and let go of what hangs, as soon as they are told', async () => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig()
    const hang = fault('hang', {}, { direction: 'both' })
    const refuse = fault('refuse', {}, SHADOW)
    const proxy = await rig.proxy(echo, { faults: [hang, refuse] })
    using client = await proxy.connect()
    client.write('hello')
    await eventually('it hangs', () => proxy.sessions()[0]?.state === 'waiting')
    await proxy.faults(begunAnew(hang, SHADOW), refuse)
    await client.reads('hello')
    await proxy.faults(begunAnew(refuse, { shadow: false }))
    await expect(proxy.connect()).rejects.toThrow('ECONNREFUSED')
    await proxy.faults()
    await client.ping('on')
  })
})

describe('on exchanges', () => {
  test('count those that they would have hit, and leave them alone', async () => {
    const shadows = [
      httpFault('http_error', { status: 503 }, { ...SHADOW, count: { every: 2 } }),
      httpFault('http_stall', {}, { ...SHADOW, name: 'session', per: 'session' }),
      httpFault('http_stall', {}, { ...SHADOW, name: 'late', match: { status: [[200, 299]] } }),
      bodyFault('corrupt', { spacing: 1 }, { ...SHADOW, name: 'body', per: 'exchange' }),
    ]
    await using rig = await HttpRig.start({ faults: shadows })
    const { client, server } = await rig.sends(get())
    server.write(ok())
    await client.reads(ok())
    client.write(get())
    await server.reads(get() + get())
    expect(rig.proxy.snapshot.faults['session']).toMatchObject({ active: 1 })
    server.write(ok())
    await client.reads(ok() + ok())
    client.write(get())
    await server.reads(get().repeat(3))
    server.write(ok())
    await client.reads(ok().repeat(3))
    await rig.logged(...Array.from({ length: 3 }, () => 'GET / 200 upstream:answered'))
    const counted = Object.entries(rig.rig.plane.snapshot().proxies[0]?.faults ?? {})
    expect(
      counted.map(([name, { seen, selected, shadowed, applied, active }]) => [
        name,
        seen,
        selected,
        shadowed,
        applied,
        active,
      ]),
    ).toEqual([
      ['http_error', 3, 1, 1, 0, 0],
      ['session', 3, 3, 3, 0, 0],
      ['late', 3, 3, 3, 0, 0],
      ['body', 3, 3, 3, 0, 0],
    ])
    const exchanges = rig.rig.plane.decisions().filter(({ kind }) => kind === 'exchange')
    expect(exchanges.map(({ shadow }) => shadow)).toEqual(exchanges.map(() => true))
  })

  test('let go of the one that is under way when they are gone or switched on', async () => {
    const bound = { maxActive: 1 }
    const [gone, on] = ['gone', 'on'].map((name) =>
      httpFault('http_error', { status: 503 }, { ...SHADOW, name, limits: bound }),
    )
    if (gone === undefined || on === undefined) throw new Error('two were made')
    await using rig = await HttpRig.start({ faults: [gone, on] })
    const active = (): unknown => Object.values(rig.proxy.snapshot.faults).map((fault_) => fault_.active)
    const { client, server } = await rig.sends(get())
    expect(active()).toEqual([1, 1])
    await rig.proxy.faults(begunAnew(on, { shadow: false }))
    expect(active()).toEqual([0, 0])
    server.write(ok())
    await client.reads(ok())
    expect(active()).toEqual([0, 0])
    rig.rig.plane.clearFaults()
    client.write(get())
    await server.reads(get() + get())
    server.write(ok())
    await client.reads(ok() + ok())
  })

  test('let go of the one that waits when they are switched to that', async () => {
    const stall = httpFault('http_stall')
    await using rig = await HttpRig.start({ faults: [stall] })
    const { client, server } = await rig.sends(get())
    server.write(ok())
    await eventually('it waits', () => rig.proxy.sessions()[0]?.bytes.downstream.received === ok().length)
    await rig.proxy.faults(begunAnew(stall, SHADOW))
    rig.advance(1)
    await client.reads(ok())
    expect(rig.proxy.snapshot.faults['http_stall']).toMatchObject({ active: 0, applied: 1, shadowed: 0 })
  })
})
