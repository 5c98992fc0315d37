import { z } from 'zod'
import { BodyCut, type Cut, CUTS } from './body-cut.ts'
import { bodyPlace } from './body-place.ts'
import { defineFault } from './define.ts'

const POINTS = ['before_forward', 'after_upstream_answer', 'mid_body'] as const

const params = z.object({
  at: z
    .enum(POINTS, { error: `expected one of ${POINTS.join(', ')}` })
    .default('before_forward')
    .describe('When: in the place of forwarding the request, of passing on the answer, or within a body.'),
  how: z
    .enum(['reset', 'close'], { error: 'expected reset or close' })
    .default('reset')
    .describe('What the client gets: a reset (RST), or an orderly close.'),
  after: bodyPlace()
    .optional()
    .describe('With `at: mid_body`: how much of the body passes before, in bytes or percent (`30%`). Default: `50%`.'),
})

function breakOff(how: Cut) {
  return { what: how, end: CUTS[how] }
}

export const httpReset = defineFault({
  type: 'http_reset',
  layer: 'http',
  effect: 'ending',
  summary: 'Breaks the connection off at a chosen point of an exchange, by RST or an orderly close.',
  details: `The point is \`at\`:

- \`before_forward\` (the default): when the head of the request has come. The upstream does not hear of it, so a retry is safe.
- \`after_upstream_answer\`: when the head of the response has come. The upstream has done its work, and the client gets nothing: **the ambiguous outcome**. From where the client stands the two cannot be told apart.
- \`mid_body\`: when \`after\` of a body has passed: of the response (\`direction: downstream\`, the default), the request (\`upstream\`), or whichever comes first (\`both\`). The direction counts here alone.

\`after\` is a number of bytes, or a share of the body in percent. Where the length is known (\`Content-Length\`), a body that is no longer than that is not touched; where it is not, a share is taken of the first piece that comes,
as [\`http_truncate\`](http_truncate.md) says. A message without a body is not touched.

With \`how: reset\` the client gets a reset: it reads \`ECONNRESET\`. What the kernel has not delivered by then may be lost, as with every RST. With \`how: close\` it reads the end of the connection: before the head, most clients call that
"empty reply" or "socket hang up"; many repeat the request by themselves on a connection that they have used before. The connection to the upstream is closed in an orderly way in both cases, and other exchanges that wait on the same connection
of the client are lost with it.

Of several faults, one that ends the connection goes before one that answers, and both come after delays. With a \`match\` on the status of the response, \`before_forward\` is refused.

Stands for a server that crashes while it works, a load balancer or firewall that kills connections, a keep-alive connection that the server closes just when it is used again. Unix sockets know no reset: they are
closed.`,
  example: { at: 'after_upstream_answer', how: 'reset' },
  params,
  warnings: ({ at, after }) => [
    ...(at !== 'mid_body' && after !== undefined ? [`\`after\` does nothing with \`at: ${at}\``] : []),
    ...(at === 'mid_body' && after === '100%' ? ['100% breaks nothing off where the length of the body is known'] : []),
  ],
  actsOnResponse: ({ at }) => at !== 'before_forward',
  request: ({ at, how }) => (at === 'before_forward' ? breakOff(how) : undefined),
  response: ({ at, how }) => (at === 'after_upstream_answer' ? breakOff(how) : undefined),
  stage: ({ at, how, after = '50%' }, context, previous) =>
    at === 'mid_body' ? new BodyCut(after, how, context, previous) : undefined,
})
