import * as fc from 'fast-check'
import type { FaultDefinition } from '../../src/faults/define.ts'
import { describeFault, type ParamsJsonSchema } from '../../src/faults/index.ts'

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
  '0…1': fc.oneof(fc.constant(0), fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
  '%': fc.oneof(fc.constant(0), fc.double({ min: 0, max: 30, noNaN: true })),
  '/s': fc.oneof(
    fc.constant(0),
    fc.integer({ min: 1, max: 500 }),
    fc.double({ min: 0.5, max: 5, noNaN: true }),
    fc.integer({ min: 1000, max: 100_000 }),
  ),
  count: fc.integer({ min: 0, max: 20 }),
}

/**
 * Parameters for any fault, made from its description and its example: a new fault is tested without further ado. What has no unit, no list of
 * words and is no switch is taken from the example or left out.
 */
export function arbitraryParams(definition: FaultDefinition): fc.Arbitrary<Record<string, unknown>> {
  const { schema, example } = describeFault(definition)
  const required = schema.required ?? []
  const byName = Object.entries(schema.properties ?? {}).flatMap(([name, parameter]) => {
    const values = valuesOf(typeof parameter === 'boolean' ? {} : parameter, example[name])
    if (values === undefined) return []
    return [[name, required.includes(name) ? values : fc.option(values, { nil: undefined })] as const]
  })
  return fc
    .record(Object.fromEntries(byName))
    .map((params) => Object.fromEntries(Object.entries(params).filter(([, value]) => value !== undefined)))
    .filter((params) => definition.params.safeParse(params).success)
}

function valuesOf(parameter: ParamsJsonSchema, example: unknown): fc.Arbitrary<unknown> | undefined {
  const ofUnit = OF_UNIT[String(parameter['unit'])]
  if (ofUnit !== undefined) return ofUnit
  if (parameter.enum !== undefined) return fc.constantFrom(...parameter.enum)
  if (parameter.type === 'boolean') return fc.boolean()
  return example === undefined ? undefined : fc.constant(example)
}
