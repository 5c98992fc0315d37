import { z } from 'zod'
import { ALERTS } from '../core/handshake.ts'
import { defineFault } from './define.ts'
import { duration } from './params.ts'

const byName = new Map<string, number>(Object.entries(ALERTS))
const names = [...byName.keys()]
const EXPECTED = `a number of 0 to 255, or one of ${names.join(', ')}`

/** A number is a whole number of one byte; on the command line it comes as a text. */
function numberOf(alert: string | number): number | undefined {
  const number =
    typeof alert === 'number' ? alert : (byName.get(alert) ?? (/^\d{1,3}$/.test(alert) ? Number(alert) : -1))
  return Number.isInteger(number) && number >= 0 && number <= 255 ? number : undefined
}

const params = z.object({
  alert: z
    .union([z.string(), z.number()], { error: `expected ${EXPECTED}` })
    .refine((alert) => numberOf(alert) !== undefined, { error: `expected ${EXPECTED}` })
    .meta({ accepts: 'the name of an alert, such as "handshake_failure", or its number of 0 to 255' })
    .default('internal_error')
    .describe('What the alert says.'),
  after: duration().prefault(0).describe('How long after the hello of the client the alert is sent.'),
})

/** Clients take these for an orderly end, or pass over them. */
const HARMLESS: ReadonlySet<number> = new Set([ALERTS.close_notify, ALERTS.user_canceled, ALERTS.no_renegotiation])

export const tlsAlert = defineFault({
  type: 'tls_alert',
  layer: 'tls',
  effect: 'ending',
  summary: 'Answers the hello of a TLS client with an alert: the handshake fails with a reason.',
  details: `When a client has sent its hello, and \`after\` has passed, it is sent a fatal TLS alert in plain text, and its connection is closed. Clients name the alert in their error: OpenSSL and
Node "tlsv1 alert internal error" (\`ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR\`), Go "remote error: tls: internal error", curl ends with 35. It works wherever clients speak TLS, whether the proxy listens
with TLS (\`tls.listen\`) or passes it through; in the second case the upstream does not see the hello. A connection that does not begin with a TLS hello is left alone.

Names are those of RFC 8446: ${names.map((name) => `\`${name}\``).join(', ')}. Any other number is sent as it is.

It acts on new connections; live ones go on. An update applies to those that still wait for their alert (\`after\` counts from their hello); removing it takes their handshakes up.

Stands for a server that finds no common cipher (\`handshake_failure\`) or version (\`protocol_version\`), a load balancer that knows nothing of the name (\`unrecognized_name\`), a key that cannot be
read or a module that fails (\`internal_error\`), a client certificate that is missed (\`certificate_required\`) or refused (\`bad_certificate\`, \`unknown_ca\`): in TLS 1.3 that comes when the client
takes the handshake for finished, which this does not imitate. It brings out whether a client tries again what cannot succeed, and whether its error says more than "connection failed".`,
  example: { alert: 'handshake_failure' },
  params,
  directions: ['both'],
  warnings({ alert }) {
    const number = numberOf(alert)
    if (number === undefined) return []
    if (HARMLESS.has(number)) return [`${alert} is no error: clients see an end of the stream, or pass over it`]
    return [...byName.values()].includes(number) ? [] : [`no alert has the number ${number}: clients call it unknown`]
  },
  handshake: ({ alert, after }) => ({ wait: after, instead: { alert: numberOf(alert) ?? ALERTS.internal_error } }),
})
