import { expect, test } from 'vitest'
import { fault, redrawn } from '../../support/engine-rig-faults.ts'
import { EngineRig } from '../../support/engine-rig.ts'
import { Upstream, type Peer } from '../../support/peers.ts'
import { eventually } from '../../support/wait.ts'

const SESSIONS = 200

/** The ordinals of the sessions that a fault of probability 0.5 selects. */
async function selectedBy(seed: number, others: readonly string[] = []): Promise<readonly number[]> {
  await using echo = await Upstream.echo()
  await using rig = new EngineRig({ seed })
  const proxy = await rig.proxy(echo, {
    name: 'db',
    faults: [
      ...others.map((name) => fault('noop', {}, { name })),
      fault('latency', { latency: 1 }, { name: 'half', probability: 0.5 }),
    ],
  })
  const clients: Peer[] = []
  // One after the other: they are accepted in the order in which they connect.
  for (let session = 0; session < SESSIONS; session++) clients.push(await proxy.connect())
  for (const client of clients) client.write('x')
  await eventually('all echos have come', () => clients.every(({ text }) => text === 'x'))
  const selected = proxy
    .sessions()
    .filter(({ stages }) => stages.downstream.includes('half'))
    .map(({ ordinal }) => ordinal)
  for (const client of clients) client[Symbol.dispose]()
  expect(proxy.snapshot.faults['half']).toMatchObject({
    seen: SESSIONS,
    selected: selected.length,
    applied: selected.length,
  })
  return selected.toSorted((a, b) => a - b)
}

test('a probability of a half selects about half of 200 sessions, and the same ones with the same seed', async () => {
  const selected = await selectedBy(42)
  // 5 standard deviations.
  expect(Math.abs(selected.length - SESSIONS / 2)).toBeLessThan(36)
  expect(await selectedBy(42)).toEqual(selected)
  expect(await selectedBy(42, ['another'])).toEqual(selected)
  expect(await selectedBy(43)).not.toEqual(selected)
})

test('both directions of a session share one draw', async () => {
  await using echo = await Upstream.echo()
  await using rig = new EngineRig()
  const proxy = await rig.proxy(echo, {
    faults: [fault('noop', {}, { name: 'half', direction: 'both', probability: 0.5 })],
  })
  const clients = await Promise.all(Array.from({ length: 60 }, () => proxy.client()))
  const outcomes = new Set(proxy.sessions().map(({ stages }) => `${stages.upstream.length}${stages.downstream.length}`))
  expect(outcomes).toEqual(new Set(['00', '11']))
  expect(proxy.snapshot.faults['half']?.seen).toBe(60)
  for (const client of clients) client[Symbol.dispose]()
})

test('live sessions draw again when the plan says so', async () => {
  await using echo = await Upstream.echo()
  await using rig = new EngineRig()
  const never = fault('noop', {}, { name: 'n', probability: 0 })
  const proxy = await rig.proxy(echo, { faults: [never] })
  using client = await proxy.client()
  expect(proxy.sessions()[0]?.stages.downstream).toEqual([])
  const always = redrawn(never, 1)
  await proxy.faults(always)
  expect(proxy.sessions()[0]?.stages.downstream).toEqual(['n'])
  await proxy.faults(redrawn(always, 0))
  expect(proxy.sessions()[0]?.stages.downstream).toEqual([])
  expect(proxy.snapshot.faults['n']).toMatchObject({ seen: 3, selected: 1, applied: 0 })
  await client.ping()
})
