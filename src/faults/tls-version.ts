import { z } from 'zod'
import { defineFault } from './define.ts'

const WORDS = ['1.2', '1.3', 'refuse'] as const
const error = `expected one of ${WORDS.join(', ')}`

const params = z.object({
  versions: z
    .union(
      [z.enum(WORDS), z.literal(1.2).transform(() => '1.2' as const), z.literal(1.3).transform(() => '1.3' as const)],
      {
        error,
      },
    )
    .describe('The one version that is spoken, or `refuse`: none.'),
})

/** RFC 8446, section 6.2. */
const PROTOCOL_VERSION = 70

/** As a hello has them. */
const ON_THE_WIRE = { '1.2': 0x0303, '1.3': 0x0304 }

export const tlsVersion = defineFault({
  type: 'tls_version',
  layer: 'tls',
  effect: 'ending',
  summary: 'Speaks only one version of TLS with clients, or none that they know.',
  details: `With \`1.2\` or \`1.3\` a client gets that version of TLS or none: one that does not offer it is answered with the alert \`protocol_version\` (70) and closed. With \`refuse\` every client is. OpenSSL
and Node call it "tlsv1 alert protocol version" (\`ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION\`), Go "remote error: tls: protocol version not supported".

**Holding a client to a version needs a proxy that ends TLS** (\`tls.listen\`). On one that passes TLS through, the version is a matter between client and upstream: there this only refuses, every client with
\`refuse\`, and otherwise those whose newest version is too old. A connection that does not begin with a TLS hello is left alone.

It acts on new connections; live ones go on.

Stands for servers and middleboxes that do not know TLS 1.3 (\`1.2\`), a security policy that has turned TLS 1.2 off (\`1.3\`), and the day on which the last version that a client knows is
turned off (\`refuse\`). It brings out clients that are pinned to a version, and what they report when it is gone.`,
  example: { versions: '1.3' },
  params,
  directions: ['both'],
  handshake({ versions }, _, { version }) {
    if (versions === 'refuse' || version < ON_THE_WIRE[versions]) return { instead: { alert: PROTOCOL_VERSION } }
    const only = versions === '1.2' ? 'TLSv1.2' : 'TLSv1.3'
    return { versions: { min: only, max: only } }
  },
})
