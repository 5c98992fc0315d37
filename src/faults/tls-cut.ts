import { z } from 'zod'
import { defineFault } from './define.ts'
import { duration } from './params.ts'

const params = z.object({
  after: duration().prefault(0).describe('How long after the hello of the client the connection ends.'),
  how: z
    .enum(['close', 'reset'], { error: 'expected close or reset' })
    .default('close')
    .describe('How it ends: an orderly close without an answer, or a reset (TCP RST).'),
})

export const tlsCut = defineFault({
  type: 'tls_cut',
  layer: 'tls',
  effect: 'ending',
  summary: 'Ends the connection amid the TLS handshake.',
  details: `When a client has sent its hello, and \`after\` has passed, its connection ends without a byte of an answer: closed, so that it reads an end of the stream where TLS
allows none ("unexpected EOF", \`SSL_ERROR_SYSCALL\`, "Client network socket disconnected before secure TLS connection was established"), or with \`how: reset\` a reset (\`ECONNRESET\`). It works
wherever clients speak TLS, whether the proxy listens with TLS (\`tls.listen\`) or passes it through; in the second case the upstream does not see the hello. A connection that does not begin
with a TLS hello is left alone.

It acts on new connections; live ones go on. An update applies to those that still wait for their end (\`after\` counts from their hello); removing it takes their handshakes up.

Stands for firewalls and censors that reset on a name they do not like, a load balancer that knows no server for the name, a server that crashes or restarts, a plain-text server behind a TLS
port, a handshake timeout of the server (\`after\`). Some clients take such an end for a sign that the server is too old, and come again with an older version of TLS or without encryption: this shows
which. A server that says why it refuses is \`tls_alert\`.`,
  example: { how: 'reset' },
  params,
  directions: ['both'],
  handshake: ({ after, how }) => ({ wait: after, instead: how }),
})
