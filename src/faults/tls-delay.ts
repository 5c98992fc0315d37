import { z } from 'zod'
import { defineFault } from './define.ts'
import { jittered } from './jitter.ts'
import { duration } from './params.ts'

const params = z.object({
  delay: duration().describe('How long the hello of a client waits before it is answered.'),
  jitter: duration()
    .prefault(0)
    .describe('The wait of each connection varies by up to this much both ways, uniformly.'),
})

export const tlsDelay = defineFault({
  type: 'tls_delay',
  layer: 'tls',
  effect: 'timing',
  summary: 'Makes TLS handshakes of clients take longer.',
  details: `When a client has sent its hello, nothing goes on for \`delay\` ± \`jitter\`; then the handshake is taken up as if the hello had come only now. It works wherever clients
speak TLS: on a proxy that listens with TLS (\`tls.listen\`) its own answer is late, on one that passes TLS through the hello goes on to the upstream late. What the client
sends behind its hello waits with it. Bytes after the handshake are not delayed; a connection that does not begin with a TLS hello is left alone.

The wait is there once for each handshake, whatever the number of its round trips, and in resumed sessions too. It acts on new connections; live ones go on. Several such faults add up. An update gives
those that still wait their new time, counted from their hello; removing it lets them go on at once.

Stands for a server whose processors are busy with signatures, a key that is kept in a slow module or service, certificates that are looked up or made on demand, an OCSP or session cache that
does not answer. It brings out connect timeouts that cover TCP alone, pools that open many connections at once, and clients whose timeout begins with the request. A \`latency\` delays the handshake too, but
everything behind it as well.`,
  example: { delay: '800ms', jitter: '200ms' },
  params,
  directions: ['both'],
  warnings: ({ delay, jitter }) => (delay > 0 || jitter > 0 ? [] : ['it delays nothing: delay is 0']),
  handshake({ delay, jitter }, { random }) {
    const wait = jittered(delay, jitter, random)
    return wait > 0 ? { wait } : undefined
  },
})
