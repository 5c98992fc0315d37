import type { Answer, RequestVerdict, ResponseVerdict } from '../core/exchange.ts'
import type { RequestHead } from '../core/http.ts'
import { CUTS } from './body-cut.ts'
import { bodyFor, hasNoContent, LARGEST_STATUS, LEAST_STATUS } from './http-status.ts'
import { show } from './issues.ts'
import { didYouMean } from './nearest.ts'
import { readDurationText } from './params.ts'

/**
 * Faults that a request asks for itself, for tests that cannot, or do not want to, configure the proxy:
 *
 * | field | value | what it does |
 * |---|---|---|
 * | `x-foulweather-delay` | a duration | the request goes on that much later |
 * | `x-foulweather-abort` | a status, 200 to 599 | is answered with it; the upstream does not hear of the request |
 * | `x-foulweather-reset` | `before` or `after` | the client gets a RST: before the request goes on, or when the upstream has answered |
 * | `x-foulweather-response-delay` | a duration | the response goes on that much later |
 * | `x-foulweather-response-abort` | a status, 200 to 599 | the upstream does its work, and the client gets this in the place of its answer |
 * | `x-foulweather-abort-body` | a text | the body of either answer; default: the name of the status |
 *
 * Delays come first, and a reset goes before an answer. The upstream is sent none of these fields.
 */
const FIELDS = ['delay', 'abort', 'reset', 'response-delay', 'response-abort', 'abort-body'] as const

type Field = (typeof FIELDS)[number]

const PREFIX = 'x-foulweather-'

export interface HeaderFaultLimits {
  /** Milliseconds that each delay may take at most; anybody who may send a request can ask for it. */
  readonly longestDelay: number
}

export const HEADER_FAULT_LIMITS: HeaderFaultLimits = { longestDelay: 60_000 }

/** What a request asks for. Plain data, which can be kept until the response comes. */
export interface HeaderFaults {
  /** Without the fields of the request that are meant for the proxy; the same object where there are none. */
  readonly head: RequestHead
  readonly verdict: RequestVerdict
  /** For the head of its response; `undefined` = it is to pass as it is. */
  readonly responseVerdict: ResponseVerdict | undefined
  /** The fields that ask for something, in lower case and in the order of the request. */
  readonly names: readonly string[]
}

const NO_VERDICT: RequestVerdict = {}

/** @returns `refusal`: a field has a value that cannot be taken, in a sentence that names it; to be answered with 400. */
export function headerFaults(
  head: RequestHead,
  limits: HeaderFaultLimits = HEADER_FAULT_LIMITS,
): HeaderFaults | { readonly refusal: string } {
  const given = new Map<Field, string>()
  for (const [key, value] of head.headers) {
    if (!isOurs(key)) continue
    const name = key.slice(PREFIX.length).toLowerCase()
    const field = FIELDS.find((known) => known === name)
    if (field === undefined) return { refusal: unknown(name) }
    if (given.has(field)) return { refusal: `${PREFIX}${field}: expected once, got it several times` }
    const text = value.trim()
    const expected = EXPECTED[field](text, limits)
    if (expected !== undefined) return { refusal: `${PREFIX}${field}: expected ${expected}, got ${show(text)}` }
    given.set(field, text)
  }
  if (given.size === 0) return { head, verdict: NO_VERDICT, responseVerdict: undefined, names: [] }
  if (given.has('abort-body') && !given.has('abort') && !given.has('response-abort')) {
    return { refusal: `${PREFIX}abort-body: expected ${PREFIX}abort or ${PREFIX}response-abort beside it, got neither` }
  }
  return {
    head: { ...head, headers: head.headers.filter(([key]) => !isOurs(key)) },
    verdict: requestVerdict(given),
    responseVerdict: responseVerdict(given),
    names: [...given.keys()].filter((field) => field !== 'abort-body').map((field) => `${PREFIX}${field}`),
  }
}

function isOurs(key: string): boolean {
  return key.length > PREFIX.length && key.slice(0, PREFIX.length).toLowerCase() === PREFIX
}

function unknown(name: string): string {
  const known = FIELDS.map((field) => `${PREFIX}${field}`).join(', ')
  const guess = didYouMean(name, FIELDS)
  return `there is no field ${show(`${PREFIX}${name}`)}${guess.replace('"', `"${PREFIX}`)} (there are: ${known})`
}

/** What a value should have been; `undefined` = it is right. */
type Check = (value: string, limits: HeaderFaultLimits) => string | undefined

const delayCheck: Check = (value, { longestDelay }) => {
  const ms = readDurationText(value)
  if (ms === undefined) return 'a duration such as "250ms" or "1.5s"'
  return ms <= longestDelay ? undefined : `a duration of at most ${longestDelay} ms`
}

const statusCheck: Check = (value) =>
  /^[2-5]\d\d$/.test(value) ? undefined : `a status of ${LEAST_STATUS} to ${LARGEST_STATUS}`

const EXPECTED: Readonly<Record<Field, Check>> = {
  delay: delayCheck,
  abort: statusCheck,
  reset: (value) => (value === 'before' || value === 'after' ? undefined : 'before or after'),
  'response-delay': delayCheck,
  'response-abort': statusCheck,
  'abort-body': () => undefined,
}

type Given = ReadonlyMap<Field, string>

function requestVerdict(given: Given): RequestVerdict {
  const answer = answerTo(given, 'abort')
  return {
    ...waitFor(given, 'delay'),
    ...(answer === undefined ? {} : ({ answer, forward: 'never' } as const)),
    ...(given.get('reset') === 'before' ? { end: CUTS.reset } : {}),
  }
}

function responseVerdict(given: Given): ResponseVerdict | undefined {
  const answer = answerTo(given, 'response-abort')
  const verdict: ResponseVerdict = {
    ...waitFor(given, 'response-delay'),
    ...(answer === undefined ? {} : { answer }),
    ...(given.get('reset') === 'after' ? { end: CUTS.reset } : {}),
  }
  return Object.keys(verdict).length === 0 ? undefined : verdict
}

function waitFor(given: Given, field: Field): { readonly wait?: number } {
  const wait = readDurationText(given.get(field) ?? '0') ?? 0
  return wait > 0 ? { wait } : {}
}

function answerTo(given: Given, field: Field): Answer | undefined {
  const asked = given.get(field)
  if (asked === undefined) return undefined
  const status = Number(asked)
  if (hasNoContent(status)) return { status, headers: [], body: Buffer.alloc(0) }
  const text = given.get('abort-body')
  // Fields are read byte by byte: so the bytes of the body are those that were sent, whatever they encode.
  const body = text === undefined ? bodyFor(status) : Buffer.from(text, 'latin1')
  return { status, headers: [['Content-Type', 'text/plain; charset=utf-8']], body }
}
