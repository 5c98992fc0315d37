import { z } from 'zod'
import type { Answer } from '../core/exchange.ts'
import type { HeaderList } from '../core/http.ts'
import type { Random } from '../core/random.ts'
import { defineFault } from './define.ts'
import { answerFields, fieldValue, hasField } from './http-fields.ts'
import { bodyFor, drawStatus, hasNoContent, statusChoice, statusesOf } from './http-status.ts'
import { duration } from './params.ts'

/** Bytes that the body of a made-up answer may have. */
export const LARGEST_ANSWER_BODY = 2 ** 20

const BODY_ERROR = `expected a text of at most ${LARGEST_ANSWER_BODY} bytes`
const BASE64_ERROR = `expected base64 of at most ${LARGEST_ANSWER_BODY} bytes`
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

const YEAR_MS = 31_536_000_000
const RETRY_ERROR = 'expected a duration of at most a year, such as "30s"'

function retryAfter() {
  const kind = duration()
  return kind.refine((ms) => ms <= YEAR_MS, { error: RETRY_ERROR }).meta(kind.meta() ?? {})
}

const DEFAULT_TYPE = 'text/plain; charset=utf-8'

const params = z
  .object({
    status: statusChoice().describe('What is answered. Of several, one is drawn for each exchange.'),
    headers: answerFields().optional().describe('Fields of the answer. Default: none but those that it needs.'),
    body: z
      .string({ error: BODY_ERROR })
      .refine((text) => Buffer.byteLength(text) <= LARGEST_ANSWER_BODY, { error: BODY_ERROR })
      .optional()
      .describe('The body, as a text (UTF-8). Default: the name of the status, in a line.'),
    body_base64: z
      .string({ error: BASE64_ERROR })
      .max(Math.ceil(LARGEST_ANSWER_BODY / 3) * 4, { error: BASE64_ERROR })
      .regex(BASE64, { error: BASE64_ERROR })
      .optional()
      .describe('The body as base64, for what is no text.'),
    content_type: fieldValue().optional().describe(`The type of the body. Default: \`${DEFAULT_TYPE}\`.`),
    retry_after: retryAfter()
      .optional()
      .describe('When the client may try again: a `Retry-After` field, in whole seconds, rounded up. Default: none.'),
    forward: z
      .enum(['never', 'before_answer'], { error: 'expected never or before_answer' })
      .default('never')
      .describe('Whether the upstream gets the request: not at all, or it does its work and its answer is lost.'),
  })
  .superRefine(({ headers, body, body_base64, content_type, retry_after }, context) => {
    const refuse = (field: string, message: string): void => {
      context.addIssue({ code: 'custom', message: `expected ${message}`, path: [field] })
    }
    if (body !== undefined && body_base64 !== undefined) refuse('body_base64', 'none, because there is a body')
    if (content_type !== undefined && hasField(headers, 'content-type')) {
      refuse('content_type', 'none, because headers has a Content-Type')
    }
    if (retry_after !== undefined && hasField(headers, 'retry-after')) {
      refuse('retry_after', 'none, because headers has a Retry-After')
    }
  })

type ErrorParams = z.output<typeof params>

/** The clients that look at it do so with these (RFC 9110, sections 10.2.3 and 15.5.14; RFC 6585, section 4). */
function mayHaveRetryAfter(status: number): boolean {
  return status === 413 || status === 429 || status === 503 || (status >= 300 && status < 400)
}

const NOTHING = Buffer.alloc(0)

/** A large body is decoded once, not for each exchange. */
const bodies = new WeakMap<ErrorParams, Buffer>()

function ownBody(p: ErrorParams): Buffer | undefined {
  if (p.body === undefined && p.body_base64 === undefined) return undefined
  const known = bodies.get(p)
  if (known !== undefined) return known
  const made = p.body === undefined ? Buffer.from(p.body_base64 ?? '', 'base64') : Buffer.from(p.body)
  bodies.set(p, made)
  return made
}

function answer(p: ErrorParams, random: Random): Answer {
  const status = drawStatus(p.status, random)
  const body = hasNoContent(status) ? NOTHING : (ownBody(p) ?? bodyFor(status))
  const { content_type, retry_after, headers = {} } = p
  const typed = hasField(headers, 'content-type')
  const fields: [string, string][] = []
  if (body.length > 0 && !typed) fields.push(['Content-Type', content_type ?? DEFAULT_TYPE])
  if (retry_after !== undefined) fields.push(['Retry-After', String(Math.ceil(retry_after / 1000))])
  for (const [name, values] of Object.entries(headers)) {
    for (const value of [values].flat()) fields.push([name, value])
  }
  return { status, headers: fields satisfies HeaderList, body }
}

export const httpError = defineFault({
  type: 'http_error',
  layer: 'http',
  effect: 'content',
  summary: 'Answers requests with an error, or any other status, in the place of the upstream.',
  details: `The client gets a whole, correct response: \`status\`, the fields of \`headers\`, and a body with its \`Content-Length\`. \`Connection\` and \`Date\` are added. The connection stays usable where it was
before. A field whose value is a list comes several times. Names and values that would break the head (line breaks, NUL) are refused, and so are the fields that the proxy sets itself:
\`Content-Length\`, \`Transfer-Encoding\`, \`Connection\`, \`Date\`.

- **Status.** One number from 200 to 599; a list, of which each is as likely as the others; or weights: with \`{"503": 3, "500": 1}\` three answers of four are a 503. One is drawn for each exchange, from the
seed, so that a run can be repeated. 204, 205 and 304 are answered without a body, whatever \`body\` says.
- **Body.** \`body\` as a text, \`body_base64\` for anything else; up to 1 MiB. Without one, the body is the name of the status in a line (\`Service Unavailable\`), as many servers have it; it does not say that it
was injected. An answer to \`HEAD\` has the fields alone.
- **Retry-After.** Always in seconds, rounded up, at most a year.

With \`forward: never\` the upstream does not hear of the request; what the client sends as a body is read and dropped. With \`forward: before_answer\` the request goes on, the upstream does its work, and when the
head of its response comes, the client gets the error instead: **the ambiguous outcome**. A retry then does the work twice; it shows which requests are not safe to repeat. If the upstream does not answer,
nor does this fault: what the client gets is what it would get without. With a \`match\` on the status of the response the upstream has always done its work, and its answer is replaced, whatever \`forward\` says.

Of several faults that answer an exchange, the first decides; a reset by another fault goes before an answer; delays come before both. Once a response is on its way its status cannot be changed any more: an
update, or removing the fault, counts from the next exchange on.

Stands for an overloaded or broken origin, a load balancer without a healthy server, a quota that is used up, a deployment in progress. Combine it with \`probability\`, \`count\` (fail the first two, then recover) or
\`match\` to fail what you mean.`,
  example: {
    status: [503, 500],
    content_type: 'application/json',
    body: '{"error":"overloaded"}',
    retry_after: '30s',
    forward: 'before_answer',
  },
  params,
  directions: ['both'],
  warnings({ status, body, body_base64, content_type, retry_after }) {
    const all = statusesOf(status)
    const without = all.filter(hasNoContent)
    const hasBody = body !== undefined || body_base64 !== undefined || content_type !== undefined
    return [
      ...(hasBody && without.length > 0
        ? [`a response with status ${without.join(' or ')} has no body: none is sent`]
        : []),
      ...(retry_after !== undefined && !all.some(mayHaveRetryAfter)
        ? ['clients look at retry_after with 413, 429, 503 and redirects alone']
        : []),
    ]
  },
  actsOnResponse: () => true,
  request: (p, { random }) => (p.forward === 'never' ? { answer: answer(p, random), forward: 'never' } : undefined),
  // With `forward: never` it is asked for this alone where only the response tells whether the exchange is meant.
  response: (p, { random }) => ({ answer: answer(p, random) }),
})
