import { z } from 'zod'
import type { SessionFilter } from '../engine/data-plane.ts'
import { oneName, readQuery, upTo9999 } from './query.ts'

const parameters = z.strictObject({
  proxy: oneName.optional(),
  state: z.enum(['live', 'ended', 'all'], 'live, ended or all').default('live'),
  limit: upTo9999.default(1000),
})

export interface SessionQuery {
  readonly filter: SessionFilter
  /** How many are shown at most. */
  readonly limit: number
}

/** @throws FoulweatherError `invalid_value`, also for a parameter that is not known. */
export function readSessionQuery(query: Readonly<Record<string, unknown>>): SessionQuery {
  const { proxy, state, limit } = readQuery(parameters, query)
  return { filter: proxy === undefined ? { state } : { proxy, state }, limit }
}
