import { z } from 'zod'
import { FoulweatherError } from '../core/errors.ts'
import { didYouMean } from '../faults/nearest.ts'

/** What the parameters of query strings have in common. Messages say what is expected, without the word. */

export const oneName = z.string('one name')

export const upTo9999 = z
  .string('one number')
  .regex(/^[1-9]\d{0,3}$/, 'a whole number of 1 to 9999')
  .transform(Number)

/** Of a route that asks nothing: what is misspelt there would have no effect, and nobody would know. @param others known to whoever has read them before. */
export function refuseQuery(query: Readonly<Record<string, unknown>>, others: readonly string[]): void {
  const [field] = Object.keys(query)
  if (field !== undefined) throw unknownParameter(field, query[field], others)
}

/** @throws FoulweatherError `invalid_value`, also for a parameter that is not known. */
export function readQuery<Parameters extends z.ZodObject>(
  parameters: Parameters,
  query: Readonly<Record<string, unknown>>,
): z.output<Parameters> {
  const result = parameters.safeParse({ ...query })
  if (result.success) return result.data
  throw refusal(parameters, result.error, query)
}

function refusal(
  parameters: z.ZodObject,
  error: z.ZodError,
  query: Readonly<Record<string, unknown>>,
): FoulweatherError {
  const issue = error.issues[0]
  if (issue?.code === 'unrecognized_keys') {
    const field = issue.keys[0] ?? ''
    return unknownParameter(field, query[field], Object.keys(parameters.shape))
  }
  const field = String(issue?.path[0] ?? '')
  const expected = issue?.message ?? ''
  return new FoulweatherError('invalid_value', `${field} is ${JSON.stringify(query[field])}, expected ${expected}`, {
    field,
    value: query[field],
    expected,
  })
}

function unknownParameter(field: string, value: unknown, known: readonly string[]): FoulweatherError {
  const expected = known.length === 0 ? 'none' : `${known.length === 1 ? '' : 'one of '}${known.join(', ')}`
  const text = `there is no query parameter ${JSON.stringify(field)}${didYouMean(field, known)} (expected ${expected})`
  return new FoulweatherError('invalid_value', text, { field, value, expected })
}
