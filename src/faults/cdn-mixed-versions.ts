import { z } from 'zod'
import type { ExchangeContext, ResponseVerdict } from '../core/exchange.ts'
import { headerOf, withHeader, type HeaderList, type RequestHead, type ResponseHead } from '../core/http.ts'
import { defineFault } from './define.ts'
import { span } from './field-kinds.ts'
import { plainAnswer } from './http/answers.ts'
import { isCacheableRequest, listsTag, movedBack, notModifiedFields } from './http/caching.ts'
import { codingOf, encode, labelled } from './http/encoding.ts'
import { ExchangeMemory } from './http/exchange-memory.ts'
import { keyKind, keyOf, positionOf, salt } from './http/key.ts'
import { probability } from './params.ts'

const VERSION_ERROR = 'expected 1 to 64 letters, digits, dots, underscores and hyphens'
const LONGEST_BODY = 2 ** 20
const BODY_ERROR = `expected a text of at most ${LONGEST_BODY} bytes`

/** Bodies of the upstream that are replaced at all. */
const LARGEST_REPLACED = 16 * 2 ** 20

const params = z.object({
  share: probability().prefault(0.5).describe('How much of the keys, or of the exchanges, meets the old version.'),
  key: keyKind('exchange', 'client')
    .default('exchange')
    .describe(
      'What decides: each exchange for itself, the address of the client, or the value of a request field (`header:Cookie`).',
    ),
  salt: salt().default('').describe('Another text divides the same keys in another way.'),
  asset: z
    .enum(['changed', 'missing'], { error: 'expected changed or missing' })
    .default('changed')
    .describe('What the old version has: something else (`changed`), or nothing yet, a 404 (`missing`).'),
  version_name: z
    .string({ error: VERSION_ERROR })
    .regex(/^[\w.-]{1,64}$/, { error: VERSION_ERROR })
    .default('old')
    .describe('Its name: in `X-Version`, and at the end of its `ETag`.'),
  age: span(0).prefault(3_600_000).describe('How much older its `Last-Modified` is.'),
  body: z
    .string({ error: BODY_ERROR })
    .refine((text) => Buffer.byteLength(text) <= LONGEST_BODY, { error: BODY_ERROR })
    .optional()
    .describe('With `asset: changed`: its body. Default: that of the upstream.'),
})

type Params = z.output<typeof params>

/** Decided once for request and response together. */
function meetsOld(p: Params, context: ExchangeContext, request: RequestHead): boolean {
  if (p.key !== 'exchange') return positionOf(keyOf(p.key, context.client, request), p.salt) < p.share
  const drawn = ExchangeMemory.of<number>(context).decide(context.exchange, () => context.random.next())
  return drawn < p.share
}

/** `"abc"` → `"abc-old"`. */
function tagOf(tag: string, version: string): string {
  return tag.endsWith('"') ? `${tag.slice(0, -1)}-${version}"` : `"${version}"`
}

const PARTIAL = new Set(['range', 'if-range'])
const CONDITIONAL = new Set(['if-none-match', 'if-modified-since'])

/** The upstream knows the new version alone: with its validators it would answer for that one. */
function withoutConditions(headers: HeaderList): HeaderList {
  const ranged = headers.some(([name]) => name.toLowerCase() === 'if-range')
  const isCondition = (name: string): boolean => CONDITIONAL.has(name) || (ranged && PARTIAL.has(name))
  return headers.filter(([name]) => !isCondition(name.toLowerCase()))
}

function oldHeaders(p: Params, came: HeaderList): HeaderList {
  const tag = headerOf({ headers: came }, 'etag')
  const tagged = tag === undefined ? came : withHeader(came, 'ETag', tagOf(tag, p.version_name))
  return withHeader(movedBack(tagged, 'Last-Modified', p.age), 'X-Version', p.version_name)
}

function oldBody(text: string, head: ResponseHead): Pick<ResponseVerdict, 'body'> {
  if (head.bodyKind === 'none') return {}
  const coding = codingOf(head.headers)
  return {
    body: {
      atMost: LARGEST_REPLACED,
      change: () => {
        const plain = Buffer.from(text)
        const body = coding === undefined || plain.length === 0 ? plain : encode(plain, coding)
        return { body, headers: (list) => labelled(list, coding) }
      },
    },
  }
}

function oldResponse(p: Params, head: ResponseHead, request: RequestHead): ResponseVerdict {
  const headers = oldHeaders(p, head.headers)
  const tag = headerOf({ headers }, 'etag')
  if (tag !== undefined && head.status === 200 && listsTag(headerOf(request, 'if-none-match'), tag)) {
    const kept = withHeader(notModifiedFields(headers), 'X-Version', p.version_name)
    return { what: 'old_version', answer: { status: 304, headers: kept, body: Buffer.alloc(0) } }
  }
  const replaced = p.body === undefined || head.status !== 200 ? {} : oldBody(p.body, head)
  return { what: 'old_version', head: { ...head, headers }, ...replaced }
}

export const cdnMixedVersions = defineFault({
  type: 'cdn_mixed_versions',
  layer: 'http',
  effect: 'content',
  summary: 'Serves two versions of everything at the same time, as in the middle of a deployment.',
  details: `Models two edges (or servers) behind one name: the new one is the upstream as it is, the old one has another version. \`share\` of them meets the old one:

- \`key: exchange\`: each \`GET\` and \`HEAD\` draws for itself, as with a load balancer without affinity: a page from one version, its script from the other.
- \`key: client\` or \`header:NAME\`: the same key always meets the same version, as with an edge by region or a sticky cookie. Which one hangs on the key and the \`salt\` alone: it is the same in every run, whatever the seed. Requests without the field share one.

What the old one answers, with \`asset: changed\`:

- A response with a 2xx status gets another \`ETag\` (the upstream's with \`-VERSION\` at the end, if there is one), a \`Last-Modified\` that is \`age\` older, \`X-Version: VERSION\`, and with \`body\` that body (encoded as the upstream's was; up to 16 MiB of the upstream's are read and dropped; status 200 alone).
- The request goes to the upstream without \`If-None-Match\` and \`If-Modified-Since\`, and, where there is an \`If-Range\`, without that and \`Range\`: the old edge does not know the validators of the new one. A client that comes back with the old \`ETag\` gets its 304. Ranges without \`If-Range\` are served, from the version that is met.

With \`asset: missing\` it answers 404 without asking the upstream: the file with the new hash in its name is not there yet. Use \`match.path\` to say which files these are. Other methods than \`GET\` and \`HEAD\` are not touched.

Stands for a rolling deployment, a purge that has reached some regions, an origin pool with one server that was left out, blue and green both taking traffic. In August 2012 Knight Capital put new code on seven of its eight servers; the eighth ran an old function under a flag that meant something else
by then, and 45 minutes later 440 million dollars were gone. Everyday forms: a new page that asks an old edge for \`app.3f2a.js\` and gets a 404, which the CDN then keeps for an hour; caches that never revalidate because two servers make different \`ETag\`s for the same file; a download in ranges that is put together from two
versions.`,
  example: { share: '50%', key: 'client', version_name: 'v41', body: 'console.log("v41")' },
  params,
  directions: ['both'],
  warnings: ({ share, key, salt: text, asset, body }) => [
    ...(share === 0 ? ['a share of 0: nobody meets the old version'] : []),
    ...(text !== '' && key === 'exchange' ? ['salt does nothing with key exchange: each exchange draws'] : []),
    ...(body !== undefined && asset === 'missing' ? ['body does nothing with asset missing'] : []),
  ],
  request: (p, context, head) => {
    if (!isCacheableRequest(head) || !meetsOld(p, context, head)) return undefined
    if (p.asset === 'missing') return { what: 'missing', answer: plainAnswer(404, [['X-Version', p.version_name]]) }
    const headers = withoutConditions(head.headers)
    return headers.length === head.headers.length ? undefined : { what: 'old_version', head: { ...head, headers } }
  },
  response: (p, context, head, request) => {
    if (p.asset === 'missing' || head.status >= 300 || !isCacheableRequest(request)) return undefined
    return meetsOld(p, context, request) ? oldResponse(p, head, request) : undefined
  },
})
