import { z } from 'zod'
import { defineFault } from './define.ts'
import { duration } from './params.ts'

const params = z.object({
  after: duration().prefault(0).describe('How long after it was accepted the connection is reset.'),
})

export const reject = defineFault({
  type: 'reject',
  layer: 'connection',
  effect: 'ending',
  summary: 'Accepts a connection and resets it (TCP RST).',
  details: `The client's \`connect()\` succeeds; \`after\` later it gets a reset. Its next read fails with \`ECONNRESET\`, its next write with \`ECONNRESET\` or \`EPIPE\`. With a reset
that comes at once, some clients have \`connect()\` itself fail with \`ECONNRESET\`. Nothing of what it sends is delivered and the upstream is never dialled, so the server
does not notice.

It acts on new connections; live ones go on. An update applies to those that still wait for their reset (\`after\` counts from when they were accepted); removing it lets them
in.

Stands for a process that crashes or restarts right after accepting, a load balancer without a healthy server behind it, a firewall that resets, a listener that is closed while clients
wait in its accept queue. For \`ECONNREFUSED\` use \`refuse\`; to reset connections once they are used, \`reset_peer\`. Unix sockets know no reset: they are
closed.`,
  example: { after: '200ms' },
  params,
  directions: ['both'],
  connect: ({ after }) => ({ wait: after, instead: 'reset' }),
})
