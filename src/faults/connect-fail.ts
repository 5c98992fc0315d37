import { z } from 'zod'
import { defineFault } from './define.ts'
import { duration } from './params.ts'

const params = z.object({
  after: duration().prefault(0).describe('How long connecting to the upstream is tried before it fails.'),
  how: z
    .enum(['close', 'reset'], { error: 'expected close or reset' })
    .default('close')
    .describe('What the client gets then: an orderly close, or a reset.'),
})

export const connectFail = defineFault({
  type: 'connect_fail',
  layer: 'connection',
  effect: 'ending',
  summary: 'Makes connecting to the upstream fail.',
  details: `The client's \`connect()\` succeeds, because the proxy is there; \`after\` later it is let go as by a proxy whose upstream cannot be reached: closed without a byte (it reads the
end of the stream: "server closed the connection unexpectedly", "socket hang up"), or with \`how: reset\` a reset (\`ECONNRESET\`). The upstream is not really dialled, and the
server does not notice. A client that has sent something before the close may get a reset all the same: so the kernel tells it that nobody has read it.

It acts on new connections; live ones go on. An update applies to those that still wait for their failure (\`after\` counts from when they were accepted); removing it lets them
in.

Stands for a dead server behind a proxy, load balancer or service mesh that is alive: refused (\`after\` 0), or not answering (\`after\` = the dial timeout of that proxy), and for
a name that cannot be resolved. A client that is connected to the server directly would see \`ECONNREFUSED\`: for that use \`refuse\`. How the failure looks differs from proxy to proxy:
most close, some reset, and those that speak HTTP answer 502 or 504, which this fault does not.`,
  example: { after: '3s', how: 'reset' },
  params,
  directions: ['both'],
  connect: ({ after, how }) => ({ wait: after, instead: how }),
})
