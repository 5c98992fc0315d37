import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { FoulweatherError } from '../../../src/core/errors.ts'
import type { Outcome } from '../../../src/profiles/document.ts'
import { parseProfile } from '../../../src/profiles/parse.ts'
import { resolveProfile } from '../../../src/profiles/resolve.ts'

const GOOD = [
  `description: Slow replica
active: true
vars:
  delay: 250ms
  share: {default: 0.3, description: how many}
  host: \${env:PGHOST:-localhost}
proxies:
  pg:
    listen: 127.0.0.1:15432
    upstream: "\${host}:5432"
    http: {tell: true}
faults:
  - on: pg
    type: latency
    latency: \${delay}
    match: &m {client: [10.0.0.0/8], headers: {x-a: null}}
  - {on: [pg, "redis-*"], type: reset_peer, name: cut, match: *m}
  - on: '*'
    type: http_error
    body: |
      sorry, $\${literal}
      \${env:BODY:-none}
ttl: 10m
limits: {max_share: 30%, max_active: 5}
labels: {team: db}
`,
  JSON.stringify(
    { extends: ['base'], vars: { a: 1 }, faults: [{ on: 'pg', type: 'noop', x: '${a}', y: [1, { z: null }] }] },
    null,
    2,
  ),
  'extends: [p]\nfaults: []\n',
]

const FRAGMENTS = [
  '\n',
  '  ',
  '\t',
  ': ',
  '- ',
  '{',
  '}',
  '[',
  ']',
  ',',
  '"',
  "'",
  '#',
  '&a ',
  '*a',
  '*m',
  '!!str ',
  '!x ',
  '|',
  '>-',
  '?',
  '<<: *m',

  '---\n',
  '...\n',
  '%YAML 1.1\n',
  '\u0000',
  '\ufeff',
  '\ufffd',
  '\ud800',
  '\r',
  '${',
  '}',
  '${delay}',
  '$${',
  '${env:',
  '__proto__: 1',

  'constructor: 1',
  'null',
  '~',
  '.inf',
  '-0',
  '0x10',
  '1e999',
  'true',
  'on: ',
  'faults:',
  'extends: p',
  'é',
  '😀',
  '\u2028',
  '\u0085',
]

interface Edit {
  readonly at: number
  readonly drop: number
  readonly put: string
}

const edit: fc.Arbitrary<Edit> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  drop: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 12 })),
  put: fc.oneof(fc.constantFrom(...FRAGMENTS), fc.string({ maxLength: 3, unit: 'binary' }), fc.constant('')),
})

function edited(text: string, edits: readonly Edit[]): string {
  return edits.reduce((before, { at, drop, put }) => {
    const from = Math.floor(at * before.length)
    return before.slice(0, from) + put + before.slice(from + drop)
  }, text)
}

const odd: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>(
    '',
    '${',
    '${a}',
    '${env:A}',
    '$${',
    0,
    -1,
    1e300,
    '5s',
    'pg',
    ['pg'],
    {},
    [],
    null,
    true,
    'x'.repeat(2000),
  ),
)
const key = fc.constantFrom(
  'description',
  'active',
  'extends',
  'vars',
  'proxies',
  'faults',
  'ttl',
  'lease',
  'limits',
  'labels',
  'toxics',
  '$schema',
  'on',
  'type',

  'name',
  'default',
  'max_share',
  'max_active',
  '__proto__',
  'constructor',
  'toString',
  '',
  'a.b',
  'a[0]',
  '${x}',
  '<<',
)
const tree = fc.dictionary(
  key,
  fc.oneof(
    odd,
    fc.dictionary(key, odd, { maxKeys: 3 }),
    fc.array(fc.dictionary(key, odd, { maxKeys: 3 }), { maxLength: 3 }),
  ),
  {
    maxKeys: 5,
    noNullPrototype: true,
  },
)

/** Whatever is wrong has a message of one line, and a place in the text. */
function check(outcome: Outcome<unknown>, text: string): void {
  if (outcome.ok) return
  // A mark in front is no part of a line.
  const lines = text.replace(/^\ufeff/, '').split('\n')
  expect(outcome.problems.length).toBeGreaterThan(0)
  expect(outcome.problems.length).toBeLessThanOrEqual(50)
  for (const problem of outcome.problems) {
    expect(problem).toBeInstanceOf(FoulweatherError)
    expect(problem.status).toBe(400)
    const { place, message } = problem
    if (place === undefined) throw new Error(`no place: ${message}`)
    expect(lines[place.line - 1]).toBeDefined()
    expect(place.column).toBeGreaterThanOrEqual(1)
    expect(place.column).toBeLessThanOrEqual((lines[place.line - 1] ?? '').length + 1)
    expect(message.startsWith(`p.yaml:${place.line}:${place.column}: `)).toBe(true)
    expect(message.length).toBeLessThan(1500)
    expect(message).not.toMatch(/[\p{Cc}\p{Cs}\u2028]/u)
    expect(message.isWellFormed()).toBe(true)
    expect(JSON.stringify(problem.value ?? null).length).toBeLessThan(1500)
  }
}

/** Whether it is a profile that can be put together. */
function read(text: string): boolean {
  const outcome = parseProfile(text, { name: 'p', file: 'p.yaml' })
  check(outcome, text)
  if (!outcome.ok) return false
  const base = { ...outcome.value, name: 'base', extends: [] }
  const find = (name: string) => [outcome.value, base].find((each) => each.name === name)
  const resolved = resolveProfile(outcome.value, { find, vars: {}, env: { A: '5', BODY: '${delay}' } })
  check(resolved, text)
  if (!resolved.ok) return false
  for (const fault of resolved.value.faults) expect(fault.place('type.x[1]')).toBeDefined()
  for (const proxy of resolved.value.proxies.values()) expect(proxy.place('http.tell')).toBeDefined()
  return true
}

/** How many of `texts` are profiles; each of the others has been looked at. */
function readAll(texts: fc.Arbitrary<string>, numRuns: number): number {
  let good = 0
  fc.assert(
    fc.property(texts, (text) => {
      good += read(text) ? 1 : 0
    }),
    { numRuns },
  )
  return good
}

test('whatever is done to a good text, it is read, or each mistake has its place', () => {
  const edits = fc.array(edit, { minLength: 1, maxLength: 6 })
  const good = readAll(
    fc.tuple(fc.constantFrom(...GOOD), edits).map(([text, all]) => edited(text, all)),
    3000,
  )
  expect(good).toBeGreaterThan(30)
  expect(good).toBeLessThan(2970)
}, 120_000)

test('whatever values a text has, it is read, or each mistake has its place', () => {
  const texts = fc
    .tuple(tree, fc.boolean())
    .map(([values, asJson]) => (asJson ? JSON.stringify(values) : stringify(values)))
  const good = readAll(texts, 2000)
  expect(good).toBeGreaterThan(20)
  expect(good).toBeLessThan(1980)
}, 120_000)

test('good texts are good', () => {
  expect(GOOD.map(read)).toEqual([true, true, false])
})

test('no mutation has the prototype of anything in its hands', () => {
  for (const text of [
    '{"__proto__": {"x": 1}}',
    'faults: [{on: a, __proto__: {x: 1}}]',
    'labels: {"__proto__": a}',
    'vars: {__proto__: 1}',
  ]) {
    expect(parseProfile(text, { name: 'p' }).ok).toBe(false)
  }
  expect(Object.keys(Object.prototype)).toEqual([])
})
