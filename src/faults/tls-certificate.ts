import { z } from 'zod'
import { CERTIFICATE_FLAWS } from '../core/handshake.ts'
import { defineFault } from './define.ts'

const params = z.object({
  flaw: z
    .enum(CERTIFICATE_FLAWS, { error: `expected one of ${CERTIFICATE_FLAWS.join(', ')}` })
    .describe('What is wrong with the certificate.'),
})

export const tlsCertificate = defineFault({
  type: 'tls_certificate',
  layer: 'tls',
  effect: 'ending',
  summary: 'Shows TLS clients a certificate that they should not trust.',
  details: `The client is shown another certificate than it would be, made for the occasion and wrong in one way alone:

- \`expired\`: its time is over. OpenSSL, Node: \`CERT_HAS_EXPIRED\`.
- \`not_yet_valid\`: its time has not begun, as seen by a client whose clock is behind. \`CERT_NOT_YET_VALID\`.
- \`self_signed\`: nobody has signed it but itself. \`DEPTH_ZERO_SELF_SIGNED_CERT\`.
- \`wrong_name\`: it is for another host. \`ERR_TLS_CERT_ALTNAME_INVALID\`, curl "no alternative certificate subject name matches".

Apart from its flaw the certificate is as good as any that the local authority makes; so a client that trusts that authority meets the flaw, and not an unknown authority in front of it. On a proxy with a
certificate of its own (\`tls.listen.cert\`) nobody can sign in the name of who signed that: the flawed one is then from an authority that no client knows, and some clients report that instead. Whoever refuses
ends the handshake with an alert, curl with exit code 60; whoever does not verify notices nothing, which is what this finds out.

**It needs a proxy that ends TLS** (\`tls.listen\`): without the key of the upstream nobody can show another certificate, so it is refused where a proxy passes TLS through.

It acts on new connections; live ones go on. TLS sessions from before are not taken up: every new connection is shown the certificate.

Stands for the certificate that nobody has renewed, a clock that is wrong (a device without a battery, a virtual machine that was asleep), a default certificate of a load balancer or ingress, a captive
portal, a middlebox that opens TLS.`,
  example: { flaw: 'expired' },
  params,
  directions: ['both'],
  endsTls: true,
  handshake: ({ flaw }) => ({ certificate: flaw }),
})
