import { headerOf, withHeader, type HeaderList, type RequestHead } from '../../core/http.ts'
import { httpDate, readHttpDate } from './date.ts'

/** What caches do with requests and responses (RFC 9110, RFC 9111). */

/** Caches answer these. */
export function isCacheableRequest({ method }: RequestHead): boolean {
  return method === 'GET' || method === 'HEAD'
}

/** May be kept without being asked for (RFC 9110, section 15.1). */
const HEURISTICALLY_CACHEABLE: ReadonlySet<number> = new Set([
  200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501,
])

export function isCacheableStatus(status: number): boolean {
  return HEURISTICALLY_CACHEABLE.has(status)
}

/** Whether an entity tag is in a field such as `If-None-Match`; weak and strong ones count as the same (RFC 9110, section 8.8.3.2). */
export function listsTag(field: string | undefined, tag: string): boolean {
  if (field === undefined) return false
  const wanted = opaque(tag)
  return field.trim() === '*' || [...field.matchAll(/"[^"]*"/g)].some(([listed]) => listed === wanted)
}

function opaque(tag: string): string {
  return tag.startsWith('W/') ? tag.slice(2) : tag
}

/** Whether a request asks for the body only if it has changed. */
export function isConditional(request: RequestHead): boolean {
  return headerOf(request, 'if-none-match') !== undefined || headerOf(request, 'if-modified-since') !== undefined
}

/** The list with a date made earlier. One that is missing, or is none, stays that way. */
export function movedBack(headers: HeaderList, name: string, ms: number): HeaderList {
  const date = readHttpDate(headerOf({ headers }, name.toLowerCase()) ?? '')
  return date === undefined ? headers : withHeader(headers, name, httpDate(date - ms))
}

const NOT_MODIFIED: ReadonlySet<string> = new Set([
  'cache-control',
  'content-location',
  'etag',
  'expires',
  'vary',
  'last-modified',
])

/** What a 304 has of the 200 in whose place it is (RFC 9110, section 15.4.5), and `Last-Modified`, which many servers send too. */
export function notModifiedFields(headers: HeaderList): HeaderList {
  return headers.filter(([name]) => NOT_MODIFIED.has(name.toLowerCase()))
}
