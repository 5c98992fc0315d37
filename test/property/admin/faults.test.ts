import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { commonFields, OUTCOME_FIELDS, SHOWN_FIELDS, UNSUPPORTED_FIELDS } from '../../../src/faults/common-fields.ts'
import { describeFault, FAULTS } from '../../../src/faults/index.ts'
import { matchField } from '../../../src/faults/match-fields.ts'
import { AdminRig } from '../../support/admin-rig.ts'
import { arbitraryParams } from '../../support/arbitrary-params.ts'
import { testCertificates } from '../../support/test-certificates.ts'

const ALL = '/v1/proxies/a/faults'

const words = [
  ...Object.keys(commonFields.shape),
  ...SHOWN_FIELDS,
  ...Object.keys(UNSUPPORTED_FIELDS),
  ...FAULTS.flatMap(({ params }) => Object.keys(params.shape)),
  'client',
  'session',
  'skip',
  'every',
  'from',
  'to',
  'over',
  'max_active',
  ...Object.keys(matchField.shape),
  ...OUTCOME_FIELDS,
  '__proto__',
  'constructor',
  'toString',
  '',
]
const key = fc.constantFrom(...words)
const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 2, stringUnit: 'binary' }),
  fc.constantFrom(
    ...words,
    'upstream',
    'both',
    'chunk',
    'skip',
    'reset',
    'body',
    'exchange',
    'header:x',
    '5xx',
    '/(/',
    '/x*',
    '10.0.0.0/8',
    '::1',
    '5s',
    '30%',
    '1MB/s',
    -1,
    -0,
    0,
    1,
    1.5,
    1e15,
    1e300,
    null,
  ),
)
const object = fc.dictionary(key, fc.oneof(odd, fc.dictionary(key, fc.oneof(odd, fc.dictionary(key, odd)))))
const typed = fc.record({ type: fc.constantFrom(...FAULTS.map(({ type }) => type)) })
const likely = fc.tuple(object, typed).map(([fields, type]) => Object.assign(fields, type))
const body = fc.oneof(
  { weight: 6, arbitrary: likely.map((value) => JSON.stringify(value)) },
  { weight: 2, arbitrary: object.map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: fc.json() },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)) },
)

async function rigWithFault(): Promise<AdminRig> {
  const rig = new AdminRig()
  // Some faults want to have TLS that ends here.
  const { one } = await testCertificates()
  await rig.control.addProxy({ name: 'a', upstream: 'u:1', enabled: false, protocol: 'http', tls: { listen: one } })
  await rig.control.addFault('a', { name: 'f', type: 'latency', latency: 5, ttl: '1h', match: { client: '::1' } })
  return rig
}

test('whatever body is sent, it is taken as a whole or refused as a whole', async () => {
  await using rig = await rigWithFault()
  const target = fc.constantFrom<readonly [string, string]>(['POST', ALL], ['PATCH', `${ALL}/f`])
  await fc.assert(
    fc.asyncProperty(target, body, async ([method, url], payload) => {
      const before = rig.control.proxies()
      const told = rig.changes.length
      const { status, body: text, headers } = await rig.ask(method, url, payload)
      const answer = JSON.parse(text) as { code?: unknown; detail?: unknown }
      const refused = status >= 400
      expect([200, 201, 400, 409]).toContain(status)
      const word = refused ? 'string' : 'undefined'
      expect([typeof answer.code, typeof answer.detail]).toEqual([word, word])
      expect(rig.changes.length).toBe(refused ? told : told + 1)
      expect(refused ? rig.control.proxies() : before).toEqual(before)
      const gone = status === 201 ? await rig.ask('DELETE', String(headers['location'])) : { status: 204 }
      expect(gone.status).toBe(204)
    }),
    { numRuns: 1500 },
  )
  rig.control.close()
})

const fields = fc.record(
  {
    probability: fc.double({ min: 0, max: 1, noNaN: true }),
    match: fc.record(
      {
        client: fc.oneof(fc.ipV4(), fc.array(fc.oneof(fc.ipV4(), fc.ipV6()), { minLength: 1, maxLength: 3 })),
        session: fc.record({ skip: fc.nat(9), every: fc.integer({ min: 1, max: 9 }) }, { requiredKeys: [] }),
      },
      { requiredKeys: [] },
    ),
    existing: fc.constantFrom('apply', 'skip', 'reset'),
    on_remove: fc.constantFrom('release', 'reset'),
    schedule: fc.record({ after: fc.nat(1000), for: fc.integer({ min: 10_000, max: 20_000 }) }, { requiredKeys: [] }),
    ttl: fc.integer({ min: 60_000, max: 1e9 }),
    limits: fc.record({ max_injections: fc.integer({ min: 1, max: 9 }) }, { requiredKeys: [] }),
    name: fc.string({ minLength: 1, unit: 'grapheme' }).filter((name) => name !== '.' && name !== '..'),
  },
  { requiredKeys: [] },
)
const pattern = fc.constantFrom('/api/*', '*', '?x', '/^a[0-9]+$/', '/B/i', '', 'Mixed Case')
const named = fc.dictionary(fc.constantFrom('x-user', 'Accept', 'q', 'A.b'), fc.option(pattern), {
  minKeys: 1,
  maxKeys: 3,
})
const status = fc.constantFrom<unknown>(503, '5xx', '500-504', [404, '5xx'], ['100-999'])
const aboutExchanges = {
  method: fc.constantFrom<unknown>('get', ['POST', 'put']),
  path: fc.oneof(pattern, fc.array(pattern, { minLength: 1, maxLength: 3 })),
  host: pattern,
  query: named,
  headers: named,
}
const counted = fc.record(
  { skip: fc.nat(9), first: fc.integer({ min: 1, max: 9 }), every: fc.integer({ min: 1, max: 9 }) },
  { requiredKeys: [] },
)
const exchangeFields = fc.record(
  {
    probability: fc.double({ min: 0, max: 1, noNaN: true }),
    match: fc.record({ ...aboutExchanges, client: fc.ipV4(), session: counted, sni: pattern }, { requiredKeys: [] }),
    exclude: fc.record({ ...aboutExchanges, client: fc.ipV4() }, { requiredKeys: [] }),
    count: counted,
    sticky_by: fc.constantFrom('client', 'header:X-User'),
  },
  { requiredKeys: [] },
)

/** Two faults of a type on exchanges, one of which becomes an outcome of the other. */
const onExchanges = fc
  .constantFrom(...FAULTS.filter((each) => each.layer === 'http' || describeFault(each).parts.includes('body')))
  .chain((definition) =>
    fc
      .tuple(
        arbitraryParams(definition),
        arbitraryParams(definition),
        exchangeFields,
        fc.boolean(),
        fc.option(status, { nil: undefined }),
      )
      .map(([params, others, common, withOutcomes, code]) => {
        const part = definition.layer === 'http' ? {} : { part: 'body' }
        const missing = Object.fromEntries(Object.keys(params).map((name) => [name, null]))
        const outcomes = [{ weight: 2, ...missing, ...others }, { weight: 1, pass: true }, { weight: 0.5 }]
        // Only what is said to act on responses can be asked for their status; on bodies all do.
        const match =
          code === undefined || definition.layer === 'http' ? common.match : { ...common.match, status: code }
        return Object.assign(
          {},
          { type: definition.type },
          params,
          common,
          part,
          { match },
          withOutcomes && { outcomes },
        )
      }),
  )

const onSessions = fc.constantFrom(...FAULTS).chain((definition) =>
  fc.tuple(arbitraryParams(definition), fields).map(([params, common]) => {
    const { schedule, ttl, limits, name, ...ofSessions } = common
    const others = { type: definition.type, schedule, ttl, limits, name }
    const { existing: _existing, on_remove: _onRemove, ...ofExchanges } = ofSessions
    if (definition.layer === 'http') return Object.assign({}, params, others, ofExchanges)
    return Object.assign({}, params, others, definition.reach === 'proxy' ? {} : ofSessions)
  }),
)
const fault = fc.oneof(onSessions, onExchanges)

test('whatever is taken is shown in a way that is taken again, with the same plan', async () => {
  await using rig = await rigWithFault()
  await fc.assert(
    fc.asyncProperty(fault, async (wanted) => {
      const added = await rig.ask('POST', ALL, JSON.stringify(wanted))
      expect(`${added.status} ${added.body}`).toMatch(/^201 /)
      const plan = () => rig.control.proxy('a').faults[1]?.plan
      const first = plan()
      const path = String(added.headers['location'])
      const patched = await rig.ask('PATCH', path, added.body)
      expect(`${patched.status} ${patched.body}`).toMatch(/^200 /)
      expect(plan()).toEqual({ ...first, revision: expect.any(Number) as number })
      await rig.ask('DELETE', path)
      const again = await rig.ask('POST', ALL, patched.body)
      expect(`${again.status} ${again.body}`).toMatch(/^201 /)
      expect(plan()).toEqual({ ...first, revision: expect.any(Number) as number })
      expect((await rig.ask('DELETE', path)).status).toBe(204)
    }),
    { numRuns: 300 },
  )
  rig.control.close()
})

test('whatever parameters a fault has, Toxiproxy can read what it is shown and write it back without changing it', async () => {
  await using rig = await rigWithFault()
  const toxics = FAULTS.filter(({ toxic }) => toxic !== undefined)
  const withParams = fc.constantFrom(...toxics).chain((each) => fc.tuple(fc.constant(each.type), arbitraryParams(each)))
  let seen = 0
  await fc.assert(
    fc.asyncProperty(withParams, async ([type, params]) => {
      const { plan, toxic } = await rig.control.addFault('a', { type, name: 'x', direction: 'upstream', ...params })
      if (toxic !== undefined) seen++
      const shown = await rig.ask('GET', '/proxies/a/toxics/x')
      expect(shown.status).toBe(toxic === undefined ? 404 : 200)
      const { attributes } = JSON.parse(shown.body) as { attributes?: unknown }
      const { body: written } = await rig.ask('POST', '/proxies/a/toxics/x', JSON.stringify({ attributes }))
      expect(written).toBe(shown.body)
      expect(rig.control.fault('a', 'x').plan.params).toEqual(plan.params)
      await rig.control.removeFault('a', 'x')
    }),
    { numRuns: 300 },
  )
  expect(seen).toBeGreaterThan(30)
  rig.control.close()
})
