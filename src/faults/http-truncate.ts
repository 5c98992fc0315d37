import { z } from 'zod'
import { BodyCut } from './body-cut.ts'
import { bodyPlace } from './body-place.ts'
import { defineFault } from './define.ts'

const AT = '`head`, bytes, a size such as "64KiB", or a share of the body such as "30%"'

const params = z.object({
  at: z
    .union([z.literal('head'), bodyPlace()], { error: `expected ${AT}` })
    .meta({ unit: 'bytes', accepts: AT })
    .describe('Where it is cut: behind the head, or when so much of the body has passed, in bytes or percent (`30%`).'),
  how: z
    .enum(['close', 'reset'], { error: 'expected close or reset' })
    .default('close')
    .describe('How the connection ends there: an orderly close, or a reset (RST) of the client.'),
})

export const httpTruncate = defineFault({
  type: 'http_truncate',
  layer: 'http',
  effect: 'ending',
  summary: 'Cuts the body of a response short, with its full length announced.',
  details: `The head passes as it is, with the full \`Content-Length\` (or \`Transfer-Encoding: chunked\`); so does the beginning of the body, and then the connection ends. It ends as soon as the last byte in front of the cut has
passed, or at once where the cut is right behind the head: not only when the upstream sends more.

\`at\` is a number of bytes of the body, a share of it in percent, or \`head\`, which is the same as 0.

- Where the length is known (\`Content-Length\`), a body that is no longer than \`at\` is not touched: nothing would be missing. So \`100%\` cuts nothing.
- Where nobody knows it (chunked, or up to the close of the connection), a share is taken of the first piece that comes: a chunk, or as much of it as one read has brought, which for a short body is often all of it. A body that ends
right at the cut is cut too: of a chunked one the last chunk, which says that it is over, is missing then.
- A body that is over before the cut, and a response without one (\`HEAD\`, 204, 304, \`Content-Length: 0\`), are not touched.

With \`how: close\` the client reads the bytes and then the end of the connection: a client that checks lengths reports an incomplete body, one that does not takes the piece for the whole. **A body that ends with the connection
anyway cannot be told from a whole one**: HTTP/1.0, or no \`Content-Length\`. With \`how: reset\` the client gets a RST behind the bytes; what the kernel has not delivered by then may be lost, as with every RST. The connection to the upstream is closed in an
orderly way in both cases.

An update counts from the beginning of the body, too: a place that has been passed already cuts at once. Removing it lets the rest pass, unless the cut has been made.

Stands for an origin or a cache that dies in the middle of an answer, a load balancer that closes long downloads, a corrupted cache entry that is shorter than its head says.`,
  example: { at: '4KiB', how: 'close' },
  params,
  directions: ['downstream'],
  warnings: ({ at }) => (at === '100%' ? ['100% cuts nothing where the length of the body is known'] : []),
  stage: ({ at, how }, context, previous) => new BodyCut(at === 'head' ? 0 : at, how, context, previous),
})
