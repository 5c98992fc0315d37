import { z } from 'zod'
import { headerOf, withHeader, withoutHeader, type RequestHead, type ResponseHead } from '../core/http.ts'
import { defineFault } from './define.ts'
import { count, size } from './params.ts'

const FLAWS = ['ignored', 'unasked', 'partial', 'shifted', 'wrong_total', 'missing'] as const

const BYTES_ERROR = 'expected a size of at least 1 byte, such as "64KiB"'

function bytes() {
  const kind = size()
  return kind.refine((given) => given >= 1, { error: BYTES_ERROR }).meta(kind.meta() ?? {})
}

const params = z.object({
  flaw: z
    .enum(FLAWS, { error: `expected ${FLAWS.slice(0, -1).join(', ')} or missing` })
    .describe(
      'What is wrong. For requests of a range: the whole comes with 200 (`ignored`), `Content-Range` is `by` bytes off (`shifted`), has a total that is `by` too large (`wrong_total`) or is not there (`missing`). For requests of the whole: it comes as a 206 (`unasked`), or only its first `bytes` do (`partial`).',
    ),
  by: count('bytes', 1, 1_000_000_000)
    .default(1)
    .describe('With `shifted` and `wrong_total`: how far off.')
    .meta({ unit: 'bytes' }),
  bytes: bytes().prefault('64KiB').describe('With `partial`: how much of the whole comes.'),
})

type Params = z.output<typeof params>

function isWholeGet(request: RequestHead): boolean {
  return request.method === 'GET' && headerOf(request, 'range') === undefined
}

function changedRequest({ flaw, bytes }: Params, head: RequestHead): RequestHead | undefined {
  if (flaw === 'ignored') {
    if (headerOf(head, 'range') === undefined) return undefined
    return { ...head, headers: withoutHeader(withoutHeader(head.headers, 'range'), 'if-range') }
  }
  if (flaw !== 'partial' || !isWholeGet(head)) return undefined
  return { ...head, headers: withHeader(head.headers, 'Range', `bytes=0-${bytes - 1}`) }
}

const CONTENT_RANGE = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/

/** The `Content-Range` that is sent; `undefined` = there is none to spoil. */
function spoiledRange(value: string | undefined, { flaw, by }: Params): string | undefined {
  const [, first, last, total] = CONTENT_RANGE.exec(value ?? '') ?? []
  if (first === undefined || last === undefined || total === undefined) return undefined
  if (flaw === 'shifted') {
    // It still fits into the total, so that only the bytes can tell.
    const from = Number(first) >= by ? Number(first) - by : Number(first) + by
    return `bytes ${from}-${Number(last) + from - Number(first)}/${total}`
  }
  return total === '*' ? undefined : `bytes ${first}-${last}/${Number(total) + by}`
}

function changedResponse(p: Params, head: ResponseHead, request: RequestHead): ResponseHead | undefined {
  const { headers, status, bodyKind, bodyLength } = head
  if (p.flaw === 'unasked') {
    if (status !== 200 || bodyKind !== 'length' || bodyLength === 0 || !isWholeGet(request)) return undefined
    const whole = `bytes 0-${bodyLength - 1}/${bodyLength}`
    return { ...head, status: 206, reason: 'Partial Content', headers: withHeader(headers, 'Content-Range', whole) }
  }
  if (status !== 206 || headerOf(head, 'content-range') === undefined) return undefined
  if (p.flaw === 'missing') return { ...head, headers: withoutHeader(headers, 'content-range') }
  if (p.flaw !== 'shifted' && p.flaw !== 'wrong_total') return undefined
  const spoiled = spoiledRange(headerOf(head, 'content-range'), p)
  return spoiled === undefined ? undefined : { ...head, headers: withHeader(headers, 'Content-Range', spoiled) }
}

export const cdnRange = defineFault({
  type: 'cdn_range',
  layer: 'http',
  effect: 'content',
  summary: 'Answers requests of a range, or of the whole, with a wrong 206, 200 or Content-Range.',
  details: `Range requests (RFC 9110, section 14) as caches get them wrong. One \`flaw\`:

| flaw | request | what the client gets |
|---|---|---|
| \`ignored\` | with \`Range\` | the whole with 200: \`Range\` and \`If-Range\` are taken out of the request. Allowed, and yet many clients append it to what they have |
| \`shifted\` | with \`Range\` | the right bytes, and a \`Content-Range\` that says they are from \`by\` bytes earlier (at the very beginning: later) |
| \`wrong_total\` | with \`Range\` | a total length that is \`by\` too large, so that the download is never complete |
| \`missing\` | with \`Range\` | a 206 without \`Content-Range\`, which cannot be put anywhere |
| \`unasked\` | \`GET\` without | the whole, as a 206 with the \`Content-Range\` of the whole |
| \`partial\` | \`GET\` without | the first \`bytes\`, as a 206: \`Range\` is put into the request |

\`ignored\` and \`partial\` change the request and leave the answer to the upstream: with one that knows no ranges, \`partial\` gets the whole with 200. The other flaws change heads of responses; bodies and their lengths stay. \`shifted\`, \`wrong_total\` and \`missing\` need a 206 with one range
of bytes: answers with several (\`multipart/byteranges\`), 416 and 200 pass untouched. \`unasked\` needs a 200 whose length is known. What is not changed does not count.

Stands for a cache that has kept one slice and serves it to everybody as the whole; for an edge that fetches in slices while the origin's file changes, or puts slices together off by one; for a CDN or an antivirus proxy that drops \`Range\`. It brings out resumed downloads,
video players, package managers and PDF viewers that end up with a file of the right size and the wrong bytes: compare checksums.`,
  example: { flaw: 'shifted', by: 512 },
  params,
  directions: ['both'],
  actsOnResponse: ({ flaw }) => flaw !== 'ignored' && flaw !== 'partial',
  request: (p, _context, head) => {
    const changed = changedRequest(p, head)
    return changed === undefined ? undefined : { what: p.flaw, head: changed }
  },
  response: (p, _context, head, request) => {
    const changed = changedResponse(p, head, request)
    return changed === undefined ? undefined : { what: p.flaw, head: changed }
  },
})
