import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { eventLine } from '../../../src/cli/events-lines.ts'
import { subjectText, whatText } from '../../../src/cli/events-text.ts'
import { EVENT_TYPES } from '../../../src/observe/events/types.ts'

const fault = { name: 'slow', type: 'latency', latency: 250, jitter: 0, direction: 'downstream', probability: 1 }
const session = { proxy: 'pg', session: '7', client: '10.0.0.1:5', upstream: 'db:5432' }

test.each([
  [{ proxy: 'pg' }, 'pg'],
  [{ proxy: 'pg', fault: 'slow' }, 'pg/slow'],
  [{ profile: 'outage' }, 'profile outage'],
  [{ worker: 2 }, 'worker 2'],
  [session, 'pg #7'],
  [{}, '-'],
])('%j is about %s', (told, text) => {
  expect(subjectText(told)).toBe(text)
})

test.each([
  ['fault-added', { before: null, after: fault }, 'latency (downstream), latency 250ms'],
  [
    'fault-updated',
    { before: { ...fault, revision: 1 }, after: { ...fault, latency: 500, ttl: 1000, revision: 2 } },
    'latency 250ms → 500ms, ttl - → 1s',
  ],
  ['fault-removed', { before: fault, after: null }, ''],
  ['worker-died', { worker: 2, sessions: 1, error: 'out of memory' }, '1 session lost: out of memory'],
  ['worker-replaced', { worker: 2 }, ''],
  [
    'fault-renewed',
    { before: fault, after: { ...fault, expires: '2026-01-31T12:00:00Z' } },
    'until 2026-01-31T12:00:00Z',
  ],
  ['proxy-created', { before: null, after: { name: 'pg', listen: ':1', upstream: 'db:2', faults: [] } }, ':1 → db:2'],
  [
    'proxy-updated',
    { before: { name: 'pg', enabled: true, faults: [1] }, after: { name: 'pg', enabled: false, faults: [] } },
    'enabled true → false',
  ],
  ['profile-activated', { before: { state: 'inactive' }, after: { state: 'active' } }, 'state inactive → active'],
  ['profile-put', { before: null, after: { name: 'a', state: 'inactive' } }, 'inactive'],
  [
    'profile-reload-failed',
    { before: null, after: { problems: [{ file: 'a.yaml', line: 3, column: 5, detail: 'no such type' }, {}] } },
    'a.yaml:3:5: no such type (and 1 more)',
  ],
  ['halted', { before: null, after: { faults_removed: 12 } }, '12 faults removed'],
  ['halted', { before: null, after: { faults_removed: 1 } }, '1 fault removed'],
  ['resumed', { before: null, after: null }, ''],
  ['session-reset', { session: '7', before: session, after: null }, '10.0.0.1:5 → db:5432'],
  ['session-opened', session, '10.0.0.1:5 → db:5432'],
  [
    'session-ended',
    { ...session, origin: 'injected', reason: 'cut', ageMs: 12.4 },
    '10.0.0.1:5: cut (injected) after 12 ms',
  ],
  ['dial-failed', { ...session, error: 'connect ECONNREFUSED' }, 'connect ECONNREFUSED'],
  ['fault-applied', { applied: 12, more: 3 }, '3 times, 12 in all'],
  [
    'limit-crossed',
    { limit: 'max_share', scope: 'fault', bound: 0.5, value: 0.6 },
    'max_share 0.5 of the fault met by 0.6',
  ],
  ['sessions-omitted', { omitted: { 'session-opened': 3, 'dial-failed': 1 } }, '3 session-opened, 1 dial-failed'],
  ['missed', { text: 'too long ago' }, 'too long ago'],
  ['door-shut', { listen: ':1', fault: 'flap' }, ':1'],
])('%s %j', (type, told, text) => {
  expect(whatText(type, told)).toBe(text)
})

test('whatever an event lacks, a line is made of it', () => {
  for (const type of EVENT_TYPES) {
    for (const told of [{}, { before: 3, after: [] }, { before: {}, after: {} }, { after: { problems: [null] } }]) {
      expect(typeof whatText(type, told)).toBe('string')
    }
  }
})

const plain = { out: () => {}, err: () => {}, terminal: false, env: {} }
const event = {
  type: 'fault-added',
  time: '2026-01-31T12:00:00.000Z',
  proxy: 'p\u001B[31mg',
  fault: 'slow',
  actor: 'al@1',
  reason: 'a\nb',
  after: fault,
  before: null,
}

test('a line has when, what, about what, how, who and why', () => {
  expect(eventLine(plain, event)).toBe(
    '2026-01-31T12:00:00.000Z\tfault-added\tp\\x1b[31mg/slow\tlatency (downstream), latency 250ms\tal@1\ta\\x0ab\n',
  )
  expect(eventLine(plain, { ...event, type: 'resumed', actor: undefined, reason: undefined, after: null })).toMatch(
    /\tresumed\tp\\x1b\[31mg\/slow\t-\t-\t-\n$/,
  )
})

test('on a terminal it has colours and columns', () => {
  const line = eventLine({ ...plain, terminal: true }, event)
  expect(line).toContain('\u001B[33mfault-added')
  expect(stripVTControlCharacters(line)).toMatch(
    /^\d\d:\d\d:00\.000 {2}fault-added {9}p\\x1b\[31mg\/slow {7}latency \(downstream\), latency 250ms by al@1 \(a\\x0ab\)\n$/,
  )
})

const about = (description: string) => ({ name: 'p', state: 'inactive', description })

test('what is longer than a row can be is cut, and what it has become is shown all the same', () => {
  const told = { before: about('a'.repeat(5000)), after: about('b'.repeat(5000)) }
  expect(whatText('profile-put', told)).toBe(`description ${'a'.repeat(100)}… → ${'b'.repeat(100)}…`)
  const fault = { name: 'f', type: 'http_error', direction: 'downstream', status: 503, body: 'c'.repeat(5000) }
  const text = whatText('fault-added', { before: null, after: fault })
  expect(text).toHaveLength(501)
  expect(text.slice(-3)).toBe('cc…')
})
