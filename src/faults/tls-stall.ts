import { z } from 'zod'
import { defineFault } from './define.ts'

export const tlsStall = defineFault({
  type: 'tls_stall',
  layer: 'tls',
  effect: 'timing',
  summary: 'Never answers the hello of a TLS client.',
  details: `The client connects, sends its hello, and waits: no byte comes back. It works wherever clients speak TLS, whether the proxy listens with TLS (\`tls.listen\`) or passes it through;
in the second case the upstream does not see the hello. A connection that does not begin with a TLS hello is left alone.

It acts on new connections; live ones go on. Removing it takes the handshakes up where they are, so that clients that have waited long enough get through. A client that gives up is
noticed as ever.

Stands for a server whose workers are all busy although its kernel accepts, a middlebox that drops packets once it has seen the name in the hello, and a hello that is too large for the path (a
post-quantum key share makes two packets of one, and some boxes wait for ever). It brings out timeouts that cover connecting but not the handshake. \`hang\` is the same before TLS: it does
not wait for a hello, and never dials.`,
  example: {},
  params: z.object({}),
  directions: ['both'],
  handshake: () => ({ wait: Infinity }),
})
