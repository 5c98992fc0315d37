import { z } from 'zod'
import type { Activation } from '../control/profiles/types.ts'
import { defined } from '../core/defined.ts'
import { FoulweatherError } from '../core/errors.ts'
import { join, refusal } from '../faults/issues.ts'
import { didYouMean } from '../faults/nearest.ts'
import type { VarValue } from '../profiles/document.ts'
import { readPlainValue } from '../profiles/expressions.ts'

/** What requests about profiles say beside documents. Texts of times, and names of variables, are read where the profile is. */

const DURATION_ERROR = 'expected a duration such as "10m", or milliseconds'
const duration = () => z.union([z.number(), z.string()], { error: DURATION_ERROR }).nullish()

const VALUE_ERROR = 'expected a text, a number, true or false'
const vars = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean()], { error: VALUE_ERROR }), {
    error: 'expected an object with a value for each variable',
  })
  .nullish()

/** For the description of the API as well. */
export const activationShape = z
  .strictObject({
    ttl: duration().describe('It is deactivated by itself after so long. Default: as the profile says.'),
    lease: duration().describe(
      'It is deactivated by itself unless it is renewed within so long. Default: as the profile says.',
    ),
    vars: vars.describe('Values of its variables, by name. Default: theirs.'),
  })
  .meta({ id: 'Activation', description: 'How a profile is activated.', examples: [{ ttl: '10m' }, {}] })

const NAME_ERROR = 'expected the name of a profile'
const diffRequest = z.strictObject({
  profile: z.string({ error: NAME_ERROR }).min(1, { error: NAME_ERROR }),
  vars,
  document: z
    .union([z.string(), z.record(z.string(), z.unknown())], { error: 'expected a document: an object, or its text' })
    .nullish(),
})

export interface DiffRequest {
  readonly profile: string
  readonly activation: Activation
  /** In the place of that of the profile. */
  readonly text?: string
}

type Fields = Readonly<Record<string, unknown>>

/** @throws FoulweatherError `invalid_value`, also for a field that is not known. */
export function readActivation(input: Fields): Activation {
  const { ttl, lease, vars } = read(activationShape, input)
  return defined({ ttl: ttl ?? undefined, lease: lease ?? undefined, vars: vars ?? undefined })
}

/** @throws FoulweatherError `missing_field`, `invalid_value`, also for a field that is not known. */
export function readDiffRequest(input: Fields): DiffRequest {
  const { profile, vars, document } = read(diffRequest, input)
  // JSON is YAML, too.
  const text = document === undefined || document === null ? undefined : textOf(document)
  return { profile, activation: defined({ vars: vars ?? undefined }), ...defined({ text }) }
}

function textOf(document: string | object): string {
  return typeof document === 'string' ? document : JSON.stringify(document)
}

function read<Shape extends z.ZodObject>(shape: Shape, input: Fields): z.output<Shape> {
  const result = shape.safeParse(input)
  if (result.success) return result.data
  throw refusal(result.error, input, '', (at, key) => unknown(join('', ...at, key), key, Object.keys(shape.shape)))
}

function unknown(field: string, key: string, known: readonly string[]): FoulweatherError {
  const expected = `one of ${known.join(', ')}`
  const text = `${field}: there is no such field${didYouMean(key, known)} (expected ${expected})`
  return new FoulweatherError('invalid_value', text, { field, expected })
}

/**
 * `NAME=VALUE` of a query. `true`, `false` and numbers are what they look like, anything else is a text; in double quotes everything is.
 *
 * @returns `undefined`: it has no name, or quotes that JSON would not have.
 */
export function readAssignment(text: string): readonly [name: string, value: VarValue] | undefined {
  const equals = text.indexOf('=')
  const name = text.slice(0, Math.max(0, equals)).trim()
  const value = text.slice(equals + 1)
  if (name === '') return undefined
  if (!/^".*"$/s.test(value)) return [name, readPlainValue(value)]
  const quoted = readQuoted(value)
  return quoted === undefined ? undefined : [name, quoted]
}

function readQuoted(text: string): string | undefined {
  try {
    return String(JSON.parse(text))
  } catch {
    return undefined
  }
}
