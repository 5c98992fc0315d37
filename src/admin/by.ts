import { isUtf8 } from 'node:buffer'
import type { Request } from '@hapi/hapi'
import type { By } from '../control/by.ts'
import { joinHostPort } from '../core/address.ts'
import { defined } from '../core/defined.ts'
import { FoulweatherError } from '../core/errors.ts'
import { readIfMatch } from './tag.ts'

/** Characters of a reason. */
const LONGEST_REASON = 500

/** Where a reason is given that is longer than a URL likes; a page of another origin cannot send it. */
export const REASON_HEADER = 'X-Foulweather-Reason'

/**
 * Who asks, why, and what they believe is there. Toxiproxy's routes show no `ETag`, so they look at no `If-Match`.
 *
 * @throws FoulweatherError `invalid_value`: a reason, or an `If-Match`, that cannot be read.
 */
export function byOf(request: Request): By {
  const name = request.app.caller?.name
  const remote = remoteOf(request)
  const { headers } = request.raw.req
  const ifMatch = request.app.family === 'native' ? readIfMatch(headers['if-match']) : undefined
  return {
    actor: name === undefined ? remote : `${name}@${remote}`,
    ...defined({ reason: reasonOf(request), ifMatch }),
  }
}

/** `ip:port` of the caller. */
export function remoteOf({ info }: Request): string {
  // Not known when the caller has hung up before it was asked for.
  const address: string | undefined = info.remoteAddress
  return joinHostPort(address ?? '?', info.remotePort ?? 0)
}

/** Every change may say why, so its route need not know of it: a query without `reason`, and what that said. */
export function withoutReason(query: string): { readonly query: string; readonly reasons: readonly string[] } {
  if (!query.includes('reason')) return { query, reasons: [] }
  const fields = new URLSearchParams(query)
  const reasons = fields.getAll('reason')
  if (reasons.length === 0) return { query, reasons }
  fields.delete('reason')
  return { query: fields.size === 0 ? '' : `?${fields.toString()}`, reasons }
}

function reasonOf({ raw, app }: Request): string | undefined {
  const header = raw.req.headers['x-foulweather-reason']
  if (header !== undefined) return readReason(REASON_HEADER, ofHeader(String(header)))
  const [reason, ...others] = app.reasons ?? []
  if (others.length > 0) throw refusal('reason', app.reasons, 'one text')
  return readReason('reason', reason)
}

/** Node reads headers as Latin-1; whoever writes more than ASCII sends UTF-8. */
function ofHeader(text: string): string {
  const bytes = Buffer.from(text, 'latin1')
  return isUtf8(bytes) ? bytes.toString() : text
}

function readReason(field: string, given: string | undefined): string | undefined {
  if (given === undefined || given === '') return undefined
  if (given.length > LONGEST_REASON) throw refusal(field, given, `at most ${LONGEST_REASON} characters`)
  // Of lines of a log and of terminals, a reason stays within its own.
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(given)) throw refusal(field, given, 'a text without control characters')
  if (!given.isWellFormed()) throw refusal(field, given, 'a text without halves of surrogate pairs')
  return given
}

function refusal(field: string, value: unknown, expected: string): FoulweatherError {
  const text = `${field} is ${JSON.stringify(value)}, expected ${expected}`
  return new FoulweatherError('invalid_value', text, { field, value, expected })
}
