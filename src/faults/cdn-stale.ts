import { z } from 'zod'
import type { ExchangeContext } from '../core/exchange.ts'
import { headerOf, withHeader, type HeaderList } from '../core/http.ts'
import { defineFault } from './define.ts'
import { span } from './field-kinds.ts'
import { fieldValue } from './http-fields.ts'
import { isCacheableRequest, isCacheableStatus, movedBack } from './http/caching.ts'
import { httpDate, readHttpDate } from './http/date.ts'

const params = z
  .object({
    age: span().prefault(3_600_000).describe('How long ago the cache got its copy.'),
    max_age: span(0)
      .optional()
      .describe('How long copies are fresh: `Cache-Control: public, max-age=…`. Default: what the upstream says.'),
    cache_control: fieldValue().optional().describe('The whole `Cache-Control` instead.'),
    warning: z
      .boolean({ error: 'expected true or false' })
      .default(false)
      .describe('Adds `Warning: 110 - "Response is Stale"`, as caches did before RFC 9111.'),
    x_cache: z
      .boolean({ error: 'expected true or false' })
      .default(true)
      .describe('Adds `X-Cache: HIT`, as many CDNs do.'),
  })
  .refine(({ max_age, cache_control }) => max_age === undefined || cache_control === undefined, {
    path: ['cache_control'],
    error: 'expected none, because there is a max_age',
  })

type Params = z.output<typeof params>

function aged(came: HeaderList, p: Params, { wall }: ExchangeContext): HeaderList {
  const date = (readHttpDate(headerOf({ headers: came }, 'date') ?? '') ?? wall) - p.age
  let headers = withHeader(came, 'Date', httpDate(date))
  headers = movedBack(headers, 'Expires', p.age)
  // Nothing has changed after the copy was made, as far as a copy knows.
  const modified = readHttpDate(headerOf({ headers }, 'last-modified') ?? '')
  if (modified !== undefined && modified > date) headers = withHeader(headers, 'Last-Modified', httpDate(date))
  const control = p.max_age === undefined ? p.cache_control : `public, max-age=${Math.floor(p.max_age / 1000)}`
  if (control !== undefined) headers = withHeader(headers, 'Cache-Control', control)
  headers = withHeader(headers, 'Age', String(Math.floor(p.age / 1000)))
  if (p.x_cache) headers = withHeader(headers, 'X-Cache', 'HIT')
  return p.warning ? [...headers, ['Warning', '110 - "Response is Stale"']] : headers
}

export const cdnStale = defineFault({
  type: 'cdn_stale',
  layer: 'http',
  effect: 'content',
  summary: 'Makes responses look as if a cache had kept them for a long time.',
  details: `Works on what a cache would have answered: responses to \`GET\` and \`HEAD\` with a status that may be kept without being asked for (200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501). Their heads become those of a copy that is \`age\` old:

- \`Age\` is \`age\` in seconds (RFC 9111, section 5.1).
- \`Date\` and \`Expires\` are moved back by \`age\`; a \`Last-Modified\` after the new \`Date\` becomes that. Dates that cannot be read stay.
- \`Cache-Control\` becomes \`public, max-age=…\` with \`max_age\`, or what \`cache_control\` says; without both it stays what the upstream said. With a \`max_age\` below \`age\` the copy is stale by its own account; with one above it is fresh, and a client or the next cache may go on using it.
- \`X-Cache: HIT\`, and with \`warning\` a \`Warning: 110\` (RFC 7234, section 5.5.1; obsolete since RFC 9111, but still sent).

The body and \`ETag\` stay those of the upstream: it is the head that lies. For an old body use it together with \`http_body\`, or \`cdn_mixed_versions\`. The request goes to the upstream as ever. An update counts from the next response on.

Stands for a purge that did not reach every edge, for \`stale-while-revalidate\` and \`stale-if-error\` during an outage of the origin (the site looks well, and shows yesterday's prices), for a TTL that somebody set to a day instead of a minute, and for an origin
that sends \`Cache-Control: public\` with what belongs to one user. It brings out clients that take \`Date\` for the current time, deployments that wait for a new version to appear, and second-level caches that add their own time to \`Age\`.`,
  example: { age: '2h', max_age: '60s', warning: true },
  params,
  directions: ['both'],
  warnings: ({ age, max_age }) =>
    max_age !== undefined && max_age > age ? ['with a max_age above age the copy is fresh, not stale'] : [],
  response: (p, context, head, request) => {
    if (!isCacheableRequest(request) || !isCacheableStatus(head.status)) return undefined
    return { what: 'stale', head: { ...head, headers: aged(head.headers, p, context) } }
  },
})
