import { z } from 'zod'
import { count, owner, revision } from './common.ts'
import { faultShape } from './fault.ts'

/** Proxies as they are shown, and as they are written (control/proxy-fields.ts reads them). */

const http = z.object({
  lenient: z
    .boolean()
    .optional()
    .describe('Messages that are ambiguous or broken are passed on as bytes instead of refused.'),
  host: z.string().optional().describe('The `Host` that the upstream is sent: `preserve`, `upstream`, or a name.'),
  forwarded_for: z.boolean().optional().describe('Adds the client to `X-Forwarded-For`.'),
  header_faults: z.boolean().optional().describe('Requests may ask for faults of their own.'),
  tell: z.boolean().optional().describe('Responses that a fault has worked on say so.'),
  max_head: z.union([z.int(), z.string()]).optional().describe('Bytes that a head may have, 1024 to 1 MiB.'),
  max_headers: z.int().min(1).max(10_000).optional().describe('Fields that a head may have.'),
})

const alpn = z.array(z.string()).optional().describe('Protocols, such as `http/1.1`.')
const pem = (what: string) =>
  z.string().optional().describe(`${what}, PEM. Shown as \`(set)\`, which may be sent back.`)
const file = (what: string) =>
  z.string().optional().describe(`A file with ${what}, below the directory of \`--files\`.`)

const tlsUpstream = z.object({
  servername: z.string().optional().describe('Default: the host of the upstream.'),
  ca: pem('Whom to trust instead of the usual authorities'),
  cert: pem('The certificate of this client'),
  key: pem('Its private key'),
  verify: z.boolean().optional().describe('Whether the certificate of the upstream has to be good. Default: true.'),
  alpn,
})
const tlsListen = z.object({
  cert: pem('The certificate of this server'),
  key: pem('Its private key'),
  authority: z.boolean().optional().describe('Certificates are made on the fly, by the local authority.'),
  names: z.array(z.string()).optional().describe('For which names certificates are made.'),
  client_ca: pem('Whose certificates clients have to have'),
  alpn,
})
const peek = z.boolean().optional().describe('Looks for the name that clients ask for, where TLS is passed on.')

const tls = z.object({ upstream: tlsUpstream.optional(), listen: tlsListen.optional(), peek })
const tlsInput = z.object({
  upstream: tlsUpstream
    .extend({ ca_file: file('authorities'), cert_file: file('certificates'), key_file: file('the key') })
    .optional(),
  listen: tlsListen
    .extend({ cert_file: file('certificates'), key_file: file('the key'), client_ca_file: file('authorities') })
    .optional(),
  peek,
})

const proxyProtocol = z.object({
  accept: z.boolean().optional().describe('Clients send a header of the PROXY protocol.'),
  send: z.enum(['v1', 'v2']).optional().describe('The upstream is sent one.'),
})

export const proxyShape = z
  .object({
    name: z.string(),
    listen: z.string().describe('The address that it is bound to, once it has been started.'),
    upstream: z.string(),
    enabled: z.boolean().describe('Whether it listens.'),
    protocol: z.enum(['tcp', 'http']),
    http: http.optional().describe('Where something else than the usual was asked for.'),
    tls: tls.optional().describe('Certificates by their subjects; keys are not shown.'),
    proxy_protocol: proxyProtocol.optional(),
    owner,
    revision,
    faults: z.array(faultShape).describe('In the order in which bytes meet them.'),
  })
  .meta({ id: 'Proxy', description: 'One listen address, one upstream, and its faults.' })

export const proxiesShape = z
  .object({ total: count('How many there are.'), proxies: z.array(proxyShape) })
  .meta({ id: 'Proxies', description: 'All proxies, in the order of their names.' })

const fields = {
  name: z.string().describe('Unique, case-sensitive.'),
  listen: z
    .string()
    .optional()
    .describe(
      '`host:port`, `[v6]:port`, `:port` or `unix:/path`; port 0 = any free one. Default: every interface, any free port.',
    ),
  upstream: z
    .string()
    .describe(
      '`host:port`, `[v6]:port`, `unix:/path`, or `http://host[:port]`, `https://host[:port]`: protocol `http`, the second with TLS.',
    ),
  enabled: z.boolean().optional().describe('Whether it listens. Default: true.'),
  protocol: z.enum(['tcp', 'http']).optional().describe('Default: `tcp`; `http` where the upstream is a URL.'),
  http: http.optional().describe('With protocol `http`.'),
  tls: tlsInput.optional().describe('How TLS is spoken. Default: bytes pass as they are.'),
  proxy_protocol: proxyProtocol.optional(),
}

/** What was read may be sent back; faults are written one by one. */
const shown = {
  owner: z.string().optional().meta({ readOnly: true }),
  revision: z.int().optional().meta({ readOnly: true }),
  faults: z.array(z.unknown()).max(0).optional().meta({ readOnly: true }),
}

export const proxyInputShape = z.strictObject({ ...fields, ...shown }).meta({
  id: 'ProxyInput',
  description: 'A proxy as it is written.',
  examples: [
    { name: 'pg', listen: 'localhost:0', upstream: 'localhost:5432' },
    { name: 'shop', listen: 'localhost:0', upstream: 'http://localhost:8080', http: { host: 'upstream', tell: true } },
  ],
})

export const proxyPatchShape = patchOf(z.strictObject(fields))
  .extend(shown)
  .meta({
    id: 'ProxyPatch',
    description:
      'What is given takes the place of what is there, also inside of objects; `null` takes it away, or brings its default back (RFC 7396). What was read may be sent back.',
    examples: [{ enabled: false }, { upstream: 'localhost:5433' }],
  })

/** The same with every field as it may stand in a patch: absent, or `null`. */
function patchOf(object: z.ZodObject): z.ZodObject {
  const patched = Object.entries(object.shape).map(([name, field]) => {
    const inner = field instanceof z.ZodOptional ? field.unwrap() : field
    const kind = z.nullable(inner instanceof z.ZodObject ? patchOf(inner) : inner)
    const { description } = z.globalRegistry.get(field) ?? {}
    return [name, (description === undefined ? kind : kind.describe(description)).optional()] as const
  })
  return z.strictObject(Object.fromEntries(patched))
}
