import { z } from 'zod'
import { FoulweatherError } from '../core/errors.ts'
import type { Ramp } from '../core/plan.ts'
import { commonFields, type CommonFields } from '../faults/common-fields.ts'
import type { FaultDefinition } from '../faults/define.ts'
import type { FaultDescription, ParamsJsonSchema } from '../faults/index.ts'
import { didYouMean } from '../faults/nearest.ts'
import { invalid, join } from '../faults/issues.ts'

export type Ramps = Readonly<Record<string, Ramp>>

/** What can change evenly: a number with a unit. */
interface Numeric {
  readonly kind: z.core.$ZodType
  /** Nothing between whole numbers: bytes, counts. */
  readonly whole: boolean
}

/** @throws FoulweatherError `invalid_value`. */
export function readRamps(
  definition: FaultDefinition,
  description: FaultDescription,
  given: CommonFields['ramp'],
  path: string,
): Ramps | undefined {
  const entries = Object.entries(given ?? {})
  if (entries.length === 0) return undefined
  const numeric = numericFields(definition, description)
  const ramps = entries.map(([name, { from, to, over }]): [string, Ramp] => {
    const field = join(path, 'ramp', name)
    const { kind, whole } = numeric.get(name) ?? refuseName(definition.type, name, [...numeric.keys()], field)
    const ends = { from: readEnd(kind, from, `${field}.from`), to: readEnd(kind, to, `${field}.to`) }
    return [name, { ...ends, over, ...(whole ? { whole } : {}) }]
  })
  return Object.fromEntries(ramps)
}

function numericFields(
  definition: FaultDefinition,
  { schema, directions }: FaultDescription,
): ReadonlyMap<string, Numeric> {
  const fields = Object.entries(definition.params.shape).flatMap(([name, kind]): [string, Numeric][] => {
    const described = schema.properties?.[name]
    if (typeof described !== 'object' || typeof described['unit'] !== 'string') return []
    return [[name, { kind, whole: isWhole(described) }]]
  })
  const probability: [string, Numeric] = ['probability', { kind: commonFields.shape.probability, whole: false }]
  return new Map(directions.length === 0 ? fields : [...fields, probability])
}

function isWhole({ type, unit }: ParamsJsonSchema & Readonly<Record<string, unknown>>): boolean {
  return type === 'integer' || unit === 'bytes' || unit === 'count'
}

function readEnd(kind: z.core.$ZodType, given: unknown, field: string): number {
  const { data, error } = z.safeParse(kind, given)
  if (typeof data === 'number') return data
  throw invalid(field, given, (error?.issues[0]?.message ?? 'a number').replace(/^expected /, ''))
}

function refuseName(type: string, name: string, names: readonly string[], field: string): never {
  const hint = didYouMean(name, names)
  const expected = names.length === 0 ? 'nothing' : `one of ${names.join(', ')}`
  const text = `${field}: ${type} has no number of that name that could change over time${hint} (expected ${expected})`
  throw new FoulweatherError('invalid_value', text, { field, value: name, expected })
}

/**
 * A field that is given as well as ramped has to be what the ramp begins with.
 *
 * @throws FoulweatherError `invalid_value`.
 */
export function refuseContradiction(
  shape: Readonly<Record<string, z.core.$ZodType>>,
  given: Readonly<Record<string, unknown>>,
  ramps: Ramps,
  path: string,
): void {
  for (const [name, { from }] of Object.entries(ramps)) {
    const value = given[name]
    const kind = shape[name]
    if (value === undefined || kind === undefined || z.safeParse(kind, value).data === from) continue
    throw invalid(join(path, name), value, `nothing beside its ramp, or ${from}, with which the ramp begins`)
  }
}
