import { z } from 'zod'
import { defineFault } from './define.ts'

const NAME_ERROR = 'expected the name of a protocol, such as "h2" or "http/1.1": 1 to 255 ASCII characters'
/** A client never offers more than a handful. */
const MOST = 16
const LIST_ERROR = `expected a list of 1 to ${MOST} names of protocols, such as ["http/1.1"]`

/** On the wire a name has its length in one byte in front (RFC 7301, section 3.1). */
const name = z.string({ error: NAME_ERROR }).regex(/^[\x21-\x7e]{1,255}$/, { error: NAME_ERROR })

const params = z.object({
  protocols: z
    .array(name, { error: LIST_ERROR })
    .min(1, { error: LIST_ERROR })
    .max(MOST, { error: LIST_ERROR })
    .optional()
    .describe('The only ones that are accepted, the best first. Default: none is.'),
})

/** RFC 7301, section 3.2. */
const NO_APPLICATION_PROTOCOL = 120

export const tlsAlpn = defineFault({
  type: 'tls_alpn',
  layer: 'tls',
  effect: 'ending',
  summary: 'Refuses protocols that TLS clients offer (ALPN), or all of them.',
  details: `A client says in its hello which protocols it would speak (\`h2\`, \`http/1.1\`, …), and the server chooses one. With \`protocols\` only these are accepted, and the first that the client offers is
chosen. A client that offers none of them is answered with the alert \`no_application_protocol\` (120) and closed; without \`protocols\` every client is that offers any. OpenSSL and
Node call it "tlsv1 alert no application protocol" (\`ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL\`), Go "remote error: tls: no application protocol". A client that
offers nothing is left alone, as by every server.

**Choosing needs a proxy that ends TLS** (\`tls.listen\`). On one that passes TLS through, the choice is the upstream's: there this only refuses clients that offer nothing of \`protocols\`. What the proxy chooses
says nothing about what the upstream speaks: with protocols that it does not know, the handshake succeeds and what follows does not.

It acts on new connections; live ones go on.

Stands for a load balancer that has lost HTTP/2 (\`protocols: ["http/1.1"]\`), a server that was updated to refuse what it does not know, gRPC behind a proxy that does not speak \`h2\`. It brings out
clients that cannot fall back, and those that speak \`h2\` although it was not chosen.`,
  example: { protocols: ['http/1.1'] },
  params,
  directions: ['both'],
  handshake({ protocols }, _, { alpn }) {
    if (alpn.length === 0) return undefined
    if (protocols?.some((protocol) => alpn.includes(protocol)) === true) return { alpn: protocols }
    return { instead: { alert: NO_APPLICATION_PROTOCOL } }
  },
})
