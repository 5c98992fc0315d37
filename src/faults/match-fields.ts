import { z } from 'zod'
import { lowerCasePattern, patternRefusal } from '../core/pattern.ts'
import { wholeNumber, partsOf } from './field-kinds.ts'

/** Each is asked for each new session, or each exchange. */
const MOST_NETWORKS = 1000
const MOST_PATTERNS = 100
const MOST_NAMES = 32
const LONGEST_NAME = 256

const ADDRESS = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()])
const CIDR_ERROR = 'expected an IP address or a network such as "10.0.0.0/8", "2001:db8::/32"'
const cidr = z.string({ error: CIDR_ERROR }).refine((text) => ADDRESS.safeParse(text).success, { error: CIDR_ERROR })

/** One of a kind, or a list of 1 to `most` of them. */
function oneOrMore<Kind extends z.ZodType>(kind: Kind, error: string, most: number) {
  return z.union(
    [kind.transform((one): z.output<Kind>[] => [one]), z.array(kind, { error }).min(1, error).max(most, error)],
    { error: (issue) => reasonIn(issue) ?? error },
  )
}

/** Why a text that is of the right kind was refused; what is of another kind has no reason of its own. */
function reasonIn({ errors }: { readonly errors?: unknown }): string | undefined {
  const issues: unknown[] = Array.isArray(errors) ? errors.flat() : []
  for (const issue of issues) {
    if (typeof issue === 'object' && issue !== null && 'params' in issue && 'message' in issue)
      return String(issue.message)
  }
  return undefined
}

const client = oneOrMore(
  cidr,
  `expected an IP address or network, or a list of 1 to ${MOST_NETWORKS} of them`,
  MOST_NETWORKS,
)
  .optional()
  .describe('The address of the client has to be one of these addresses, or in one of these networks (CIDR).')

const PATTERN_ERROR = 'expected a text with * for anything and ? for one character, or a /regular expression/'

function pattern() {
  return z.string({ error: PATTERN_ERROR }).superRefine((text, context) => {
    const refusal = patternRefusal(text)
    // With parameters, so that the reason is told where lists would do as well.
    if (refusal !== undefined) context.addIssue({ code: 'custom', message: `expected ${refusal}`, params: {} })
  })
}

const PATTERNS_ERROR = `${PATTERN_ERROR}, or a list of 1 to ${MOST_PATTERNS} of them`
const patterns = oneOrMore(pattern(), PATTERNS_ERROR, MOST_PATTERNS)
const lowerCasePatterns = oneOrMore(pattern().transform(lowerCasePattern), PATTERNS_ERROR, MOST_PATTERNS)

/** RFC 9110, section 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

const METHOD_ERROR = 'expected a method such as "GET"'
const METHODS_ERROR = `${METHOD_ERROR}, or a list of 1 to ${MOST_PATTERNS} of them`
const methods = oneOrMore(
  z
    .string({ error: METHOD_ERROR })
    .max(32, METHOD_ERROR)
    .regex(TOKEN, METHOD_ERROR)
    .transform((text) => text.toUpperCase()),
  METHODS_ERROR,
  MOST_PATTERNS,
)

type Range = readonly [from: number, to: number]

const STATUS_ERROR = 'expected a status of 100 to 999, a class such as "5xx", or a range such as "500-504"'
const STATUSES_ERROR = `${STATUS_ERROR}, or a list of 1 to ${MOST_PATTERNS} of them`
const status = z
  .union([z.int({ error: STATUS_ERROR }), z.string()], { error: STATUS_ERROR })
  .transform((given, context) => {
    const range = statusRange(String(given).trim())
    if (range !== undefined) return range
    context.addIssue({ code: 'custom', message: STATUS_ERROR, input: given })
    return z.NEVER
  })

function statusRange(text: string): Range | undefined {
  const [, digit] = /^([1-9])xx$/i.exec(text) ?? []
  if (digit !== undefined) return [Number(digit) * 100, Number(digit) * 100 + 99]
  const [, from, to = from] = /^([1-9]\d\d)(?:\s*-\s*([1-9]\d\d))?$/.exec(text) ?? []
  return from === undefined || Number(to) < Number(from) ? undefined : [Number(from), Number(to)]
}

/** The inverse: how a range is written. */
export function statusText([from, to]: Range): number | string {
  if (from === to) return from
  return from % 100 === 0 && to === from + 99 ? `${from / 100}xx` : `${from}-${to}`
}

/** A pattern for each name; `null` = it may not be there. */
function byName(what: string, isName: (name: string) => boolean, normal: (name: string) => string) {
  const error = `expected an object with a pattern, or null, for each of 1 to ${MOST_NAMES} ${what}s`
  const nameError = `expected the name of a ${what}, of at most ${LONGEST_NAME} characters`
  return z.record(z.string(), pattern().nullable(), { error }).transform((given, context) => {
    const entries = Object.entries(given).map(([name, value]) => [normal(name), value] as const)
    if (entries.length === 0 || entries.length > MOST_NAMES) context.addIssue({ code: 'custom', message: error })
    for (const name of Object.keys(given)) {
      if (name.length <= LONGEST_NAME && isName(name)) continue
      context.addIssue({ code: 'custom', message: nameError, path: [name], params: { got: name } })
    }
    const names = new Set(entries.map(([name]) => name))
    const twice = Object.keys(given).find((name) => name !== normal(name) && Object.hasOwn(given, normal(name)))
    if (twice !== undefined || names.size < entries.length) {
      const message = `expected each ${what} once, in whatever letter case`
      context.addIssue({ code: 'custom', message, params: { got: twice ?? Object.keys(given).join(', ') } })
    }
    return Object.fromEntries(entries)
  })
}

const query = byName(
  'query parameter',
  (name) => name !== '' && name.isWellFormed(),
  (name) => name,
)
const headers = byName(
  'header',
  (name) => TOKEN.test(name),
  (name) => name.toLowerCase(),
)

const EXCHANGE = {
  method: methods.optional().describe('One of these methods.'),
  path: patterns.optional().describe('One of these patterns of the path, as it is in the request, without the query.'),
  host: lowerCasePatterns.optional().describe('One of these patterns of the host that is asked for, without its port.'),
  query: query
    .optional()
    .describe('A pattern for each parameter, after percent-decoding; all have to hold. `null`: it may not be there.'),
  headers: headers
    .optional()
    .describe('A pattern for each field of the request; all have to hold. `null`: it may not be there.'),
  status: oneOrMore(status, STATUSES_ERROR, MOST_PATTERNS)
    .optional()
    .describe('The status of the response: `503`, `"5xx"`, `"500-504"`, or a list. The fault has to act on responses.'),
}

/** What can be asked of an exchange alone. */
export const EXCHANGE_FIELDS = ['method', 'path', 'host', 'query', 'headers', 'status'] as const

/** Of those that come. */
export const countField = partsOf({
  skip: wholeNumber(0).optional().describe('Leaves that many out before anything else.'),
  first: wholeNumber(1).optional().describe('Takes that many, and no more.'),
  every: wholeNumber(1)
    .optional()
    .describe('Takes each so many-th: 3 = the third, sixth, … of those that were not left out.'),
  max: wholeNumber(1).optional().describe('Takes that many at most, all in all.'),
})

export const matchField = partsOf({
  client,
  session: countField.optional().describe('By the order in which the sessions that match otherwise come.'),
  ...EXCHANGE,
  sni: lowerCasePatterns
    .optional()
    .describe('One of these patterns of the name that the client asks for in its TLS handshake (SNI).'),
})

export const excludeField = partsOf({ client, ...EXCHANGE })

const STICKY_ERROR = 'expected client or header:NAME'

/** `client`, or `header:NAME`. */
export const stickyField = z.string({ error: STICKY_ERROR }).transform((text, context) => {
  if (text === 'client') return { kind: 'client' as const }
  const name = text.startsWith('header:') ? text.slice('header:'.length) : ''
  if (name.length <= LONGEST_NAME && TOKEN.test(name)) return { kind: 'header' as const, name: name.toLowerCase() }
  context.addIssue({ code: 'custom', message: STICKY_ERROR })
  return z.NEVER
})
