import { z } from 'zod'
import { FoulweatherError } from '../core/errors.ts'
import type { FaultDefinition } from './define.ts'
import { type At, invalid, join, refusal } from './issues.ts'
import { didYouMean } from './nearest.ts'
import { RESERVED } from './registry.ts'

/** Parameters in base units (milliseconds, bytes, bytes per second). */
export type Params = Readonly<Record<string, unknown>>

/**
 * Validates the parameters of one fault: an object of nothing but these. `path` is put in front of the names of fields
 * (`faults[2]`). Throws `invalid_value` or `missing_field`.
 */
export function readParams(definition: FaultDefinition, input: unknown, path: string): Params {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    const expected = `an object with the parameters of ${definition.type}`
    throw invalid(path === '' ? 'params' : path, input, expected)
  }
  const known = Object.keys(definition.params.shape)
  for (const key of Object.keys(input)) {
    if (!known.includes(key)) throw unknownKey(definition.type, join(path, key), key, known, RESERVED)
  }
  const result = definition.params.safeParse(input)
  if (result.success) return result.data
  throw refusal(result.error, input, path, (at, key) =>
    unknownKey(String(at.at(-1)), join(path, ...at, key), key, partsAt(definition, at)),
  )
}

/** `owner` is what has no such parameter: a type of fault, or a parameter that has parts. `alsoMeant`: what else may have been misspelt. */
function unknownKey(
  owner: string,
  field: string,
  key: string,
  known: readonly string[],
  alsoMeant: readonly string[] = [],
): FoulweatherError {
  const hint = didYouMean(
    key,
    [...known, ...alsoMeant].filter((word) => word !== key),
  )
  const list = known.length === 0 ? 'none' : known.join(', ')
  const expected = `one of the parameters of ${owner}: ${list}`
  return new FoulweatherError('invalid_value', `${field}: ${owner} has no such parameter${hint} (it has: ${list})`, {
    field,
    value: key,
    expected,
  })
}

/** Names of the parts of a parameter that is an object. */
function partsAt(definition: FaultDefinition, at: At): readonly string[] {
  let schema: z.core.JSONSchema._JSONSchema | undefined = z.toJSONSchema(definition.params, { io: 'input' })
  for (const key of at) schema = typeof schema === 'object' ? schema.properties?.[String(key)] : undefined
  return typeof schema === 'object' ? Object.keys(schema.properties ?? {}) : []
}
