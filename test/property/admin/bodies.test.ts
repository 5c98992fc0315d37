import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { AdminRig } from '../../support/admin-rig.ts'

const ROUTES: readonly (readonly [string, string])[] = [
  ['POST', '/proxies'],
  ['POST', '/populate'],
  ['POST', '/proxies/a'],
  ['PATCH', '/proxies/a'],
  ['POST', '/proxies/a/toxics'],
  ['POST', '/proxies/a/toxics/t'],
  ['PATCH', '/proxies/a/toxics/t'],
]

const key = fc.constantFrom(
  'name',
  'Listen',
  'upstream',
  'ENABLED',
  'type',
  'stream',
  'toxicity',
  'attributes',
  'latency',
  'jitter',
  'rate',
  'bytes',
  '__proto__',
  'constructor',
  '',
)
const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom(
    'a',
    'b',
    't',
    'latency',
    'bandwidth',
    'slicer',
    'upstream',
    'both',
    '127.0.0.1:0',
    'u:1',
    'http://x',
    true,
    false,
    null,
    -1,
    0,
    1.5,
    1e300,
  ),
)
const object = fc.dictionary(key, fc.oneof(odd, fc.dictionary(key, odd)))
const body = fc.oneof(
  object.map((value) => JSON.stringify(value)),
  fc.array(object, { maxLength: 3 }).map((value) => JSON.stringify(value)),
  fc.json(),
  fc.string({ unit: 'binary' }),
  fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
)

test('whatever body is sent to whatever route, the answer is an answer', async () => {
  await using rig = new AdminRig()
  await rig.control.createProxy({ name: 'a', listen: '127.0.0.1:0', upstream: 'u:1' })
  await rig.control.addToxic('a', { name: 't', type: 'latency', attributes: () => ({}) })
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...ROUTES), body, async ([method, url], payload) => {
      const { status, body: text, headers } = await rig.ask(method, url, payload)
      expect([200, 201, 400, 404, 409, 500]).toContain(status)
      // A listen address that cannot be used is Toxiproxy's one 500, and says so.
      expect(`${status} ${text}`).not.toMatch(/^500 (?!\{"error":"(listen|address|lookup) )/)
      const { error } = JSON.parse(text) as { error?: unknown }
      expect(typeof error).toBe(status >= 400 ? 'string' : 'undefined')
      expect(headers['x-toxiproxy-request-id']).toBeDefined()
    }),
    { numRuns: 600 },
  )
  expect((await rig.ask('GET', '/proxies')).status).toBe(200)
})

test('whatever path is asked for, the answer is an answer', async () => {
  await using rig = new AdminRig()
  const segment = fc.constantFrom(
    'proxies',
    'a',
    'toxics',
    'v1',
    'sessions',
    '%2F',
    '%00',
    '%',
    '%FF',
    '..',
    '.',
    '',
    'é',
    '{proxy}',
    '*',
    '?',
    '#',
  )
  const path = fc.array(segment, { maxLength: 6 }).map((segments) => `/${segments.join('/')}`)
  const method = fc.constantFrom('GET', 'POST', 'PATCH', 'DELETE', 'PUT', 'HEAD', 'OPTIONS')
  await fc.assert(
    fc.asyncProperty(method, path, async (verb, url) => {
      expect((await rig.ask(verb, url)).status).toBeLessThan(500)
    }),
    { numRuns: 400 },
  )
})
