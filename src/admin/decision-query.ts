import { z } from 'zod'
import { defined } from '../core/defined.ts'
import type { DataPlane } from '../engine/data-plane.ts'
import { oneName, readQuery, upTo9999 } from './query.ts'

const parameters = z.strictObject({
  proxy: oneName.optional(),
  fault: oneName.optional(),
  session: z.string('one id').optional(),
  after: z
    .string('one number')
    .regex(/^\d{1,15}$/, 'the `seq` of a decision: a whole number')
    .transform(Number)
    .optional(),
  limit: upTo9999.optional(),
  format: z.enum(['json', 'ndjson'], 'json or ndjson').default('json'),
})

export interface DecisionQuery {
  readonly filter: NonNullable<Parameters<DataPlane['decisions']>[0]>
  /** How many are shown at most: the newest of them. */
  readonly limit: number
  readonly format: 'json' | 'ndjson'
}

/** @throws FoulweatherError `invalid_value`, also for a parameter that is not known. */
export function readDecisionQuery(query: Readonly<Record<string, unknown>>): DecisionQuery {
  const { limit, format, ...filter } = readQuery(parameters, query)
  // A document is for looking at, lines are for keeping.
  return { filter: defined(filter), limit: limit ?? (format === 'json' ? 1000 : Infinity), format }
}
