import { z } from 'zod'
import { defineFault } from './define.ts'
import { editFields, fieldEdits, touchedBy, type Touch } from './http/field-edits.ts'

/** They say where the message ends, and what becomes of the connection: the proxy goes by those that came, whatever is written. */
const FRAMING: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding', 'connection', 'upgrade'])

const PHASES = ['request', 'response'] as const

const MANGLE_ERROR =
  'expected `mangle: true` beside it: Content-Length, Transfer-Encoding, Connection and Upgrade say where the message ends and what becomes of the connection, and a second Host makes it ambiguous'

function breaksMessage({ name, adds }: Touch): boolean {
  return FRAMING.has(name) || (name === 'host' && adds)
}

const params = z
  .object({
    request: fieldEdits().optional().describe('What is done to the fields of requests.'),
    response: fieldEdits().optional().describe('What is done to the fields of responses.'),
    mangle: z
      .boolean({ error: 'expected true or false' })
      .default(false)
      .describe('Whether fields that say where a message ends may be touched, so that it is wrong.'),
  })
  .superRefine((given, context) => {
    if (given.request === undefined && given.response === undefined) {
      context.addIssue({ code: 'custom', path: ['response'], message: 'expected it, or request, or both' })
    }
    for (const phase of PHASES) {
      const edits = given[phase]
      const wrong = given.mangle || edits === undefined ? undefined : touchedBy(edits).find(breaksMessage)
      if (wrong === undefined) continue
      context.addIssue({
        code: 'custom',
        path: [phase, ...wrong.path],
        message: MANGLE_ERROR,
        params: { got: wrong.name },
      })
    }
  })

type Params = z.output<typeof params>

function idle(edits: Params['request'], phase: string): readonly string[] {
  const { set = {}, remove = [], rename = {} } = edits ?? {}
  const written = new Set(Object.keys(set).map((name) => name.toLowerCase()))
  const gone = new Set(remove.map((name) => name.toLowerCase()))
  return [
    ...remove
      .filter((name) => written.has(name.toLowerCase()))
      .map((name) => `${phase}.remove of ${name} does nothing: set writes it again`),
    ...Object.keys(rename)
      .filter((name) => gone.has(name.toLowerCase()))
      .map((name) => `${phase}.rename of ${name} does nothing: remove takes it away before`),
  ]
}

export const httpHeaders = defineFault({
  type: 'http_headers',
  layer: 'http',
  effect: 'content',
  summary: 'Sets, removes, appends or renames fields of requests and responses, `Host` included.',
  details: `For each message, in this order whatever order they are written in:

1. \`remove\`: every field of that name goes.
2. \`rename\`: every field of the old name gets the new one; its value and its place stay.
3. \`set\`: one field of that name, in the place of the first that there was (which keeps its letter case) or at the end.
4. \`append\`: one more field at the end, or several for a list of values.

Names match in any letter case, and are sent as they are written here. Bodies and times do not change. A message that none of this changes passes as it came, and does not count. Several faults work one after the other: each sees
the fields as those before it have left them.

**No injection.** Names have to be tokens, values may have no line break, NUL or other control character and nothing beyond Latin-1 (RFC 9110, section 5.5). At most 100 names for each operation and 16 KiB of text for each message.

\`Host\` may be set and removed like any other, but no other field be renamed to it: the upstream then chooses another virtual host, or refuses the request (RFC 9112, section 3.2). The connection still goes to the upstream of the proxy.

**Fields that frame.** \`Content-Length\`, \`Transfer-Encoding\`, \`Connection\`, \`Upgrade\`, and a second \`Host\` are refused unless \`mangle\` is on. Even then the proxy itself goes by what came: the body is the same bytes, framed as before, and the
connection is kept or closed as before; only what is written differs. The other side then waits for bytes that do not come, or takes the rest of a body for the next message. On requests this is how requests are smuggled: point it at servers of your own.
Interim responses (100, 103) are not touched.

Stands for a proxy or CDN that strips, renames or adds fields (\`Authorization\` lost at a redirecting gateway, \`X-Forwarded-Proto\` missing, a duplicate \`Access-Control-Allow-Origin\`, \`Set-Cookie\` folded away), for a security rule that removes \`Content-Type\`, and for a wrong \`Host\` after
a migration.`,
  example: {
    request: { set: { Host: 'old.example.com' }, remove: ['Authorization'] },
    response: { append: { 'Set-Cookie': 'session=; Max-Age=0' }, rename: { ETag: 'X-ETag' } },
  },
  params,
  directions: ['both'],
  warnings: ({ request, response, mangle }) => {
    const touched = [request, response].flatMap((edits) => (edits === undefined ? [] : touchedBy(edits)))
    const useless = mangle && !touched.some(breaksMessage)
    return [
      ...idle(request, 'request'),
      ...idle(response, 'response'),
      ...(useless ? ['mangle does nothing: no field that frames a message is touched'] : []),
    ]
  },
  actsOnResponse: ({ request }) => request === undefined,
  request: ({ request }, _context, head) => {
    if (request === undefined) return undefined
    const headers = editFields(head.headers, request)
    return headers === head.headers ? undefined : { what: 'headers', head: { ...head, headers } }
  },
  response: ({ response }, _context, head) => {
    if (response === undefined) return undefined
    const headers = editFields(head.headers, response)
    return headers === head.headers ? undefined : { what: 'headers', head: { ...head, headers } }
  },
})
