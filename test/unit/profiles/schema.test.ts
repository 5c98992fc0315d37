import { readFile } from 'node:fs/promises'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { proxyFieldsSchema } from '../../../src/control/proxy-fields.ts'
import { readFault } from '../../../src/control/fault-input.ts'
import { FAULTS } from '../../../src/faults/index.ts'
import { parseProfile } from '../../../src/profiles/parse.ts'
import { profileSchema } from '../../../src/profiles/profile-schema.ts'
import { runHere } from '../../support/cli-context.ts'

const schema = profileSchema({ proxy: proxyFieldsSchema() })
// Several types in one place, and required fields of another place, are meant.
const ajv = new Ajv2020({
  strict: true,
  allowUnionTypes: true,
  strictTypes: false,
  strictRequired: false,
  allErrors: true,
})
const validate = ajv.compile(schema)

function mistakesOf(text: string): readonly string[] {
  validate(parse(text))
  return (validate.errors ?? []).map(({ instancePath }) => instancePath)
}

const GOOD = `
$schema: profile.schema.json
description: d
active: false
extends: [a, b]
vars: {a: 1, b: true, c: text, d: null, e: {default: 5, description: x}, f: {}}
proxies:
  pg:
    listen: 127.0.0.1:15432
    upstream: \${host}:5432
    enabled: \${enabled}
    protocol: http
    http: {max_head: 64KiB, tell: null}
    tls: {upstream: {ca_file: ca.pem}, listen: {authority: true}}
  other: {upstream: null}
faults:
  - {on: pg, type: latency, latency: 250ms, jitter: "\${j}", direction: both, probability: 30%, per: session}
  - {on: [pg, "redis-*"], type: http_error, status: {503: 3, 500: "\${w}"}, headers: {x: [a, b]}, body_file: a.txt}
  - {on: "\${p}", type: http_error, outcomes: [{weight: 1, pass: true}, {weight: "\${w}", status: 503}]}
  - {on: pg, type: latency, ramp: {latency: {from: 0, to: 1s, over: 5m}}, limits: {max_share: "\${s}"}}
  - {on: pg, type: "\${type}", whatever: 1}
  - {on: pg, type: refuse, schedule: {for: 8s}, ttl: 1m, shadow: true, name: n}
  - {on: pg, type: latency, latency: 5, part: body, per: exchange, match: {status: 5xx, query: {a: null}}, sticky_by: client}
ttl: 10m
lease: 30000
limits: {max_active: 5, max_share: 0.3}
labels: {a: b}
`

test('a good profile is taken', () => {
  expect(mistakesOf(GOOD)).toEqual([])
  expect(mistakesOf('{}')).toEqual([])
})

test.each(FAULTS.map(({ type, example, directions }) => [type, example, directions] as const))(
  'the example of %s',
  (type, example) => {
    const fault = { on: 'p', type, ...example }
    expect(() => readFault({ type, ...example }, '', 'http')).not.toThrow()
    expect(mistakesOf(JSON.stringify({ faults: [fault] }))).toEqual([])
    expect(mistakesOf(JSON.stringify({ faults: [{ ...fault, [`${type}x`]: 1 }] }))).toContain('/faults/0')
  },
)

test.each([
  ['actve: true', ''],
  ['active: "yes"', '/active'],
  ['vars: {"a b": 1}', '/vars'],
  ['vars: {a: {defalt: 1}}', '/vars/a'],
  ['proxies: {pg: {lisen: a}}', '/proxies/pg'],
  ['proxies: {pg: {name: a}}', '/proxies/pg'],
  ['proxies: {"${a}": {}}', '/proxies'],
  ['proxies: {pg: {enabled: "yes"}}', '/proxies/pg/enabled'],
  ['proxies: {pg: {http: {hots: a}}}', '/proxies/pg/http'],
  ['faults: {}', '/faults'],
  ['faults: [{type: noop}]', '/faults/0'],
  ['faults: [{on: a}]', '/faults/0'],
  ['faults: [{on: [], type: noop}]', '/faults/0/on'],
  ['faults: [{on: a, type: latancy}]', '/faults/0/type'],
  ['faults: [{on: a, type: latency, latancy: 5}]', '/faults/0'],
  ['faults: [{on: a, type: http_error}]', '/faults/0'],
  ['faults: [{on: a, type: http_error, status: 99}]', '/faults/0/status'],
  ['faults: [{on: a, type: http_error, status: "503"}]', '/faults/0/status'],
  ['faults: [{on: a, type: latency, direction: down}]', '/faults/0/direction'],
  ['faults: [{on: a, type: latency, probability: lots}]', '/faults/0/probability'],
  ['faults: [{on: a, type: latency, match: {pth: a}}]', '/faults/0/match'],
  ['faults: [{on: a, type: latency, lease: 5s}]', '/faults/0'],
  ['faults: [{on: a, type: refuse, direction: both}]', '/faults/0'],
  ['ttl: [5s]', '/ttl'],
  ['limits: {max_activ: 5}', '/limits'],
  ['labels: {a: 5}', '/labels/a'],
])('%s is refused', (text, at) => {
  expect(mistakesOf(text)).toContain(at)
})

test('everything that can be written has a description', () => {
  const missing: string[] = []
  const walk = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null) return
    if (
      'properties' in value &&
      typeof value.properties === 'object' &&
      value.properties !== null &&
      !path.endsWith('/if')
    ) {
      for (const [name, each] of Object.entries(value.properties)) {
        if (!('description' in each) && !('$ref' in each) && !('allOf' in each)) missing.push(`${path}/${name}`)
      }
    }
    for (const [key, each] of Object.entries(value)) if (key !== 'if') walk(each, `${path}/${key}`)
  }
  walk(schema, '')
  expect(missing).toEqual([])
})

test('the command prints it', async () => {
  const { code, stdout, stderr } = await runHere(['schema'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(JSON.parse(stdout)).toEqual(JSON.parse(JSON.stringify(schema)))
})

test('the profiles in the documentation are what they say', async () => {
  const text = await readFile(new URL('../../../docs/profiles.md', import.meta.url), 'utf8')
  const examples = [...text.matchAll(/^```yaml\n(.*?)^```$/gms)]
    .map(([, example = '']) => example)
    .filter((example) => example.includes('faults:'))
  expect(examples).toHaveLength(2)
  for (const example of examples) {
    expect(parseProfile(example, { name: 'example' })).toMatchObject({ ok: true })
    expect(mistakesOf(example)).toEqual([])
  }
})
