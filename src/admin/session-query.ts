import { z } from 'zod'
import { FoulweatherError } from '../core/errors.ts'
import type { SessionFilter } from '../engine/data-plane.ts'

const parameters = z.strictObject({
  proxy: z.string('one name').optional(),
  state: z.enum(['live', 'ended', 'all'], 'live, ended or all').default('live'),
  limit: z
    .string('one number')
    .regex(/^[1-9]\d{0,3}$/, 'a whole number of 1 to 9999')
    .transform(Number)
    .default(1000),
})

export interface SessionQuery {
  readonly filter: SessionFilter
  /** How many are shown at most. */
  readonly limit: number
}

/** @throws FoulweatherError `invalid_value`, also for a parameter that is not known. */
export function readSessionQuery(query: Readonly<Record<string, unknown>>): SessionQuery {
  const result = parameters.safeParse({ ...query })
  if (!result.success) throw refusal(result.error, query)
  const { proxy, state, limit } = result.data
  return { filter: proxy === undefined ? { state } : { proxy, state }, limit }
}

function refusal(error: z.ZodError, query: Readonly<Record<string, unknown>>): FoulweatherError {
  const issue = error.issues[0]
  if (issue?.code === 'unrecognized_keys') {
    const field = issue.keys[0] ?? ''
    return new FoulweatherError('invalid_value', `there is no query parameter ${JSON.stringify(field)}`, {
      field,
      value: query[field],
      expected: `one of ${Object.keys(parameters.shape).join(', ')}`,
    })
  }
  const field = String(issue?.path[0] ?? '')
  const expected = issue?.message ?? ''
  return new FoulweatherError('invalid_value', `${field} is ${JSON.stringify(query[field])}, expected ${expected}`, {
    field,
    value: query[field],
    expected,
  })
}
