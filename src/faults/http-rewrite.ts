import { z } from 'zod'
import type { RequestHead } from '../core/http.ts'
import { defineFault } from './define.ts'
import { replacement, replaceMatches } from './http/regex.ts'
import { editQuery, queryEdits, splitTarget } from './http/target.ts'

/** RFC 9110, section 5.6.2. */
const METHOD = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}$/
const METHOD_ERROR =
  "expected a method of at most 32 letters, digits and any of !#$%&'*+-.^_`|~, but not HEAD or CONNECT, whose responses have another shape"

const LONGEST_PATH = 2048
/** Characters that a rewritten target may have; most servers take no more. */
const LONGEST_TARGET = 8192

/** What a path may hold: visible ASCII without what would begin a query or a fragment. Anything else is percent-encoded. */
const PATH = /^[\u0021\u0022\u0024-\u003e\u0040-\u007e]*$/
const PATH_TEXT = `visible ASCII characters without ? and #, at most ${LONGEST_PATH} (others percent-encoded)`
const PATH_ERROR = `expected a path that begins with /, of ${PATH_TEXT}; or an object with pattern and replace`
const PART_ERROR = `expected ${PATH_TEXT}`

/** Of replacing in one path: some 150 ms at worst, and that for expressions which search the same characters again and again. */
const MOST_STEPS = 1e7

const METHODS_LEFT_ALONE: ReadonlySet<string> = new Set(['HEAD', 'CONNECT'])

const pathText = z
  .string({ error: PATH_ERROR })
  .max(LONGEST_PATH, { error: PATH_ERROR })
  .regex(PATH, { error: PATH_ERROR })
  .startsWith('/', { error: PATH_ERROR })

const pathPart = z
  .string({ error: PART_ERROR })
  .max(LONGEST_PATH, { error: PART_ERROR })
  .regex(PATH, { error: PART_ERROR })

const params = z
  .object({
    method: z
      .string({ error: METHOD_ERROR })
      .regex(METHOD, { error: METHOD_ERROR })
      .refine((method) => !METHODS_LEFT_ALONE.has(method.toUpperCase()), { error: METHOD_ERROR })
      .optional()
      .describe('The method that the upstream is sent. Case counts.'),
    path: z
      .union([pathText, replacement(pathPart)], { error: PATH_ERROR })
      .optional()
      .describe(
        'The path that the upstream is sent, without the query; or a regular expression and what comes in the place of its matches.',
      ),
    query: queryEdits().optional().describe('Parameters of the query that are set or removed.'),
  })
  .refine(({ method, path, query }) => method !== undefined || path !== undefined || query !== undefined, {
    path: ['path'],
    error: 'expected at least one of method, path and query',
  })

type Params = z.output<typeof params>

function rewrittenPath(path: string, wanted: Params['path']): string {
  if (wanted === undefined) return path
  if (typeof wanted === 'string') return wanted
  const replaced = replaceMatches(wanted, path, LONGEST_TARGET, MOST_STEPS)
  if ('because' in replaced) return path
  return replaced.text.startsWith('/') ? replaced.text : `/${replaced.text}`
}

function rewrittenTarget(target: string, { path, query }: Params): string {
  const parts = splitTarget(target)
  if (parts === undefined || (path === undefined && query === undefined)) return target
  const newQuery = query === undefined ? parts.query : editQuery(parts.query, query)
  const rewritten = parts.authority + rewrittenPath(parts.path, path) + newQuery
  return rewritten.length > LONGEST_TARGET ? target : rewritten
}

function rewrite(p: Params, head: RequestHead) {
  // `*` belongs to its method, and the response to a HEAD or CONNECT has another shape than that to anything else.
  const isFixed = head.target === '*' || METHODS_LEFT_ALONE.has(head.method)
  const method = isFixed ? head.method : (p.method ?? head.method)
  const target = head.method === 'CONNECT' ? head.target : rewrittenTarget(head.target, p)
  if (method === head.method && target === head.target) return undefined
  return { what: 'rewrite', head: { ...head, method, target } } as const
}

export const httpRewrite = defineFault({
  type: 'http_rewrite',
  layer: 'http',
  effect: 'content',
  summary: 'Sends requests to the upstream with another method, path or query.',
  details: `The upstream gets another request line; fields and body stay what they are. A request that is not changed by it passes as it came, and does not count.

- \`method\`: in the place of that which came. Requests with \`HEAD\` and \`CONNECT\` keep theirs, and no other can become one of them: the response would have another shape than the client expects. \`OPTIONS *\` stays as it is.
- \`path\`: a whole path, or \`{pattern, replace}\`: every match of a regular expression in the path (\`all: false\`: the first) is replaced. The path is taken as it is written in the request, percent-encoding included, and the query is no part of
  it. A result that does not begin with \`/\` gets one.
- \`query\`: parameters that are removed, and then set. Names are compared after decoding; values are encoded as needed; other parameters keep their bytes and their order.

In an absolute target (\`http://host/path\`) the scheme and host stay.

Expressions have the syntax of RE2, which takes linear time: no look-around, no back-references; at most 1000 characters. In \`replace\`, \`$1\` and \`$<name>\` are groups, \`$&\` is the whole match and \`$$\` a dollar sign. Only characters that a path may
hold are accepted, so the result is always a valid target: no blanks, no line breaks. A target that would be longer than ${LONGEST_TARGET} characters, or take more than some tenths of a second to make, is left as it is.

Nothing in the response is changed back: redirects and links name what the upstream knows. The recent exchanges show the request as the client has sent it.

Stands for a gateway or load balancer with a wrong rewrite rule: a prefix that is stripped twice or not at all, an API version that is routed to an older one, a query string that is dropped (so that every page has the same cache key), a
\`POST\` that a redirect has turned into a \`GET\`.`,
  example: { path: { pattern: '^/api/v2/', replace: '/api/v1/' }, query: { remove: ['page'] } },
  params,
  directions: ['both'],
  warnings: ({ query }) =>
    (query?.remove ?? [])
      .filter((name) => Object.hasOwn(query?.set ?? {}, name))
      .map((name) => `query.remove of ${name} does nothing: set writes it again`),
  request: (p, _context, head) => rewrite(p, head),
})
