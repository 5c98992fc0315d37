import { isDeepStrictEqual } from 'node:util'
import { isToldFault } from './answer-shapes.ts'
import { fieldsOfType, faultText } from './fault-text.ts'
import { isRecord } from './field-text.ts'
import { counted } from './profile-text.ts'
import { showField } from './quantity.ts'

/** Fields of an event, or of an entry of the audit. */
export type Told = Readonly<Record<string, unknown>>

/** What it is about: `pg/slow`, `pg`, `profile outage`, `worker 2`. */
export function subjectText({ proxy, fault, profile, session, worker }: Told): string {
  if (typeof worker === 'number') return `worker ${worker}`
  if (typeof profile === 'string') return `profile ${profile}`
  if (typeof proxy !== 'string') return '-'
  if (typeof fault === 'string') return `${proxy}/${fault}`
  return typeof session === 'string' ? `${proxy} #${session}` : proxy
}

/** Characters of a row, and of one value in it: descriptions, and bodies of answers, may be of any length. */
const LONGEST = 500
const LONGEST_VALUE = 100

/** What has become of it, in a few words; empty = its name says everything. What is longer than a row can be is cut: `--json` has it all. */
export function whatText(type: string, told: Told): string {
  return cut(everything(type, told), LONGEST)
}

function cut(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest).toWellFormed()}…` : text
}

function everything(type: string, told: Told): string {
  const text = TEXTS[type]?.(told)
  if (text !== undefined) return text
  const { before, after } = told
  if (isRecord(before) && isRecord(after)) return changesText(before, after)
  return isRecord(after) ? newText(after) : ''
}

const word = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '?')

const TEXTS: Readonly<Record<string, (told: Told) => string>> = {
  'session-opened': ({ client, upstream }) => `${word(client)} → ${word(upstream)}`,
  'session-reset': ({ before }) => (isRecord(before) ? `${word(before['client'])} → ${word(before['upstream'])}` : ''),
  'session-ended': ({ client, origin, reason, ageMs }) =>
    `${word(client)}: ${word(reason)} (${word(origin)}) after ${Math.round(Number(ageMs))} ms`,
  'dial-failed': ({ error }) => word(error),
  'handshake-failed': ({ error }) => word(error),
  'door-shut': ({ listen }) => word(listen),
  'door-opened': ({ listen }) => word(listen),
  'proxy-started': ({ listen, upstream }) => `${word(listen)} → ${word(upstream)}`,
  'proxy-stopped': ({ listen, upstream }) => `${word(listen)} → ${word(upstream)}`,
  'worker-died': ({ sessions, error }) => `${counted(Number(sessions), 'session', 'sessions')} lost: ${word(error)}`,
  'fault-applied': ({ more, applied }) => `${word(more)} times, ${word(applied)} in all`,
  'limit-crossed': ({ limit, bound, value, scope }) =>
    `${word(limit)} ${word(bound)} of the ${word(scope)} met by ${word(value)}`,
  'sessions-omitted': ({ omitted }) => (isRecord(omitted) ? countsText(omitted) : ''),
  missed: ({ text }) => word(text),
  'profile-reload-failed': ({ after }) => problemText(after),
  'profile-renewed': ({ after }) => untilText(after),
  'fault-renewed': ({ after }) => untilText(after),
  halted: ({ after }) =>
    isRecord(after) ? `${counted(Number(after['faults_removed']), 'fault', 'faults')} removed` : '',
}

function countsText(counts: Told): string {
  return Object.entries(counts)
    .map(([type, count]) => `${word(count)} ${type}`)
    .join(', ')
}

function problemText(after: unknown): string {
  const problems = isRecord(after) && Array.isArray(after['problems']) ? after['problems'] : []
  const first: unknown = problems[0]
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''
  return isRecord(first) ? `${placeText(first)}${word(first['detail'])}${more}` : ''
}

function placeText({ file, line, column }: Told): string {
  if (typeof line !== 'number') return ''
  return `${typeof file === 'string' ? `${file}:` : ''}${line}:${word(column)}: `
}

function untilText(after: unknown): string {
  return isRecord(after) && typeof after['expires'] === 'string' ? `until ${after['expires']}` : ''
}

/** Change with everything, or are told by events of their own. */
const SAID_ELSEWHERE: ReadonlySet<string> = new Set([
  'revision',
  'faults',
  'created',
  'toxic',
  'warnings',
  'ttl_remaining',
])

/** `latency 5ms → 10ms, probability 1 → 0.5` */
function changesText(before: Told, after: Told): string {
  const schemas = typeof after['type'] === 'string' ? fieldsOfType(after['type']) : {}
  const show = (name: string, value: unknown): string =>
    value === undefined || value === null ? '-' : cut(showField(schemas[name] ?? {}, value), LONGEST_VALUE)
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((name) => !SAID_ELSEWHERE.has(name) && !isDeepStrictEqual(before[name], after[name]))
    .map((name) => `${name} ${show(name, before[name])} → ${show(name, after[name])}`)
    .join(', ')
}

function newText(after: Told): string {
  const { listen, upstream, state } = after
  if (typeof state === 'string') return state
  if (typeof listen === 'string') return `${listen} → ${word(upstream)}`
  return isToldFault(after) ? faultText(after) : ''
}
