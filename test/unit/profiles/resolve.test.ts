import { expect, test } from 'vitest'
import { placeText } from '../../../src/core/errors.ts'
import type { ProfileDocument, VarValue } from '../../../src/profiles/document.ts'
import { parseProfile } from '../../../src/profiles/parse.ts'
import { resolveProfile } from '../../../src/profiles/resolve.ts'

function parsed(name: string, text: string): ProfileDocument {
  const outcome = parseProfile(text, { name, file: `${name}.yaml` })
  if (!outcome.ok) throw new Error(outcome.problems.map(({ message }) => message).join('\n'))
  return outcome.value
}

interface Given {
  readonly vars?: Readonly<Record<string, VarValue>>
  readonly env?: Readonly<Record<string, string | undefined>>
}

/** Of the last one of `texts`. */
function outcomeOf(texts: Readonly<Record<string, string>>, { vars = {}, env = {} }: Given = {}) {
  const documents = new Map(Object.entries(texts).map(([name, text]) => [name, parsed(name, text)]))
  const last = [...documents.values()].at(-1)
  if (last === undefined) throw new Error('there are no profiles')
  return resolveProfile(last, { find: (name) => documents.get(name), names: [...documents.keys()], vars, env })
}

function resolved(texts: Readonly<Record<string, string>>, given?: Given) {
  const outcome = outcomeOf(texts, given)
  if (!outcome.ok) throw new Error(outcome.problems.map(({ message }) => message).join('\n'))
  return outcome.value
}

function wrong(texts: Readonly<Record<string, string>>, given?: Given): readonly string[] {
  const outcome = outcomeOf(texts, given)
  if (outcome.ok) throw new Error('it was taken')
  for (const { message, place } of outcome.problems) {
    expect(message.startsWith(place === undefined ? '!' : `${placeText(place)}: `)).toBe(true)
  }
  return outcome.problems.map(({ message }) => message)
}

/** The parameter `x` of a fault, after resolving. */
function valueOf(x: string, { head = '', ...given }: Given & { readonly head?: string } = {}): unknown {
  return resolved({ p: `${head}faults:\n  - on: a\n    x: ${x}\n` }, given).faults[0]?.fields['x']
}

test('a profile without anything to put in is as it was written', () => {
  const fields = { on: 'pg', type: 'latency', match: { client: ['10.0.0.0/8'] } }
  const { faults, proxies, ...rest } = resolved({
    p: `description: d\nttl: 5s\nlease: 1s\nlimits: {max_active: 1}\nlabels: {a: b}\nproxies: {pg: {listen: ":1"}}\nfaults: [${JSON.stringify(fields)}]`,
  })
  expect(rest).toEqual({
    name: 'p',
    description: 'd',
    ttl: 5000,
    lease: 1000,
    limits: { maxActive: 1 },
    labels: { a: 'b' },
    vars: new Map(),
  })
  expect(faults.map((fault) => [fault.fields, fault.on, fault.path, fault.profile])).toEqual([
    [fields, ['pg'], 'faults[0]', 'p'],
  ])
  expect([...proxies].map(([name, entry]) => [name, entry.fields, entry.path, entry.profile])).toEqual([
    ['pg', { listen: ':1' }, 'proxies.pg', 'p'],
  ])
})

const VARS = 'vars: {n: 5, f: 1.5, yes: true, t: "$", none: {description: d}}\n'

test.each([
  ['${n}', 5],
  ['${yes}', true],
  ['"${n}"', 5],
  ['"${n}ms"', '5ms'],
  ['"${n}${f}-${yes}"', '51.5-true'],
  ['$${n}', '${n}'],
  ['"$${n} $$${n} $n $ {n} $"', '${n} $${n} $n $ {n} $'],
  ['[{y: ["${n}", 1, null]}]', [{ y: [5, 1, null] }]],
])('%s', (written, expected) => {
  expect(valueOf(written, { head: 'vars: {n: 5, f: 1.5, yes: true}\n' })).toEqual(expected)
})

test('what a variable stands for is not expanded again', () => {
  const given = { vars: { t: '${n} ${env:SECRET}', none: '' }, env: { SECRET: 'x', E: '${n}' } }
  expect(valueOf('"<${t}>"', { head: VARS, ...given })).toBe('<${n} ${env:SECRET}>')
  expect(valueOf('"<${env:E}>"', { head: VARS, ...given })).toBe('<${n}>')
  expect(valueOf('"${t}"', { head: VARS, ...given })).toBe('${n} ${env:SECRET}')
})

test.each([
  ['${env:A}', { A: '5' }, 5],
  ['${env:A}', { A: '-0.25' }, -0.25],
  ['${env:A}', { A: 'true' }, true],
  ['${env:A}', { A: '007' }, '007'],
  ['${env:A}', { A: '12345678901234567890' }, '12345678901234567890'],
  ['${env:A}', { A: '1e400' }, '1e400'],
  ['${env:A}', { A: '0' }, 0],
  ['${env:A}', { A: '-0' }, '-0'],
  ['${env:A}', { A: '' }, ''],
  ['"x${env:A}"', { A: '1.50' }, 'x1.50'],
  ['${env:A:-7}', {}, 7],
  ['${env:A:-7}', { A: '' }, 7],
  ['${env:A:-}', {}, ''],
  ['"${env:A:-a:-b c}"', {}, 'a:-b c'],
  ['${env:toString:-none}', {}, 'none'],
])('%s with %j', (written, env, expected) => {
  expect(valueOf(written, { env })).toBe(expected)
})

test('variables take what is given, or their default, which may come from the environment', () => {
  const head = 'vars: {delay: "${env:DELAY:-100}ms", count: 3, on: false, needed: {}}\n'
  expect([...resolved({ p: head }, { vars: { needed: 'x' } }).vars]).toEqual([
    ['delay', '100ms'],
    ['count', 3],
    ['on', false],
    ['needed', 'x'],
  ])
  const given = { vars: { delay: '2s', count: '4', on: 'true', needed: '5' }, env: { DELAY: '7' } }
  expect([...resolved({ p: head }, given).vars.values()]).toEqual(['2s', 4, true, '5'])
  expect([...resolved({ p: head }, { vars: { count: 'many', needed: 1 }, env: { DELAY: '7' } }).vars.values()]).toEqual(
    ['7ms', 'many', false, 1],
  )
})

test('mistakes in variables are told where they are, with what to do', () => {
  const text = `vars:
  delay: 5ms
  needed: {}
  host: \${env:HOST}
faults:
  - on: a
    latency: \${dealy}
    jitter: \${needed}
    body: "\${env:BODY} \${"
    match: {path: ["a", "\${a b}"]}
`
  expect(wrong({ p: text }, { vars: { delya: 1 } })).toEqual([
    'p.yaml:1:1: vars.delya: the profile has no such variable; did you mean "delay"? (it has: delay, needed, host)',
    'p.yaml:3:3: vars.needed: it has no default, and was not set; set it with `--var name=value`, with `vars` of the activation, or give it a `default`',
    'p.yaml:4:9: vars.host: the environment of the server has no HOST; set it there, or write ${env:HOST:-default}',
    'p.yaml:7:14: faults[0].latency: there is no variable "dealy"; did you mean "delay"? (there are: delay)',
    'p.yaml:9:11: faults[0].body: the environment of the server has no BODY; set it there, or write ${env:BODY:-default}',
    'p.yaml:10:25: faults[0].match.path[1]: "${a b}" is no expression; expected ${name}, ${env:NAME}, ${env:NAME:-default}, or $${ for a literal ${',
  ])
})

test('a profile comes behind what it extends, and what it says wins', () => {
  const base = `description: base
vars: {delay: 1s, share: 10%}
ttl: 5m
lease: 10s
limits: {max_active: 5, max_share: 50%}
labels: {team: a, kind: b}
proxies:
  pg: {listen: ":1", upstream: "a:1", http: {tell: true, host: upstream}, enabled: false}
  other: {listen: ":2", upstream: "b:2"}
faults:
  - {on: pg, type: latency, name: slow, latency: "\${delay}"}
  - {on: [pg, other], type: noop, name: both}
  - {on: pg, type: noop}
`
  const top = `extends: base
vars: {delay: 2s, own: 1}
ttl: 1m
limits: {max_active: 7}
labels: {kind: c}
proxies:
  pg: {upstream: "c:3", http: {host: null, lenient: true}, enabled: null}
  third: {listen: ":3"}
faults:
  - {on: pg, type: noop}
  - {on: [other, pg], type: refuse, name: both}
  - {on: other, type: noop, name: slow}
`
  const { vars, proxies, faults, ...rest } = resolved({ base, top })
  expect(rest).toEqual({
    name: 'top',
    ttl: 60_000,
    lease: 10_000,
    limits: { maxActive: 7, maxShare: 0.5 },
    labels: { team: 'a', kind: 'c' },
  })
  expect([...vars]).toEqual([
    ['delay', '2s'],
    ['share', '10%'],
    ['own', 1],
  ])
  expect([...proxies].map(([name, { fields, profile }]) => [name, fields, profile])).toEqual([
    ['pg', { listen: ':1', upstream: 'c:3', http: { tell: true, lenient: true } }, 'top'],
    ['other', { listen: ':2', upstream: 'b:2' }, 'base'],
    ['third', { listen: ':3' }, 'top'],
  ])
  const pg = proxies.get('pg')
  const placesOf = ['', 'listen', 'upstream', 'http.tell', 'http.lenient', 'http.host', 'nowhere'].map((field) => {
    const place = pg?.place(field)
    return place && placeText(place)
  })
  expect(placesOf).toEqual([
    'top.yaml:7:3',
    'base.yaml:8:16',
    'top.yaml:7:18',
    'base.yaml:8:52',
    'top.yaml:7:53',
    'top.yaml:7:38',
    'top.yaml:7:3',
  ])
  expect(faults.map(({ fields, profile, path }) => [fields['type'], fields['name'], profile, path])).toEqual([
    ['latency', 'slow', 'base', 'faults[0]'],
    ['refuse', 'both', 'top', 'faults[1]'],
    ['noop', undefined, 'base', 'faults[2]'],
    ['noop', undefined, 'top', 'faults[0]'],
    ['noop', 'slow', 'top', 'faults[2]'],
  ])
  expect(faults[0]?.fields['latency']).toBe('2s')
})

const fault = (name: string): string => `faults: [{on: a, type: noop, x: ${name}}]`

test('several are applied in order, each behind what it extends itself, and once', () => {
  const { faults } = resolved({
    root: fault('root'),
    left: `extends: [root]\n${fault('left')}`,
    right: `extends: root\n${fault('right')}`,
    top: `extends: [right, left, right]\n${fault('top')}`,
  })
  expect(faults.map(({ fields }) => fields['x'])).toEqual(['root', 'right', 'left', 'top'])
})

test('names that are the same after variables are put in are the same', () => {
  const { faults } = resolved({
    base: 'vars: {p: a}\nfaults: [{on: "${p}", name: "f-${p}", type: noop}]',
    top: 'extends: base\nfaults: [{on: [a], name: f-a, type: refuse}]',
  })
  expect(faults.map(({ fields }) => fields['type'])).toEqual(['refuse'])
})

test('two faults of one profile with one name are two', () => {
  const twice = '{on: a, name: f, type: noop}'
  expect(
    resolved({ base: `faults: [${twice}]`, top: `extends: base\nfaults: [${twice}, ${twice}]` }).faults,
  ).toHaveLength(2)
  expect(resolved({ p: `faults: [${twice}, ${twice}]` }).faults).toHaveLength(2)
})

test('circles and unknown profiles are refused', () => {
  expect(wrong({ a: 'extends: c', b: 'extends: a', c: 'ttl: 5s\nextends: [b]' })).toEqual([
    'a.yaml:1:10: extends: this goes round in a circle: c → b → a → c',
  ])
  expect(wrong({ a: 'extends: a' })).toEqual(['a.yaml:1:10: extends: this goes round in a circle: a → a'])
  expect(wrong({ 'slow-db': '{}', p: 'ttl: 5s\nextends: [slow-db, slo-db]\nfaults: [{on: "${x}"}]' })).toEqual([
    'p.yaml:2:20: extends[1]: there is no profile "slo-db"; did you mean "slow-db"? (there are: slow-db)',
  ])
})

const chain = (length: number) =>
  Object.fromEntries(Array.from({ length }, (_, at) => [`p${at}`, at === 0 ? '{}' : `extends: p${at - 1}`]))

test('a hundred may be extended, no more', () => {
  expect(resolved(chain(100)).name).toBe('p99')
  expect(wrong(chain(102))).toEqual([
    'p2.yaml:1:10: extends: a profile may extend at most 100 profiles, directly or not',
  ])
})

test('what a fault is on can be a variable, and has to be names afterwards', () => {
  const text = 'vars: {p: pg, n: 5}\nfaults:\n  - {on: "${p}-1"}\n  - {on: [a, "${p}"]}\n'
  expect(resolved({ p: text }).faults.map(({ on }) => on)).toEqual([['pg-1'], ['a', 'pg']])
  expect(wrong({ p: `${text}  - {on: "\${n}"}\n` })).toEqual([
    'p.yaml:5:10: faults[2].on: expected the name of a proxy, a glob such as "pg-*", or a list of 1 to 1000 of them, got 5',
  ])
})

test('variables cannot blow a profile up', () => {
  const text = `vars: {v: ${'x'.repeat(100_000)}}\nfaults:\n${'  - {on: a, x: "${v}${v}"}\n'.repeat(100)}`
  expect(wrong({ p: text })).toEqual([
    'p.yaml:44:16: faults[41].x: with this the variables make more than 8388608 characters of the profile',
  ])
})

test('a field stands where its variable is written, and what is nowhere stands with what is around it', () => {
  const { faults } = resolved({ p: 'vars: {v: 5}\nfaults:\n  - on: a\n    match:\n      path: "${v}"\n' })
  const at = (field?: string) => faults[0]?.place(field)
  expect(at('match.path')).toEqual({ file: 'p.yaml', line: 5, column: 13 })
  expect(at('match.path[3]')).toEqual({ file: 'p.yaml', line: 5, column: 13 })
  expect(at('match.method')).toEqual({ file: 'p.yaml', line: 4, column: 5 })
  expect(at('latency')).toEqual({ file: 'p.yaml', line: 3, column: 5 })
  expect(at()).toEqual({ file: 'p.yaml', line: 3, column: 5 })
})
