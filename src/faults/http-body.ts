import type { BodyChange, ExchangeContext } from '../core/exchange.ts'
import type { RequestHead, ResponseHead } from '../core/http.ts'
import { defineFault } from './define.ts'
import { changeBody } from './http/body-changes.ts'
import { bodyParams, type BodyParams } from './http/body-params.ts'

function bodyChange(p: BodyParams, context: ExchangeContext, head: RequestHead | ResponseHead): BodyChange {
  const { limit, mangle } = p
  return {
    atMost: limit,
    change: (body) => {
      const changed = changeBody(p, head.headers, body, context.random)
      if (!('because' in changed)) return mangle === undefined ? changed : { ...changed, ...mangle }
      context.record(context.at, 'left_alone', { reason: changed.because })
      return undefined
    },
  }
}

function verdict(p: BodyParams, context: ExchangeContext, head: RequestHead | ResponseHead) {
  // One that is known to be too long is not worth gathering.
  if (head.bodyKind === 'none' || head.bodyLength > p.limit) return undefined
  return { what: 'body', body: bodyChange(p, context, head) } as const
}

export const httpBody = defineFault({
  type: 'http_body',
  layer: 'http',
  effect: 'content',
  summary: 'Changes bodies: replaces, patches JSON, replaces by regular expression, corrupts, or encodes them wrongly.',
  details: `The body of the response (\`phase: response\`, the default) or of the request (\`phase: request\`) is gathered whole, changed, and sent with the \`Content-Length\` that it then has; a chunked one is no longer chunked, and loses its trailers. Exactly one
of these says how:

- \`replace\` (a text) or \`replace_base64\` (bytes): instead of the body, up to 1 MiB. \`content_type\` says what it is, if that is something else than before.
- \`merge_patch\`: a JSON merge patch (RFC 7396). Fields are set, those that are \`null\` go, objects are merged, lists replaced as a whole; numbers that are not touched keep their digits. A body that is no JSON stays as it is.
- \`regex\`: every match of a regular expression (\`all: false\`: the first) in the text is replaced. RE2's syntax, which takes linear time; \`$1\`, \`$<name>\`, \`$&\`, \`$$\` in \`replace\`. A body that is not UTF-8 stays as it is. Of matches that are longer than 256
  characters a shorter one may be taken where the expression allows both; a replacing that would take more than some tenths of a second of computing is given up.
- \`corrupt\`: one bit is turned in \`bytes\` different bytes, or in each byte with a chance of \`share\`, at places that are drawn from the seed. The bytes are those on the wire: of a compressed body mostly none can be read any more.
- \`wrong_encoding\`: \`announced\`: \`Content-Encoding: gzip\` on a plain body; \`hidden\`: a gzip body without the field; \`mislabelled\`: a gzip body that is called \`br\`. A body that is encoded already is decoded for \`announced\`; for the others it is only called something else.

**Encodings.** A body with \`Content-Encoding\` gzip, deflate, br or zstd is decoded for \`merge_patch\` and \`regex\` and encoded again the same way; a replacement is encoded too. With an encoding that is not known here, or several, a replacement is sent plain, without the field, and anything else leaves
the body as it is.

**Limits.** A body that is longer than \`limit\`, as it came or decoded (a decompression bomb is stopped there), passes untouched: one of unknown length is let go as soon as it has become too long. The head waits until the body is there: an event stream, or a long poll, is
held until it ends or is longer than \`limit\`, and so is the request of a client that waits for \`100 Continue\`. Gathered bodies take memory: \`limit\` for each exchange at the same time. Decoding, searching and encoding take time in which nothing else happens: some milliseconds for a megabyte.

No body is invented: a message without one (\`HEAD\`, 204, 304, most \`GET\`) is not touched. An empty one is touched by \`replace\` alone. What was meant to be changed and was not is on record as \`left_alone\` with its \`reason\`, unless it is longer than \`limit\` as it came; the exchange counts as one that the fault worked on.

\`ETag\`, \`Content-MD5\`, \`Digest\`, \`Content-Range\` and the like are not made to fit: who checks them is to notice.

\`mangle.announce\` sends another \`Content-Length\` than is true. What comes behind could not be told from the body, so the connection ends there: with a larger one the other side misses bytes, and with a smaller one has some too many, as with any broken server. The announced length being the true one changes nothing.

Stands for a server or a proxy that answers with something else than the contract says: a field that is missing or null, an HTML error page with status 200, an old schema, double or missing compression, a codec bug, a bad disk or memory. To damage long streams use [\`corrupt\`](corrupt.md)
with \`part: body\`.`,
  example: { merge_patch: { price: null, currency: 'XXX' }, limit: '1MiB' },
  params: bodyParams,
  directions: ['both'],
  warnings: ({ merge_patch, replace, replace_base64, limit }) => [
    ...(merge_patch !== undefined && Object.keys(merge_patch).length === 0
      ? ['an empty merge_patch changes nothing in a body that is an object']
      : []),
    ...((replace !== undefined || replace_base64 !== undefined) && limit < 1024
      ? [`bodies of more than ${limit} bytes are not replaced: limit is about the body that comes`]
      : []),
  ],
  actsOnResponse: ({ phase }) => phase === 'response',
  request: (p, context, head) => (p.phase === 'request' ? verdict(p, context, head) : undefined),
  response: (p, context, head) => (p.phase === 'response' ? verdict(p, context, head) : undefined),
})
