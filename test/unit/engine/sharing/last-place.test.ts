import { expect, test } from 'vitest'
import { Gauge, type Gauged } from '../../../../src/engine/gauge.ts'
import { createShared } from '../../../../src/engine/sharing/shared.ts'
import { SharedMemory } from '../../../../src/engine/sharing/shares.ts'
import { faultFactory } from '../../../../src/faults/index.ts'
import { fault } from '../../../support/engine-rig-faults.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

test('of two threads that come to the last place at once, one has it', () => {
  const memory = new SharedMemory(2, { clock: new ManualClock(), factory: faultFactory })
  const plan = fault('noop', {}, { limits: { maxActive: 1 } })
  const proxy = { name: 'x', listen: ':1', upstream: ':2', enabled: true, protocol: 'tcp', faults: [plan] } as const
  const shares = memory.put([proxy], () => 1)
  const threads = [1, 2].map((thread) => {
    const sharing = createShared(memory.process, thread, () => {})
    sharing.take(shares)
    const { active } = sharing.fault('x', plan, () => 0)
    const gauged: Gauged = {
      proxy: 'x',
      name: 'noop',
      type: 'noop',
      gauges: [],
      home: { moved: () => {} },
      get active() {
        return active.value
      },
    }
    const gauge = new Gauge(
      'fault',
      { maxActive: 1 },
      sharing.gauge({ scope: 'fault', proxy: 'x', fault: 'noop' }),
      (_, __, met) => met,
    )
    return { active, gauge, gauged }
  })
  // Both have come before either looks.
  const came = threads.map(({ active, gauge, gauged }) => ({ gauge, gauged, at: active.add(1) }))
  expect(came.map(({ gauge, gauged, at }) => gauge.countActive(gauged, 1, at))).toEqual([false, true])
})
