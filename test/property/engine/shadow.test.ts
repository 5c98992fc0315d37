import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { FaultPlan } from '../../../src/core/plan.ts'
import { FAULTS } from '../../../src/faults/index.ts'
import { arbitraryParams } from '../../support/arbitrary-params.ts'
import { fault } from '../../support/engine-rig-faults.ts'
import { RelayRig } from '../../support/engine-rig-relay.ts'
import { arbitraryTraffic, type Traffic } from '../../support/traffic.ts'

/** What comes out, with a latency beside whatever else there is. */
function lines(
  traffic: Traffic,
  ...plans: readonly FaultPlan[]
): { readonly lines: readonly string[]; readonly rig: RelayRig } {
  const rig = new RelayRig()
  rig.faults(...plans, fault('latency', { latency: 3, jitter: 2 }, { name: 'beside' }))
  for (const { pause, size } of traffic.chunks) {
    rig.clock.advance(pause)
    rig.receive(Buffer.alloc(size, 'x'))
  }
  rig.relay.sourceEnded()
  rig.clock.advance(100_000)
  rig.relay.close()
  rig.chain.close()
  return { lines: rig.lines, rig }
}

const staged = FAULTS.filter((definition) => definition.stage !== undefined && definition.layer !== 'http')

describe.each(staged.map((definition) => [definition.type, definition] as const))('%s', (type, definition) => {
  test('does nothing where it only counts, whatever its parameters', () => {
    const per = definition.per?.includes('chunk') === true ? [undefined, 'chunk' as const] : [undefined]
    const given = fc.record({
      params: arbitraryParams(definition),
      traffic: arbitraryTraffic,
      per: fc.constantFrom(...per),
    })
    const cases = fc.property(given, ({ params, traffic, per: drawn }) => {
      const direction = definition.directions?.[0] ?? 'downstream'
      const shadow = fault(type, params, { direction, shadow: true, ...(drawn && { per: drawn }) })
      const shadowed = lines(traffic, shadow)
      expect(shadowed.lines).toEqual(lines(traffic).lines)
      expect(shadowed.rig.counters.ofFault(type).applied).toBe(0)
    })
    fc.assert(cases, { numRuns: 30 })
  })
})
