import type { ResponseObject, ResponseToolkit } from '@hapi/hapi'
import { FoulweatherError } from '../core/errors.ts'

/** Entity tags (RFC 9110, section 8.8.3): the revision of a proxy, a fault or a profile, in quotes. Counters have no part in it. */

/** Of one request. */
const MOST_TAGS = 100

/** Of what has a revision; a GET that names it in `If-None-Match` is answered with 304 by the server. */
export function withTag(h: ResponseToolkit, response: object, revision: number): ResponseObject {
  return h.response(response).etag(String(revision))
}

/**
 * The revisions that an `If-Match` names; `undefined`: there is none.
 *
 * @throws FoulweatherError `invalid_value`, also for weak tags, which never match (RFC 9110, section 13.1.1).
 */
export function readIfMatch(header: string | undefined): readonly (number | '*')[] | undefined {
  if (header === undefined) return undefined
  if (header.trim() === '*') return ['*']
  // A list may have empty places (RFC 9110, section 5.6.1.2).
  const tags = header
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
  if (tags.length === 0 || tags.length > MOST_TAGS) throw refusal(header)
  return tags.map((tag) => {
    const revision = /^"(0|[1-9]\d{0,14})"$/.exec(tag)?.[1]
    if (revision === undefined) throw refusal(tag)
    return Number(revision)
  })
}

/**
 * Whether what is put has to be new: `If-None-Match: *` (RFC 9110, section 13.1.2). Tags make no sense there.
 *
 * @throws FoulweatherError `invalid_value`.
 */
export function readIfNoneMatch(header: string | undefined): boolean {
  if (header === undefined) return false
  if (header.trim() === '*') return true
  const [field, expected] = ['If-None-Match', '*: it is put only where there is none of its name']
  const text = `${field} is ${JSON.stringify(header)}, expected ${expected}`
  throw new FoulweatherError('invalid_value', text, { field, value: header, expected })
}

function refusal(value: string): FoulweatherError {
  const field = 'If-Match'
  const expected = `an ETag as it was answered, such as "12" with its quotes, 1 to ${MOST_TAGS} of them with commas between, or *`
  return new FoulweatherError('invalid_value', `${field} is ${JSON.stringify(value)}, expected ${expected}`, {
    field,
    value,
    expected,
  })
}
