import type { z } from 'zod'
import { FoulweatherError } from '../core/errors.ts'
import type { FaultDefinition } from './define.ts'
import { nearest } from './nearest.ts'
import { COMMON_FIELDS } from './registry.ts'

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
  for (const key of Object.keys(input)) if (!known.includes(key)) throw unknownKey(definition, key, known, path)
  const result = definition.params.safeParse(input)
  if (result.success) return result.data
  throw refused(result.error, input, path)
}

function unknownKey(definition: FaultDefinition, key: string, known: readonly string[], path: string) {
  const guess = nearest(
    key,
    [...known, ...COMMON_FIELDS].filter((word) => word !== key),
  )
  const list = known.length === 0 ? 'none' : known.join(', ')
  const expected = `one of the parameters of ${definition.type}: ${list}`
  const hint = guess === undefined ? '' : `; did you mean "${guess}"?`
  const field = join(path, key)
  return new FoulweatherError(
    'invalid_value',
    `${field}: ${definition.type} has no such parameter${hint} (it has: ${list})`,
    {
      field,
      value: key,
      expected,
    },
  )
}

function refused(error: z.ZodError, input: object, path: string): FoulweatherError {
  const issue = error.issues[0]
  const key = String(issue?.path[0] ?? '')
  const field = join(path, key)
  const value: unknown = Object.entries(input).find(([name]) => name === key)?.[1]
  const expected = (issue?.message ?? 'something else').replace(/^expected /, '')
  if (value === undefined) {
    return new FoulweatherError('missing_field', `${field} is missing: expected ${expected}`, { field, expected })
  }
  return invalid(field, value, expected)
}

export function invalid(field: string, value: unknown, expected: string): FoulweatherError {
  return new FoulweatherError('invalid_value', `${field}: expected ${expected}, got ${show(value)}`, {
    field,
    value,
    expected,
  })
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`
}

/** A value as an error message shows it: short, and whatever it is. */
export function show(value: unknown): string {
  if (typeof value === 'number') return String(value)
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch {
    // Cyclic, or a BigInt somewhere in it: the kind of thing has to do.
  }
  const shown = text ?? (value === undefined ? 'nothing' : `a ${typeof value}`)
  return shown.length > 80 ? `${shown.slice(0, 77)}…` : shown
}
