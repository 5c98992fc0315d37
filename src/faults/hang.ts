import { z } from 'zod'
import { defineFault } from './define.ts'

export const hang = defineFault({
  type: 'hang',
  layer: 'connection',
  effect: 'timing',
  summary: 'Accepts a connection and never takes it up.',
  details: `The client's \`connect()\` succeeds, and then nothing happens: no byte comes back, and the upstream is never dialled. Writes succeed until the buffers are full, and then
block. Reads hang until the client's own timeout, so a client that has only a connect timeout waits for ever. A TLS handshake hangs in its first step.

It acts on new connections; live ones go on (to silence these, use \`timeout\`). Removing it takes up the connections that hang: the upstream is dialled, and what the clients have
sent meanwhile is delivered.

Stands for an accept loop that has crashed or is stuck, a stopped process (\`SIGSTOP\`, a long garbage collection), a server without free workers: the kernel goes on
taking connections on their behalf. A host that is down is something else: there \`connect()\` itself gets no answer, which no proxy can imitate; for a client whose timeout covers
connecting and the first answer it is the same.`,
  example: {},
  params: z.object({}),
  directions: ['both'],
  connect: () => ({ instead: 'hang' }),
})
