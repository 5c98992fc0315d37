import { z } from 'zod'
import { defineFault } from './define.ts'
import { jittered } from './jitter.ts'
import { duration } from './params.ts'

const params = z.object({
  delay: duration().describe('How long a new connection waits before it is taken up.'),
  jitter: duration()
    .prefault(0)
    .describe('The wait of each connection varies by up to this much both ways, uniformly.'),
})

export const acceptDelay = defineFault({
  type: 'accept_delay',
  layer: 'connection',
  effect: 'timing',
  summary: 'Lets each new connection wait before it is taken up.',
  details: `The client's \`connect()\` succeeds at once; then the connection is left alone for \`delay\` ± \`jitter\`, and the upstream is not dialled. After that it is taken up like any other, and
what the client has sent meanwhile is delivered. The client sees its first answer come that much later: the greeting of the server, the TLS handshake, or the first response. Later
ones are not delayed. A client that resets during the wait is gone without the server having seen it; one that only closes its side may want its answer, and is taken up.

It acts on new connections; live ones go on. Several such faults add up. An update gives those that still wait their new time, counted from when they were accepted; removing it takes
them up at once.

Stands for a server that is too busy to accept, a full accept queue, a cold start, a proxy or gateway that has to wake its backend. **It does not make \`connect()\` slow**: the
client's handshake is finished by the kernel before any program can delay it, so a connect timeout does not run out, only one that covers the first answer. For
a slow way to the server use \`connect_delay\`; to the client both look alike, but only that one counts against the dial timeout.`,
  example: { delay: '2s', jitter: '500ms' },
  params,
  directions: ['both'],
  connect({ delay, jitter }, { random }) {
    const wait = jittered(delay, jitter, random)
    return wait > 0 ? { wait } : undefined
  },
})
