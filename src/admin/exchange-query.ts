import { z } from 'zod'
import { defined } from '../core/defined.ts'
import type { ExchangeFilter } from '../engine/http/exchange-log.ts'
import { oneName, readQuery, upTo9999 } from './query.ts'

/** What `status` may be, for messages. */
export const STATUSES = 'statuses with commas between them, each as 503, 5xx, 400-499 or none'

const parameters = z.strictObject({
  proxy: oneName.optional(),
  session: z.string('one id').optional(),
  status: z
    .string(STATUSES)
    .transform((text, context) => {
      const ranges = readStatuses(text)
      if (ranges !== undefined) return ranges
      context.addIssue({ code: 'custom', message: STATUSES })
      return z.NEVER
    })
    .optional(),
  origin: z.enum(['injected', 'client', 'upstream', 'proxy'], 'injected, client, upstream or proxy').optional(),
  fault: oneName.optional(),
  after: z
    .string('one number')
    .regex(/^\d{1,15}$/, 'the `seq` of an exchange: a whole number')
    .transform(Number)
    .optional(),
  limit: upTo9999.optional(),
  format: z.enum(['json', 'ndjson'], 'json or ndjson').default('json'),
})

export interface ExchangeQuery {
  readonly filter: ExchangeFilter
  /** How many are shown at most: the newest of them. */
  readonly limit: number
  readonly format: 'json' | 'ndjson'
}

/** @throws FoulweatherError `invalid_value`, also for a parameter that is not known. */
export function readExchangeQuery(query: Readonly<Record<string, unknown>>): ExchangeQuery {
  const { limit, format, ...filter } = readQuery(parameters, query)
  // A document is for looking at, lines are for keeping.
  return { filter: defined(filter), limit: limit ?? (format === 'json' ? 1000 : Infinity), format }
}

type Range = readonly [from: number, to: number]

/** `503`, `5xx`, `400-499` and `none` (nothing was answered), with commas between them; `undefined` = there is something else in it. */
export function readStatuses(text: string): readonly Range[] | undefined {
  const ranges = text.split(',').map((part) => readRange(part.trim().toLowerCase()))
  const known = ranges.filter((range) => range !== undefined)
  return known.length === ranges.length ? known : undefined
}

function readRange(text: string): Range | undefined {
  if (text === 'none') return [0, 0]
  if (/^[1-9]xx$/.test(text)) return [Number(text[0]) * 100, Number(text[0]) * 100 + 99]
  const [, from, to] = /^([1-9]\d\d)(?:-([1-9]\d\d))?$/.exec(text) ?? []
  if (from === undefined || (to !== undefined && to < from)) return undefined
  return [Number(from), Number(to ?? from)]
}
