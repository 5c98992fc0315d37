import { expect, test } from 'vitest'
import type { FaultPlan } from '../../../src/core/plan.ts'
import { EngineRig } from '../../support/engine-rig.ts'
import { fault } from '../../support/engine-rig-faults.ts'
import { Upstream } from '../../support/peers.ts'
import { eventually } from '../../support/wait.ts'

const BOTH = { direction: 'both' } as const
const OWNED = { owner: 'profile:x', ownerLimits: { maxActive: 5, maxShare: 0.9, maxInjections: 200 } }

/** Sets that lose nothing by themselves; each is put in force and called off in the middle of whatever goes on. */
const SETS: readonly (() => readonly FaultPlan[])[] = [
  () => [fault('latency', { latency: 3_600_000 }, BOTH), fault('bandwidth', { rate: 0 })],
  () => [
    fault('latency', { latency: 5000 }, { limits: { maxAddedDelay: 1000 } }),
    fault('slicer', { average_size: 100 }),
  ],
  () => [fault('hang', {}, { ...BOTH, existing: 'skip' }), fault('latency', { latency: 20 }, OWNED)],
  () => [fault('max_sessions', { max: 3, beyond: 'queue' }, BOTH), fault('bandwidth', { rate: 20_000 }, OWNED)],
  () => [fault('refuse', {}, BOTH), fault('noop', {}, { limits: { maxShare: 0.1 } })],
  () => [fault('flap', { up: 10, down: 10 }, BOTH), fault('latency', { latency: 10 }, { shadow: true, per: 'chunk' })],
]

test('faults that are put in force and called off in the middle of that, again and again, lose no byte', async () => {
  await using echo = await Upstream.echo()
  await using rig = new EngineRig({ limits: { maxActive: 8 } })
  const proxy = await rig.proxy(echo)
  const clients = await Promise.all(Array.from({ length: 10 }, async () => await proxy.client()))
  let sent = ''
  const changes: Promise<unknown>[] = []
  for (let round = 0; round < 60; round++) {
    const more = `<${round}>`.repeat(2000)
    sent += more
    for (const client of clients) client.write(more)
    const faults = SETS[round % SETS.length]?.() ?? []
    changes.push(rig.plane.apply({ put: [{ ...proxy.plan, faults }] }))
    // At once, before the answer, or behind it.
    if (round % 3 === 1) await changes.at(-1)
    if (round % 3 === 2) await new Promise((resolve) => setTimeout(resolve, 3))
    rig.plane.clearFaults()
    await Promise.all(changes)
    expect(Object.values(proxy.snapshot.faults).map(({ active, state }) => `${active} ${state}`)).toEqual(
      Object.values(proxy.snapshot.faults).map(() => '0 gone'),
    )
  }
  for (const client of clients) await client.reads(sent)
  using late = await proxy.client()
  await late.ping('let in')
  await eventually('nothing is held', () => rig.plane.snapshot().held.bytes === 0)
  for (const client of clients) client[Symbol.dispose]()
})
