import { expect, test } from 'vitest'
import { LARGEST_TEXT } from '../../../src/profiles/bounds.ts'
import { parseProfile } from '../../../src/profiles/parse.ts'

const NAME = { name: 'p', file: 'p.yaml' }

function read(text: string) {
  const outcome = parseProfile(text, NAME)
  if (!outcome.ok) throw new Error(outcome.problems.map(({ message }) => message).join('\n'))
  return outcome.value
}

/** `line:column text` of each problem. */
function wrong(text: string): readonly string[] {
  const outcome = parseProfile(text, NAME)
  if (outcome.ok) throw new Error('it was taken')
  for (const { message, place } of outcome.problems) {
    expect(message.startsWith(`p.yaml:${place?.line}:${place?.column}: `)).toBe(true)
  }
  return outcome.problems.map(({ message }) => message.slice('p.yaml:'.length))
}

const WHOLE = `# A comment
description: Slow replica
active: true
extends: [base, "other"]
vars:
  delay: 250ms
  share: {default: 0.3, description: how many}
  zone:
  tag: {description: has to be set}
  host: \${env:PGHOST:-localhost}
proxies:
  pg:
    listen: 127.0.0.1:15432
    upstream: \${host}:5432
faults:
  - on: pg
    type: latency
    latency: \${delay}
  - {on: [pg, "redis-*"], type: reset_peer, name: cut}
ttl: 10m
lease: 30000
limits: {max_share: 30%, max_added_delay: 2s, max_active: 5, max_injections: 100}
labels: {team: db}
`

test('every field', () => {
  const { places, vars, proxies, ...rest } = read(WHOLE)
  expect(rest).toEqual({
    name: 'p',
    file: 'p.yaml',
    description: 'Slow replica',
    active: true,
    extends: ['base', 'other'],
    faults: [
      { on: 'pg', type: 'latency', latency: '${delay}' },
      { on: ['pg', 'redis-*'], type: 'reset_peer', name: 'cut' },
    ],
    ttl: 600_000,
    lease: 30_000,
    limits: { maxShare: 0.3, maxAddedDelay: 2000, maxActive: 5, maxInjections: 100 },
    labels: { team: 'db' },
  })
  expect([...vars]).toEqual([
    ['delay', '250ms'],
    ['share', 0.3],
    ['zone', undefined],
    ['tag', undefined],
    ['host', '${env:PGHOST:-localhost}'],
  ])
  expect([...proxies]).toEqual([['pg', { listen: '127.0.0.1:15432', upstream: '${host}:5432' }]])
  expect(places.get('faults[0].latency')).toEqual({ file: 'p.yaml', line: 18, column: 14 })
  expect(places.get('proxies.pg')).toEqual({ file: 'p.yaml', line: 12, column: 3 })
  expect(places.get('faults[1]')).toEqual({ file: 'p.yaml', line: 19, column: 5 })
  expect(places.get('faults[1].on[1]')).toEqual({ file: 'p.yaml', line: 19, column: 15 })
})

test('what is not said has its default', () => {
  const { places: _, ...rest } = read('{}')
  expect(rest).toEqual({
    name: 'p',
    file: 'p.yaml',
    active: false,
    extends: [],
    vars: new Map(),
    proxies: new Map(),
    faults: [],
    labels: {},
  })
})

test('JSON is YAML, and may name its schema', () => {
  const faults = [{ on: 'a', type: 'latency', latency: 5, match: { headers: { 'x-a': null } } }]
  expect(read(JSON.stringify({ $schema: 'profile.schema.json', faults }, null, '\t')).faults).toEqual(faults)
})

test('what JSON may have within quotes may stand there as it is', () => {
  const label = '\u0082\u007f\ufeff\uffff'
  expect(read(JSON.stringify({ labels: { a: label } })).labels).toEqual({ a: label })
  expect(read(`labels: {a: '${label}', b: plain}`).labels).toEqual({ a: label, b: 'plain' })
})

test('a byte order mark and line ends of Windows change no place', () => {
  const { places } = read('\ufeffttl: 5s\r\nlabels:\r\n  a: b\r\n')
  expect(places.get('ttl')).toEqual({ file: 'p.yaml', line: 1, column: 6 })
  expect(places.get('labels.a')).toEqual({ file: 'p.yaml', line: 3, column: 6 })
})

test('without a file, places have none', () => {
  const outcome = parseProfile('ttl: soon', { name: 'p' })
  expect(outcome.ok ? [] : outcome.problems.map(({ message, place }) => [message, place])).toEqual([
    [
      'line 1, column 6: ttl: expected milliseconds or a duration such as "250ms", "1.5s", "5m", got "soon"',
      { line: 1, column: 6 },
    ],
  ])
})

test('all mistakes at once, in the order of the text', () => {
  const text = `toxics: []
actve: true
extends: [1, "\${a}"]
vars:
  a b: 1
  c: {defalt: 2}
  d: "\${x}"
  e: [1]
proxies:
  pg: {listen: a, listen: b}
  <<: *x
  r: 5
faults:
  - type: latency
  - {on: []}
  - on: pg
    y: .inf
    ? "\${k}"
    : 1
  - pg
ttl: \${t}
limits: {max_active: 0, max_injection: 3}
labels: {a: 1, b: "\${x}"}
`
  const fields = 'description, active, extends, vars, proxies, faults, ttl, lease, limits, labels'
  const targets = 'expected the name of a proxy, a glob such as "pg-*", or a list of 1 to 1000 of them'
  const fixed = '; variables are put in proxies and faults alone, and an activation can say another time itself'
  expect(wrong(text)).toEqual([
    '1:1: toxics: what acts on a proxy stands under `faults` here, each with `on: <proxy>` and `type`',
    `2:1: actve: there is no such field; did you mean "active"? (there are: ${fields})`,
    '3:11: extends[0]: expected the name of a profile, or a list of at most 100, got 1',
    `3:14: extends[1]: expected the name of a profile, or a list of at most 100, got "\${a}"${fixed}`,
    '5:3: vars.a b: expected a name of letters, digits, _ and -, at most 100, that begins with a letter or _, got "a b"',
    '6:7: vars.c.defalt: there is no such field; did you mean "default"? (there are: default, description)',
    '7:6: vars.d: a variable cannot be made of other variables: "${x}" (expected ${env:NAME}, or ${env:NAME:-default})',
    '8:3: vars.e: expected a text, a number, true or false, or a map with `default` and `description`, got a list',
    '10:19: proxies.pg.listen: it is there twice; expected one of the two',
    '11:3: proxies.<<: merge keys are no part of YAML 1.2; profiles share with `extends`, and values with `vars`',
    '12:6: proxies.r: expected a map with the fields of a proxy (listen, upstream, …), got 5',
    `14:5: faults[0].on: it is missing; ${targets}`,
    `15:6: faults[1].on: ${targets}, got a list`,
    '17:8: faults[2].y: expected a finite number, got Infinity',
    '18:7: faults[2].${k}: variables can stand in values, not in names',
    '20:5: faults[3]: expected a map with the fields of a fault (on, type, …), got "pg"',
    `21:6: ttl: expected milliseconds or a duration such as "250ms", "1.5s", "5m", got "\${t}"${fixed}`,
    '22:22: limits.max_active: expected a whole number of 1 or more, got 0',
    '22:25: limits.max_injection: there is no such field; did you mean "max_injections"? (there are: max_active, max_injections, max_share, max_added_delay)',
    '23:13: labels.a: expected a text of at most 256 characters, got 1; write "1"',
    `23:19: labels.b: expected a text of at most 256 characters, got "\${x}"${fixed}`,
  ])
})

test('a problem says what, where, and what would be right', () => {
  const outcome = parseProfile('limits: {max_share: 2}', NAME)
  expect(
    outcome.ok
      ? []
      : outcome.problems.map(({ code, field, value, expected, place }) => ({ code, field, value, expected, place })),
  ).toEqual([
    {
      code: 'invalid_value',
      field: 'limits.max_share',
      value: 2,
      expected: 'a share of 0 to 1 or a text such as "30%"',
      place: { file: 'p.yaml', line: 1, column: 21 },
    },
  ])
})

test.each([
  ['', '1:1: the text is empty; expected a map'],
  ['# nothing\n', '1:1: the text is empty; expected a map'],
  ['- a\n', '1:1: expected a map'],
  ['ttl: a: b\n', '1:6: this is not YAML: Nested mappings are not allowed in compact mappings'],
  ['faults: [1', '1:11: this is not YAML: Flow sequence in block collection must be sufficiently indented'],
  ['labels:\n\ta: b\n', '2:1: this is not YAML: Tabs are not allowed as indentation'],
  ['labels:\n  a: "b\n', '3:1: this is not YAML: Missing closing "quote'],
  ['ttl: 5s\n---\nttl: 6s\n', '3:1: a second document begins here'],
  ['%YAML 1.1\n---\nactive: yes\n', '1:1: the directive "%YAML 1.1" is not taken'],
  ['%TAG ! tag:a,2000:\n---\nactive: true\n', '1:1: the directive "%TAG ! tag:a,2000:" is not taken'],
  ['labels: {a: "\u0007"}', '1:14: the character U+0007 cannot stand in YAML'],
  [
    'labels: {a: \u0082}',
    '1:13: the character U+0082 cannot stand in YAML; within double quotes it is written \\u0082',
  ],
  ['labels: {a: b} # \u007f', '1:18: the character U+007F cannot stand in YAML'],
  ['labels:\n  a: |\n    "\ufeff"', '3:6: the character U+FEFF cannot stand in YAML'],
  ['labels: {a: \ufffd}', '1:13: the text is not UTF-8'],
  ['labels: {a: \ud800}', '1:13: the character U+D800 cannot stand in YAML'],
  ['labels: {a: "\\ud800"}', '1:13: labels.a: expected a text without halves of surrogate pairs'],
  ['labels: {"a\\nb": c}', '1:10: labels.a?b: a name may have no control characters'],
  ['ttl: 5s\rlease: 5s', '1:8: this line ends with a carriage return alone'],
  ['labels: {__proto__: b}', '1:10: labels.__proto__: this name cannot be used'],
  ['labels: {a: !b c}', '1:16: labels.a: the tag "!b" is not taken'],
  ['labels: {a: !!binary aGk=}', '1:22: labels.a: the tag "tag:yaml.org,2002:binary" is not taken'],
  ['labels: {? [a] : b}', '1:12: this is not YAML: With stringKeys, all keys must be strings'],
  ['faults: [*a]', '1:10: faults[0]: there is no anchor &a in front of this alias'],
  ['faults: [&a {on: b, match: *a}]', '1:28: faults[0].match: the alias *a stands within what it stands for'],
])('%j is refused', (text, expected) => {
  const [first] = wrong(text)
  expect(first?.slice(0, expected.length)).toBe(expected)
})

test.each([
  ['!!str 5', '5'],
  ['!!int "5"', 5],
  ['0x1F', 31],
  ['-0', 0],
  ['yes', 'yes'],
  ['on', 'on'],
  ['~', null],
  ['2001-01-01', '2001-01-01'],
])('%s is what the core schema of YAML 1.2 says', (text, expected) => {
  expect(read(`faults: [{on: a, x: ${text}}]`).faults[0]?.['x']).toBe(expected)
})

test('what YAML 1.1 has made of `on` is recognised', () => {
  expect(wrong('faults: [{true: pg, type: noop}]')[0]).toContain(
    '(the field "true" was probably `on`, read as YAML 1.1: quote it)',
  )
})

test('aliases are put in their places, and their values have the places of the anchor', () => {
  const { faults, places } = read(
    'faults:\n  - {on: a, match: &m {client: [c]}}\n  - {on: b, match: *m}\n  - &m {on: c}\n  - *m\n',
  )
  expect(faults).toEqual([
    { on: 'a', match: { client: ['c'] } },
    { on: 'b', match: { client: ['c'] } },
    { on: 'c' },
    { on: 'c' },
  ])
  expect(places.get('faults[1].match')).toEqual({ file: 'p.yaml', line: 3, column: 20 })
  expect(places.get('faults[1].match.client[0]')).toEqual({ file: 'p.yaml', line: 2, column: 33 })
})

test('an alias within an anchor stands for what it stood for there', () => {
  const text = 'faults:\n  - &x {on: one}\n  - &y {on: two, m: *x}\n  - &x {on: three}\n  - *y\n'
  expect(read(text).faults[3]).toEqual({ on: 'two', m: { on: 'one' } })
})

test('aliases that multiply are refused', () => {
  const lines = ['faults:', '  - &l0 {on: a, x: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]}']
  for (let level = 1; level < 12; level += 1) {
    const inside = Array.from({ length: 10 }, () => `*l${level - 1}`).join(', ')
    lines.push(`  - &l${level} {on: a, x: [${inside}]}`)
  }
  const problems = wrong(lines.join('\n'))
  expect(problems).toHaveLength(1)
  expect(problems[0]).toContain('with this the profile has more than 250000 values, its aliases replaced')
})

test('names that multiply in paths are refused', () => {
  const key = 'k'.repeat(1000)
  const nested = Array.from({ length: 20 }, () => `{${key}: `).join('')
  const text = `faults: [{on: a, x: ${nested}[${'1,'.repeat(2000)}]${'}'.repeat(20)}}]`
  expect(wrong(text)[0]).toContain('the profile has more than 16777216 characters in the paths of its values')
})

test('what is too large, too deep or too much is refused, where it becomes so', () => {
  expect(wrong(`labels: {a: ${'é'.repeat(LARGEST_TEXT / 2)}}`)).toEqual([
    `1:1: a profile may have at most ${LARGEST_TEXT} bytes`,
  ])
  expect(wrong('['.repeat(500_000))[0]).toContain('with this the profile has more than 64 levels')
  expect(wrong(`faults: ${'['.repeat(70)}${']'.repeat(70)}`)[0]).toContain(
    ': with this the profile has more than 64 levels',
  )
  expect(wrong(`faults: [${'a,'.repeat(300_000)}]`)[0]).toContain('with this the profile has more than 500000 tokens')
  expect(wrong(`labels: {${'a'.repeat(1001)}: b}`)[0]).toContain(
    'a name may have at most 1000 characters, and this one has 1001',
  )
  expect(wrong(`vars: {${Array.from({ length: 1001 }, (_, at) => `v${at}: 1`).join(', ')}}`)).toEqual([
    '1:1: vars: a profile may have at most 1000 variables, and there are 1001',
  ])
  expect(wrong(`proxies: {${Array.from({ length: 10_001 }, (_, at) => `p${at}: {}`).join(', ')}}`)).toEqual([
    '1:1: proxies: a profile may have at most 10000 proxies, and there are 10001',
  ])
  expect(wrong(`faults: [${'{},'.repeat(50_001)}]`)).toEqual([
    '1:1: faults: a profile may have at most 50000 faults, and there are 50001',
  ])
})

test('a variable that is not quoted where it has to be', () => {
  expect(wrong('faults:\n  - {on: ${x}}\n')).toEqual([
    '2:14: this is not YAML: Unexpected flow-map-end token in YAML stream; within [ ] and { } a text with a variable has to be quoted: "${name}"',
  ])
  expect(wrong('faults: [{on: "${x}"}]}')[0]).not.toContain('quoted')
})

test('at most 50 mistakes are told', () => {
  expect(wrong(`faults: [${'1,'.repeat(1000)}]`)).toHaveLength(50)
  expect(wrong('}'.repeat(1000))).toHaveLength(50)
})

test('what stands in a text is not told at length: it may be a secret', () => {
  const secret = `MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7${'x'.repeat(300)}`
  for (const text of [
    `ttl: 5s\n${secret}\n`,
    `labels:\n  a: b\n ${secret}\n`,
    `"${secret}`,
    `ttl: 5s\n"${secret}" "${secret}"`,
  ]) {
    expect(wrong(text).join()).not.toContain(secret.slice(0, 60))
  }
})
