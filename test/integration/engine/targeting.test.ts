import { describe, expect, test } from 'vitest'
import { createReplay } from '../../../src/engine/replay.ts'
import { fault, updated } from '../../support/engine-rig-faults.ts'
import { EngineRig } from '../../support/engine-rig.ts'
import { Upstream } from '../../support/peers.ts'
import { eventually } from '../../support/wait.ts'

const HOLD = { latency: '1h' }

describe('sessions that are older than the fault', () => {
  test.each([
    ['apply', ['latency']],
    ['skip', []],
  ] as const)('existing: %s', async (existing, stages) => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig()
    const proxy = await rig.proxy(echo)
    using client = await proxy.client()
    await client.ping()
    await proxy.faults(fault('latency', HOLD, { existing }))
    expect(proxy.sessions()[0]?.stages.downstream).toEqual(stages)
    using later = await proxy.client()
    expect(proxy.sessions()[1]?.stages.downstream).toEqual(['latency'])
    later.write('x')
  })

  test('existing: reset ends them, and lets those that come live', async () => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig()
    const proxy = await rig.proxy(echo)
    using client = await proxy.client()
    await client.ping()
    await proxy.faults(fault('noop', {}, { existing: 'reset' }))
    expect(await client.ending()).toBe('ECONNRESET')
    expect(await rig.ending()).toBe('injected:noop')
    expect(rig.plane.decisions().map(({ what, selected }) => what ?? selected)).toEqual([true, 'reset'])
    using later = await proxy.client()
    await later.ping()
    await proxy.faults(updated(proxy.plan.faults[0] ?? fault('noop'), {}))
    await later.ping()
  })
})

describe('when the fault is removed', () => {
  test.each([
    ['release', 'answer', 'FIN', 'client:closed'],
    ['reset', '', 'ECONNRESET', 'injected:latency'],
  ] as const)('on_remove: %s', async (onRemove, text, end, ending) => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig()
    const match = { session: { first: 1 } }
    const proxy = await rig.proxy(echo, { faults: [fault('latency', HOLD, { onRemove, match })] })
    using client = await proxy.client()
    using spared = await proxy.client()
    client.write('answer')
    await eventually('it is held', () => proxy.sessions()[0]?.held.downstream === 6)
    const applied = proxy.snapshot.faults['latency']?.applied ?? 0
    await proxy.faults()
    await client.reads(text)
    // A reset is counted and on record, as everything that a fault does.
    expect((proxy.snapshot.faults['latency']?.applied ?? 0) - applied).toBe(onRemove === 'reset' ? 1 : 0)
    const injections = rig.plane.decisions().flatMap(({ what }) => what ?? [])
    expect(injections).toEqual(onRemove === 'reset' ? ['reset'] : [])
    client.end()
    expect(await client.ending()).toBe(end)
    expect(await rig.ending()).toBe(ending)
    await spared.ping()
  })
})

test('a fault counts for itself, and its name goes on counting', async () => {
  await using echo = await Upstream.echo()
  await using rig = new EngineRig()
  const proxy = await rig.proxy(echo, { faults: [fault('noop', {}, { match: { client: ['10.0.0.0/8'] } })] })
  using first = await proxy.client()
  await first.ping()
  await proxy.faults()
  expect(proxy.snapshot.faults['noop']).toMatchObject({ state: 'gone', seen: 1 })
  await proxy.faults(fault('noop', {}, { existing: 'skip' }))
  using second = await proxy.client()
  await second.ping()
  expect(proxy.snapshot.faults['noop']).toMatchObject({
    seen: 3,
    selected: 1,
    skipped: { match: 1, existing: 1 },
    own: { seen: 2, selected: 1, skipped: { existing: 1 } },
  })
})

test('clients are told apart by their address', async () => {
  await using echo = await Upstream.echo()
  await using rig = new EngineRig()
  const proxy = await rig.proxy(echo, {
    faults: [
      fault('latency', HOLD, { name: 'here', match: { client: ['127.0.0.0/8', '::1'] } }),
      fault('latency', HOLD, { name: 'there', match: { client: ['10.0.0.0/8', 'fd00::/8'] } }),
    ],
  })
  using client = await proxy.client()
  client.write('x')
  expect(proxy.sessions()[0]?.stages.downstream).toEqual(['here'])
  expect(proxy.snapshot.faults['there']).toMatchObject({ seen: 1, selected: 0, skipped: { match: 1 } })
})

describe('limits', () => {
  test('max_injections: the chunks after the last one pass at once, and the fault is spent', async () => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig()
    const limited = fault('latency', { latency: 5 }, { limits: { maxInjections: 3 } })
    const proxy = await rig.proxy(echo, { faults: [limited] })
    using client = await proxy.client()
    for (const text of 'abcdefgh') await client.ping(text)
    expect(proxy.snapshot.faults['latency']).toMatchObject({ applied: 3, state: 'spent' })
    using later = await proxy.client()
    await later.ping()
    expect(proxy.snapshot.faults['latency']).toMatchObject({ seen: 2, selected: 1, skipped: { max_injections: 1 } })
  })

  test('max_injections: whose bytes were dropped gets no more of them, though others are spared', async () => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig()
    const limited = fault('timeout', {}, { limits: { maxInjections: 2 } })
    const proxy = await rig.proxy(echo, { faults: [limited] })
    using client = await proxy.client()
    client.write('a')
    await eventually('it is dropped', () => proxy.snapshot.faults['timeout']?.applied === 1)
    client.write('b')
    await eventually('it is dropped', () => proxy.snapshot.faults['timeout']?.applied === 2)
    client.write('c')
    using later = await proxy.client()
    await later.ping()
    await eventually('the third is dropped', () => proxy.snapshot.faults['timeout']?.applied === 3)
    expect(client.text).toBe('')
  })

  test('max_active: no more sessions at a time', async () => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig()
    const proxy = await rig.proxy(echo, {
      faults: [fault('noop', {}, { limits: { maxActive: 1 }, direction: 'both' })],
    })
    using first = await proxy.client()
    using second = await proxy.client()
    expect(proxy.sessions().map(({ stages }) => stages.upstream)).toEqual([['noop'], []])
    await second.ping()
    first[Symbol.dispose]()
    await rig.end()
    using third = await proxy.client()
    await third.ping()
    expect(proxy.sessions().map(({ stages }) => stages.upstream)).toEqual([[], ['noop']])
  })
})

describe('a schedule', () => {
  test('opens and closes on live sessions; what is held when it closes goes at once', async () => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig()
    const proxy = await rig.proxy(echo)
    using client = await proxy.client()
    await proxy.faults(fault('latency', HOLD, { schedule: { after: 50, for: 200 } }))
    await client.ping('before')
    await eventually('it works', () => proxy.snapshot.faults['latency']?.state === 'working')
    client.write('held')
    await eventually('it is held', () => proxy.sessions()[0]?.held.downstream === 4)
    await client.reads('beforeheld')
    expect(proxy.snapshot.faults['latency']?.state).toBe('over')
    await client.ping('after')
  })

  test('that ends with bytes dropped ends the session; who lost nothing goes on', async () => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig()
    const proxy = await rig.proxy(echo)
    using client = await proxy.client()
    using spared = await proxy.client()
    const match = { session: { first: 1 } }
    await proxy.faults(fault('timeout', {}, { schedule: { for: 100 }, match }))
    client.write('lost')
    expect(await client.ending()).toBe('FIN')
    await spared.ping()
    expect(await rig.ending()).toBe('injected:timeout')
  })
})

test('a ramp moves a parameter of live sessions, and what is held goes by it', async () => {
  await using echo = await Upstream.echo()
  await using rig = new EngineRig()
  const proxy = await rig.proxy(echo)
  using client = await proxy.client()
  const ramp = { latency: { from: 3_600_000, to: 0, over: 500 } }
  await proxy.faults(fault('latency', HOLD, { ramp }))
  client.write('held')
  await eventually('it is held', () => proxy.sessions()[0]?.held.downstream === 4)
  const reached = proxy.snapshot.faults['latency']?.ramped['latency']
  expect([3_600_000, 1_800_000, 0]).toContain(reached)
  await client.reads('held')
  await client.ping()
  expect(proxy.snapshot.faults['latency']?.ramped).toEqual({ latency: 0 })
  expect(proxy.snapshot.faults['latency']?.applied).toBeGreaterThan(0)
})

describe('a draw for each chunk', () => {
  test('is made, recorded, and taken again from the record', async () => {
    await using echo = await Upstream.echo()
    const delayed = fault('latency', { latency: 1 }, { per: 'chunk', probability: 0.5 })
    const run = async (rig: EngineRig): Promise<readonly (boolean | undefined)[]> => {
      const proxy = await rig.proxy(echo, { name: 'db', faults: [delayed] })
      using client = await proxy.client()
      for (let ping = 0; ping < 40; ping++) await client.ping(`${ping} `)
      const decisions = rig.plane.decisions({ fault: 'latency' })
      expect(decisions[0]).toMatchObject({ kind: 'session', selected: true })
      const chunks = decisions.slice(1)
      expect(chunks.map(({ chunk, direction }) => `${direction} ${chunk}`)).toEqual(
        Array.from({ length: 40 }, (_, index) => `downstream ${index + 1}`),
      )
      const selected = chunks.map((one) => one.selected)
      expect(proxy.snapshot.faults['latency']).toMatchObject({ seen: 1, applied: selected.filter(Boolean).length })
      return selected
    }
    await using first = new EngineRig({ seed: 1 })
    const outcomes = await run(first)
    expect(outcomes.filter(Boolean).length).toBeGreaterThan(5)
    expect(outcomes.filter(Boolean).length).toBeLessThan(35)
    await using other = new EngineRig({ seed: 2 })
    expect(await run(other)).not.toEqual(outcomes)
    await using again = new EngineRig({ seed: 2, replay: createReplay(first.plane.decisions()) })
    expect(await run(again)).toEqual(outcomes)
  })
})
