import { z } from 'zod'
import { FoulweatherError } from '../core/errors.ts'
import { type At, invalid, join, refusal } from './issues.ts'
import { didYouMean } from './nearest.ts'
import { duration, probability } from './params.ts'

/** A year, milliseconds. What is meant to stay is written without a time. */
const LONGEST = 365 * 24 * 3_600_000

/** A length of time of up to a year; 0 only where `least` says so. */
function span(least: 0 | 1 = 1) {
  const any = duration()
  const error = `expected a duration ${least === 0 ? 'of 0 or more' : 'above 0'}, at most 8760h (milliseconds, or a text such as "30s")`
  const bounded = any.refine((ms) => ms <= LONGEST && (ms > 0 || least === 0), { error })
  return bounded.meta(any.meta() ?? {})
}

function count(least: 0 | 1) {
  const error = `expected a whole number of ${least} or more`
  return z.int({ error }).min(least, { error })
}

function words<const Words extends readonly [string, ...string[]]>(...words: Words) {
  return z.enum(words, { error: `expected ${words.join(' or ')}` })
}

function object<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const keys = Object.keys(shape).join(', ')
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'invalid_type' ? `expected an object with ${keys}` : undefined),
  })
}

const ADDRESS = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()])
const CIDR_ERROR = 'expected an IP address or a network such as "10.0.0.0/8", "2001:db8::/32"'
const cidr = z.string({ error: CIDR_ERROR }).refine((text) => ADDRESS.safeParse(text).success, { error: CIDR_ERROR })

/** Matching is a walk through the list for each new session. */
const MOST_NETWORKS = 1000

const CLIENTS_ERROR = `expected an IP address or network, or a list of 1 to ${MOST_NETWORKS} of them`

const session = object({
  skip: count(0).optional().describe('Leaves that many out before anything else.'),
  first: count(1).optional().describe('Takes that many, and no more.'),
  every: count(1)
    .optional()
    .describe('Takes each so many-th: 3 = the third, sixth, … of those that were not left out.'),
  max: count(1).optional().describe('Takes that many at most, all in all.'),
})

const match = object({
  client: z
    .union(
      [
        cidr.transform((one) => [one]),
        z.array(cidr, { error: CLIENTS_ERROR }).min(1, CLIENTS_ERROR).max(MOST_NETWORKS, CLIENTS_ERROR),
      ],
      {
        error: CLIENTS_ERROR,
      },
    )
    .optional()
    .describe('The address of the client has to be one of these addresses, or in one of these networks (CIDR).'),
  session: session.optional().describe('By the order in which the sessions that match otherwise come.'),
})

const schedule = object({
  after: span(0).optional().describe('When the first window begins, counted from the moment of adding.'),
  for: span().optional().describe('How long a window lasts. Without it: without end.'),
  every: span()
    .optional()
    .describe('From the beginning of one window to that of the next; longer than `for`. Without it: one window.'),
}).superRefine((given, context) => {
  if (given.every === undefined || (given.for !== undefined && given.for < given.every)) return
  const message = given.for === undefined ? 'expected `for` beside it' : `expected more than \`for\` (${given.for} ms)`
  context.addIssue({ code: 'custom', message, path: ['every'] })
})

const END_ERROR = 'expected a number or a text as the parameter takes it'
const rampEnd = z.union([z.number(), z.string()], { error: END_ERROR })

const ramp = object({
  from: rampEnd.describe('The value at the start.'),
  to: rampEnd.describe('The value at the end, and from then on.'),
  over: span().describe('How long it takes, evenly.'),
})

const limits = object({
  max_active: count(1).optional().describe('It works on so many sessions at the same time at most.'),
  max_injections: count(1).optional().describe('It acts so often at most; then it is spent.'),
})

const NAME_ERROR = 'expected a text that is not empty'

/**
 * The fields that every fault may have beside its parameters, as users write them; what they mean is the same wherever a fault is written.
 * Which of them a type takes, and which directions, is in its description (see `describeFault`).
 */
export const commonFields = z.strictObject({
  name: z
    .string({ error: NAME_ERROR })
    .min(1, { error: NAME_ERROR })
    .optional()
    .describe(
      'Unique within the proxy. Default: `<type>_<direction>`, or the type where there is no direction to choose.',
    ),
  type: z.string({ error: 'expected the name of a fault type' }).describe('What it does: one of the fault types.'),
  direction: words('downstream', 'upstream', 'both')
    .optional()
    .describe('Which bytes: server → client, client → server, or both. The default is the first that the type takes.'),
  probability: probability().optional().describe('The share of sessions that it selects. Default: 1.'),
  per: words('session', 'chunk')
    .optional()
    .describe('What the share is drawn for. The default is the first that the type takes.'),
  match: match.optional().describe('Which sessions it may select at all. Default: all.'),
  existing: words('apply', 'skip', 'reset')
    .optional()
    .describe('What becomes of sessions that are older than the fault. Default: `apply`: it works on them too.'),
  on_remove: words('release', 'reset')
    .optional()
    .describe(
      'What becomes of the sessions that it works on when it goes. Default: `release`: what it holds goes on at once.',
    ),
  schedule: schedule.optional().describe('When it works. Default: always.'),
  ramp: z
    .record(z.string(), ramp, { error: 'expected an object with a parameter for each key' })
    .optional()
    .describe(
      'Numeric parameters, or `probability`, that change over time, by name; counted from when it first works.',
    ),
  ttl: span().optional().describe('It is removed by itself after this long. Default: it stays.'),
  limits: limits.optional().describe('Bounds of what it does. Default: none.'),
})

/** A fault as users write it: the common fields, and the parameters of its type beside them. */
export type FaultInput = z.input<typeof commonFields> & Readonly<Record<string, unknown>>

/** The common fields in base units. */
export type CommonFields = z.output<typeof commonFields>

/** What a fault has when it is shown, beside what can be written; given back it is passed over, so that what was read can be sent. */
export const SHOWN_FIELDS: readonly string[] = [
  'owner',
  'created',
  'expires',
  'ttl_remaining',
  'revision',
  'state',
  'ramped',
  'counters',
  'warnings',
  'toxic',
]

/** Words that are not fields, with what to do instead. Those of the first kind are kept free for what they will mean one day. */
export const UNSUPPORTED_FIELDS: Readonly<Record<string, string>> = {
  lease: 'leases are not supported; `ttl` removes a fault by itself',
  shadow: 'shadow faults are not supported',
  exclude: 'exclusions are not supported; `match` says which sessions are meant',
  count: 'counts are not supported; `limits.max_injections` and `match.session.max` bound what a fault does',
  labels: 'labels are not supported',
  on: 'a fault is written to the proxy that it belongs to, which is named elsewhere (in the path of the request)',
  stream: 'this is called `direction` here',
  toxicity: 'this is called `probability` here',
  attributes: 'parameters are written beside `name` and `type` here, not in an object of their own',
}

/** What objects within the fields may hold, for "did you mean". */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  '': Object.keys(commonFields.shape),
  match: Object.keys(match.shape),
  'match.session': Object.keys(session.shape),
  schedule: Object.keys(schedule.shape),
  limits: Object.keys(limits.shape),
}

/**
 * Validates the common fields: an object of nothing but these. `path` is put in front of the names of fields (`faults[2]`).
 *
 * @throws FoulweatherError `invalid_value`, `missing_field`.
 */
export function readCommonFields(input: Readonly<Record<string, unknown>>, path = ''): CommonFields {
  refuseDroppedKey(input['ramp'], path)
  const result = commonFields.safeParse(input)
  if (result.success) return result.data
  throw refusal(result.error, input, path, (at, key) => unknownKey(at, key, path))
}

/** zod leaves this one key of a record out without a word, and the fault would be taken without its ramp. */
function refuseDroppedKey(given: unknown, path: string): void {
  const key = '__proto__'
  if (typeof given !== 'object' || given === null || !Object.hasOwn(given, key)) return
  throw invalid(join(path, 'ramp', key), key, 'the name of a parameter')
}

function unknownKey(at: At, key: string, path: string): FoulweatherError {
  const known = at[0] === 'ramp' ? Object.keys(ramp.shape) : (KEYS[at.join('.')] ?? [])
  const hint = didYouMean(key, known)
  const field = join(path, ...at, key)
  const text = `${field}: there is no such field${hint} (there are: ${known.join(', ')})`
  return new FoulweatherError('invalid_value', text, { field, value: key, expected: `one of ${known.join(', ')}` })
}

/** JSON Schema of the common fields as users may write them. */
export function describeCommonFields(): z.core.JSONSchema.BaseSchema {
  return z.toJSONSchema(commonFields, { io: 'input' })
}
