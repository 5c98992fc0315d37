import { z } from 'zod'
import { defineFault } from './define.ts'
import { jittered } from './jitter.ts'
import { duration } from './params.ts'

const params = z.object({
  delay: duration().describe('How much longer connecting to the upstream takes.'),
  jitter: duration().prefault(0).describe('It varies by up to this much both ways for each connection, uniformly.'),
})

export const connectDelay = defineFault({
  type: 'connect_delay',
  layer: 'connection',
  effect: 'timing',
  summary: 'Makes connecting to the upstream take longer.',
  details: `The connection to the upstream is there \`delay\` ± \`jitter\` later than it would be. The time counts against the dial timeout of the server (\`--dial-timeout\`, 5 s unless given): where
it does not suffice, the dial fails just as with an upstream that does not answer, and the client, whose own \`connect()\` has long succeeded, is closed without a byte. Otherwise the client sees its
first answer come later, and what it has sent meanwhile is delivered then.

It acts on new connections; live ones go on. Several such faults add up. A dial that fails by itself (refused, unknown name) fails as it would.

Stands for slow name resolution, a far or overloaded server, and lost SYN packets: Linux sends the first SYN again after about a second, so that \`delay: 1s\` with
\`probability: 0.02\` is what 1 % of loss each way does to connecting. The client cannot tell it from \`accept_delay\`: its handshake is with the proxy, and the kernel finishes that
at once.`,
  example: { delay: '1s', jitter: '200ms' },
  params,
  directions: ['both'],
  connect({ delay, jitter }, { random }) {
    const dial = jittered(delay, jitter, random)
    return dial > 0 ? { dial } : undefined
  },
})
