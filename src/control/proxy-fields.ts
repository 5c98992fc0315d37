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
  lenient: flag().optional(),
  host: z.string({ error: HOST_ERROR }).max(300, HOST_ERROR).regex(HOST, { error: HOST_ERROR }).optional(),
  forwarded_for: flag().optional(),
  header_faults: flag().optional(),
  tell: flag().optional(),
  max_head: bounded(size(), 1024, 2 ** 20, 'bytes, or a size,').optional(),
  max_headers: bounded(z.number({ error: 'expected a whole number' }), 1, 10_000, 'a whole number').optional(),
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
    .optional(),
  ca: certificates().optional(),
  cert: certificates().optional(),
  key: key().optional(),
  verify: flag().optional(),
  alpn: alpn.optional(),
})

const listen = partsOf({
  cert: certificates().optional(),
  key: key().optional(),
  authority: flag().optional(),
  names: names.optional(),
  client_ca: certificates().optional(),
  alpn: alpn.optional(),
})

const tls = partsOf({ upstream: upstream.optional(), listen: listen.optional(), peek: flag().optional() })

const proxyProtocol = partsOf({ accept: flag().optional(), send: words('v1', 'v2').optional() })

const proxy = z.strictObject({
  name: text().optional(),
  listen: text().optional(),
  upstream: text().optional(),
  enabled: flag().optional(),
  protocol: words('tcp', 'http').optional(),
  http: http.optional(),
  tls: tls.optional(),
  proxy_protocol: proxyProtocol.optional(),
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
