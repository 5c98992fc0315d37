import * as fc from 'fast-check'
import type { FaultDefinition } from '../../src/faults/define.ts'
import { describeFault } from '../../src/faults/index.ts'

/** Values of each unit that make something happen within some hundred bytes and milliseconds, and the special ones. */
const OF_UNIT: Readonly<Record<string, fc.Arbitrary<number>>> = {
  ms: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 300 }), fc.double({ min: 0.01, max: 5, noNaN: true })),
  bytes: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 400 })),
  'bytes/s': fc.oneof(
    fc.constant(0),
    fc.integer({ min: 1, max: 5000 }),
    fc.double({ min: 0.5, max: 50, noNaN: true }),
    fc.integer({ min: 100_000, max: 10_000_000 }),
  ),
}

/** Parameters for any fault, made from its description: a new fault is tested without further ado. */
export function arbitraryParams(definition: FaultDefinition): fc.Arbitrary<Record<string, unknown>> {
  const { type, schema } = describeFault(definition)
  const byName = Object.entries(schema.properties ?? {}).map(([name, parameter]) => {
    const unit = typeof parameter === 'boolean' ? '' : String(parameter['unit'])
    const values = OF_UNIT[unit]
    if (values === undefined) throw new Error(`${type}.${name}: no values to try for the unit "${unit}"`)
    return [name, values] as const
  })
  return fc.record(Object.fromEntries(byName))
}
