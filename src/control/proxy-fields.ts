import { z } from 'zod'
import { FoulweatherError } from '../core/errors.ts'
import { partsOf, words } from '../faults/field-kinds.ts'
import { type At, join, refusal } from '../faults/issues.ts'
import { didYouMean } from '../faults/nearest.ts'
import { size } from '../faults/params.ts'

/** Fields of a proxy as users write them. */

const TEXT_ERROR = 'expected a text without halves of surrogate pairs'
const text = () => z.string({ error: TEXT_ERROR }).refine((given) => given.isWellFormed(), { error: TEXT_ERROR })
const flag = () => z.boolean({ error: 'expected true or false' })

function bounded(kind: z.ZodType<number>, least: number, most: number, expected: string) {
  const error = `expected ${expected} of ${least} to ${most}`
  return kind.refine((value) => value >= least && value <= most && Number.isInteger(value), { error })
}

const HOST_ERROR = 'expected preserve, upstream, or a host such as "example.com" or "example.com:8080"'
const HOST = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/

const http = partsOf({
  lenient: flag()
    .optional()
    .describe('Pass ambiguous or broken messages on as bytes, instead of refusing them. Default: false.'),
  host: z
    .string({ error: HOST_ERROR })
    .max(300, HOST_ERROR)
    .regex(HOST, { error: HOST_ERROR })
    .optional()
    .describe(
      'The `Host` that the upstream is sent: `preserve` (that of the client, the default), `upstream`, or a name.',
    ),
  forwarded_for: flag()
    .optional()
    .describe(
      'Add the client to `X-Forwarded-For`, and set `X-Forwarded-Proto` and `X-Forwarded-Host`. Default: false.',
    ),
  header_faults: flag().optional().describe('Requests may ask for faults of their own, by fields. Default: false.'),
  tell: flag()
    .optional()
    .describe('Responses that a fault has worked on say so, in a field `x-foulweather`. Default: false.'),
  max_head: bounded(size(), 1024, 2 ** 20, 'bytes, or a size,')
    .optional()
    .describe('Bytes that a head may have. Default: 16384.'),
  max_headers: bounded(z.number({ error: 'expected a whole number' }), 1, 10_000, 'a whole number')
    .optional()
    .describe('Fields that a head may have. Default: 128.'),
})

/** Certificates and keys, in bytes of PEM. */
const LONGEST_PEM = 2 ** 18

function pem(what: string) {
  const error = `expected ${what} as a PEM text of at most ${LONGEST_PEM} characters`
  return z.string({ error }).min(1, error).max(LONGEST_PEM, error)
}

const certificates = () => pem('certificates')
const key = () => pem('a private key')

const NAME =
  /^(?=.{1,253}$)(?:\*\.)?[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?)*$/
const NAME_ERROR = 'expected a host name such as "example.com"'
const IP = z.union([z.ipv4(), z.ipv6()])

const NAMES_ERROR = `expected a list of 1 to 100 host names or addresses`
const names = z
  .array(
    z.string({ error: NAME_ERROR }).refine((given) => NAME.test(given) || IP.safeParse(given).success, {
      error: NAME_ERROR,
    }),
    { error: NAMES_ERROR },
  )
  .min(1, NAMES_ERROR)
  .max(100, NAMES_ERROR)

const ALPN_ERROR = 'expected a list of 1 to 16 protocols such as "http/1.1"'
const alpn = z
  .array(z.string({ error: ALPN_ERROR }).regex(/^[\x21-\x7e]{1,255}$/, { error: ALPN_ERROR }), { error: ALPN_ERROR })
  .min(1, ALPN_ERROR)
  .max(16, ALPN_ERROR)

const upstream = partsOf({
  servername: z
    .string({ error: NAME_ERROR })
    .refine((given) => NAME.test(given) && !given.startsWith('*') && !IP.safeParse(given).success, {
      error: `${NAME_ERROR}; addresses cannot be asked for (RFC 6066, section 3)`,
    })
    .optional()
    .describe('The name to ask for (SNI), and to expect in the certificate. Default: the host of the upstream.'),
  ca: certificates().optional().describe('Whom to trust instead of the usual authorities; PEM.'),
  cert: certificates().optional().describe('The certificate to show; PEM.'),
  key: key().optional().describe('Its private key; PEM.'),
  verify: flag().optional().describe('Whether the certificate of the upstream is checked. Default: true.'),
  alpn: alpn.optional().describe('Protocols to agree on (ALPN), the best one first.'),
})

const listen = partsOf({
  cert: certificates().optional().describe('The certificate to show; PEM.'),
  key: key().optional().describe('Its private key; PEM.'),
  authority: flag()
    .optional()
    .describe(
      'Certificates are made on the fly by the local authority, for the name that the client asks for. Default: false.',
    ),
  names: names.optional().describe('Names of the certificate for clients that ask for none. Default: `localhost`.'),
  client_ca: certificates()
    .optional()
    .describe('Clients have to show a certificate that one of these has signed; PEM. Default: they show none.'),
  alpn: alpn.optional().describe('Protocols to agree on (ALPN), the best one first.'),
})

const tls = partsOf({
  upstream: upstream.optional().describe('Speak TLS to the upstream.'),
  listen: listen.optional().describe('Speak TLS to clients.'),
  peek: flag()
    .optional()
    .describe('Look for the name that the client asks for, without ending its TLS. Default: only where a fault asks.'),
})

const proxyProtocol = partsOf({
  accept: flag()
    .optional()
    .describe('Clients send a header with the address of theirs (version 1 or 2). Default: false.'),
  send: words('v1', 'v2').optional().describe('The upstream is sent one. Default: none.'),
})

const proxy = z.strictObject({
  name: text().optional().describe('Unique, case-sensitive.'),
  listen: text()
    .optional()
    .describe(
      '`host:port`, `[v6]:port`, `:port` or `unix:/path`; port 0 is any free one. Default: every interface, any free port.',
    ),
  upstream: text()
    .optional()
    .describe('`host:port`, `[v6]:port`, `unix:/path`, or the URL of an HTTP server; looked up anew for each session.'),
  enabled: flag().optional().describe('Whether it listens. Default: true.'),
  protocol: words('tcp', 'http').optional().describe('What it relays: bytes, or exchanges of HTTP. Default: `tcp`.'),
  http: http.optional().describe('What it does beside relaying; with protocol `http`.'),
  tls: tls.optional().describe('Where it speaks TLS. Default: nowhere; TLS passes through.'),
  proxy_protocol: proxyProtocol
    .optional()
    .describe('The header with the address of the client (PROXY protocol). Default: none.'),
})

/** A proxy as users write it, its texts checked one by one. */
export type ProxyFields = z.output<typeof proxy>
export type TlsFields = z.output<typeof tls>

/** Fields that a file may be given for; the file is read and its text takes the place of `<field>_file`. */
export const FILE_FIELDS = { upstream: ['ca', 'cert', 'key'], listen: ['cert', 'key', 'client_ca'] } as const

function withFiles(shape: object, files: readonly string[]): readonly string[] {
  return [...Object.keys(shape), ...files.map((field) => `${field}_file`)]
}

/** For "did you mean". */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  '': Object.keys(proxy.shape),
  http: Object.keys(http.shape),
  tls: Object.keys(tls.shape),
  'tls.upstream': withFiles(upstream.shape, FILE_FIELDS.upstream),
  'tls.listen': withFiles(listen.shape, FILE_FIELDS.listen),
  proxy_protocol: Object.keys(proxyProtocol.shape),
}

/** JSON Schema of a proxy as users may write it; its name is left out, it stands elsewhere. */
export function proxyFieldsSchema(): z.core.JSONSchema.BaseSchema {
  const file = z
    .string()
    .optional()
    .describe('Instead of the text: a file below the directory that the server was started with (`--files`).')
  const fileOf = (field: string) => [`${field}_file`, file]
  const withFile = {
    upstream: upstream.extend(Object.fromEntries(FILE_FIELDS.upstream.map(fileOf))),
    listen: listen.extend(Object.fromEntries(FILE_FIELDS.listen.map(fileOf))),
  }
  const tlsWithFiles = tls.extend({
    upstream: withFile.upstream.optional().describe(tls.shape.upstream.description ?? ''),
    listen: withFile.listen.optional().describe(tls.shape.listen.description ?? ''),
  })
  const { name: _name, ...shape } = proxy.shape
  const whole = z.strictObject({ ...shape, tls: tlsWithFiles.optional().describe(shape.tls.description ?? '') })
  return z.toJSONSchema(whole, { io: 'input' })
}

const ADVICE: Readonly<Record<string, string>> = {
  faults: 'faults are written one by one, to /v1/proxies/{proxy}/faults',
  toxics: 'faults are written one by one, to /v1/proxies/{proxy}/faults',
  type: 'this is called `protocol` here',
}

/**
 * Reads a proxy; what it says as a whole is not checked. Keys are never part of a refusal.
 *
 * @throws FoulweatherError `invalid_value`, `missing_field`.
 */
export function readProxyFields(input: Readonly<Record<string, unknown>>): ProxyFields {
  const result = proxy.safeParse(input)
  if (result.success) return result.data
  const shown = withoutSecrets(input)
  throw refusal(result.error, typeof shown === 'object' && shown !== null ? shown : {}, '', unknownKey)
}

function unknownKey(at: At, name: string): FoulweatherError {
  const known = KEYS[at.join('.')] ?? []
  const field = join('', ...at, name)
  const advice = at.length === 0 && Object.hasOwn(ADVICE, name) ? ADVICE[name] : undefined
  const text = advice ?? `there is no such field${didYouMean(name, known)} (there are: ${known.join(', ')})`
  const expected = `one of ${known.join(', ')}`
  return new FoulweatherError('invalid_value', `${field}: ${text}`, { field, value: name, expected })
}

/** A copy for refusals: what may be a key or a password is not in it. */
function withoutSecrets(value: unknown, name = ''): unknown {
  if (name === 'key') return '(not shown)'
  if (typeof value === 'string') return /-----BEGIN|@/.test(value) || value.length > 1000 ? '(not shown)' : value
  if (Array.isArray(value)) return value.map((each) => withoutSecrets(each))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withoutSecrets(each, key)]))
}
