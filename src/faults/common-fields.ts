import { z } from 'zod'
import { FoulweatherError } from '../core/errors.ts'
import { type At, invalid, join, refusal } from './issues.ts'
import { partsOf, span, wholeNumber, words } from './field-kinds.ts'
import { countField, excludeField, matchField, stickyField } from './match-fields.ts'
import { didYouMean } from './nearest.ts'
import { probability } from './params.ts'

const schedule = partsOf({
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

const ramp = partsOf({
  from: rampEnd.describe('The value at the start.'),
  to: rampEnd.describe('The value at the end, and from then on.'),
  over: span().describe('How long it takes, evenly.'),
})

const limits = partsOf({
  max_active: wholeNumber(1)
    .optional()
    .describe('It works on so many sessions (or exchanges, where it works on these) at the same time at most.'),
  max_injections: wholeNumber(1).optional().describe('It acts so often at most; then it is spent.'),
  max_share: probability()
    .optional()
    .describe(
      'Of the sessions (or exchanges) that it has seen, 20 at least, it may select this share at most; with more it is disarmed.',
    ),
  max_added_delay: span()
    .optional()
    .describe(
      'It may hold a connection, an exchange or a chunk up for so long at most; before it would for longer it is disarmed.',
    ),
})

/** Limits of several faults together, as a profile has them. */
export const limitFields = limits

const WEIGHT_ERROR = 'expected a weight above 0, at most 1000000'
export const MOST_OUTCOMES = 100
const OUTCOMES_ERROR = `expected a list of 1 to ${MOST_OUTCOMES} objects with a weight, and parameters or \`pass: true\``

/** Its parameters are read by the schema of the type. */
const outcome = z.looseObject(
  {
    weight: z
      .number({ error: WEIGHT_ERROR })
      .positive({ error: WEIGHT_ERROR })
      .max(1e6, { error: WEIGHT_ERROR })
      .describe('Its share of the sum of all weights.'),
    pass: z.literal(true, { error: 'expected true, or nothing' }).optional().describe('Nothing is done.'),
  },
  { error: OUTCOMES_ERROR },
)

/** What an outcome has beside parameters. */
export const OUTCOME_FIELDS: readonly string[] = Object.keys(outcome.shape)

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
  probability: probability()
    .optional()
    .describe('The share of sessions (or of what `per` says) that it selects. Default: 1.'),
  per: words('session', 'chunk', 'exchange')
    .optional()
    .describe(
      'What the share is drawn for. The default is the first that the type takes; with `part: body`: exchange.',
    ),
  part: words('connection', 'body')
    .optional()
    .describe(
      'On proxies with protocol http: whether a fault on bytes works on the connection, or on the bodies of messages: of responses (downstream) or requests (upstream). Default: `connection`.',
    ),
  match: matchField
    .optional()
    .describe(
      'Which sessions or exchanges it may select at all. Default: all. What is asked of an exchange needs a fault that works on exchanges.',
    ),
  exclude: excludeField
    .optional()
    .describe('Which of the exchanges that match it leaves alone: those that are all of this. Default: none.'),
  count: countField
    .optional()
    .describe('By the order in which the exchanges that match, and are not excluded, come. Default: all of them.'),
  sticky_by: stickyField
    .optional()
    .describe(
      '`client` or `header:NAME`: exchanges with the same client address, or the same value of that field, always draw the same. Default: each draws for itself.',
    ),
  outcomes: z
    .array(outcome, { error: OUTCOMES_ERROR })
    .min(1, OUTCOMES_ERROR)
    .max(MOST_OUTCOMES, OUTCOMES_ERROR)
    .optional()
    .describe(
      'One of these is drawn, by weight, for each exchange that it selects: parameters in the place of those of the fault, or `pass: true` for nothing. Default: the fault as it is.',
    ),
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
  lease: span()
    .optional()
    .describe('It is removed by itself unless it is renewed within this long, again and again. Default: none.'),
  shadow: z
    .boolean({ error: 'expected true or false' })
    .optional()
    .describe('It only counts what it would have hit, and does nothing. Default: false.'),
  limits: limits.optional().describe('Bounds of what it does. Default: none.'),
})

/** Those that say which sessions or exchanges are meant, and what becomes of them: nothing for a fault that acts on a whole proxy. */
export const SELECTING_FIELDS = [
  'direction',
  'probability',
  'per',
  'part',
  'match',
  'exclude',
  'count',
  'sticky_by',
  'outcomes',
  'existing',
  'on_remove',
] as const satisfies readonly (keyof typeof commonFields.shape)[]

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
  'lease_remaining',
  'disarmed',
  'revision',
  'state',
  'ramped',
  'counters',
  'warnings',
  'toxic',
]

/** Words that are not fields, with what to do instead. Those of the first kind are kept free for what they will mean one day. */
export const UNSUPPORTED_FIELDS: Readonly<Record<string, string>> = {
  labels: 'labels belong to a profile, not to a single fault',
  on: 'a fault is written to the proxy that it belongs to, which is named elsewhere (in the path of the request)',
  stream: 'this is called `direction` here',
  toxicity: 'this is called `probability` here',
  attributes: 'parameters are written beside `name` and `type` here, not in an object of their own',
}

/** What objects within the fields may hold, for "did you mean". */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  '': Object.keys(commonFields.shape),
  match: Object.keys(matchField.shape),
  'match.session': Object.keys(countField.shape),
  exclude: Object.keys(excludeField.shape),
  count: Object.keys(countField.shape),
  schedule: Object.keys(schedule.shape),
  limits: Object.keys(limits.shape),
}

/**
 * Validates the common fields: an object of nothing but these. `path` is put in front of the names of fields (`faults[2]`).
 *
 * @throws FoulweatherError `invalid_value`, `missing_field`.
 */
export function readCommonFields(input: Readonly<Record<string, unknown>>, path = ''): CommonFields {
  refuseDroppedKey(input['ramp'], 'the name of a parameter', path, 'ramp')
  const { outcomes } = input
  if (Array.isArray(outcomes)) {
    outcomes.forEach((each, at) => refuseDroppedKey(each, 'a parameter', path, 'outcomes', at))
  }
  for (const field of ['match', 'exclude'] as const) {
    for (const part of ['query', 'headers'] as const) {
      refuseDroppedKey(partOf(input[field], part), 'another name', path, field, part)
    }
  }
  const result = commonFields.safeParse(input)
  if (result.success) return result.data
  throw refusal(result.error, input, path, (at, key) => unknownKey(at, key, path))
}

/** zod leaves this one key of a record out without a word, and the fault would be taken without what it says. */
function refuseDroppedKey(given: unknown, expected: string, path: string, ...at: At): void {
  const key = '__proto__'
  if (typeof given !== 'object' || given === null || !Object.hasOwn(given, key)) return
  throw invalid(join(path, ...at, key), key, expected)
}

function partOf(given: unknown, part: string): unknown {
  return typeof given === 'object' && given !== null
    ? Object.entries(given).find(([key]) => key === part)?.[1]
    : undefined
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
