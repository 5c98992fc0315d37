import * as fc from 'fast-check'
import { test, expect } from 'vitest'
import { yamlInPieces } from '../../../src/admin/yaml-pieces.ts'
import { FoulweatherError } from '../../../src/core/errors.ts'
import { FAULTS } from '../../../src/faults/index.ts'
import type { FaultRecord, ProxyRecord } from '../../../src/control/records.ts'
import { arbitraryParams } from '../../support/arbitrary-params.ts'
import { ProfileRig } from '../../support/profile-rig.ts'
import { testCertificates } from '../../support/test-certificates.ts'

/** Texts that YAML, globs and variables each read in their own way. */
const ODD = [
  'on',
  '~',
  '1e3',
  '0x1f',
  '- a',
  '#',
  'a: b',
  '${x}',
  '$${x}',
  '*',
  'pg-*',
  '<<',
  '"',
  "it's",
  '\\n',
  '2026-01-31',
  '&a',
  '!b',
  '| ',
  'é',
  '007',
]
/** Names that profiles can have for proxies. */
const name = fc
  .oneof(fc.constantFrom(...ODD), fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' }))
  .filter((each) => !/\$\{|^__proto__$|\uFFFD/.test(each))
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
const text = fc.oneof(fc.constantFrom(...ODD), fc.string({ maxLength: 20 }))

const common = fc.record(
  {
    direction: maybe(fc.constantFrom('upstream', 'downstream', 'both')),
    probability: maybe(fc.double({ min: 0, max: 1, noNaN: true })),
    per: maybe(fc.constantFrom('session', 'exchange', 'chunk')),
    part: maybe(fc.constantFrom('body', 'head')),
    match: maybe(
      fc.oneof(
        fc.record({ client: fc.constantFrom(['10.0.0.0/8'], ['::1']) }),
        fc.record({ path: text.map((part) => `/${part}`), method: fc.constantFrom('GET', ['GET', 'POST']) }),
        fc.record({ headers: fc.dictionary(fc.constantFrom('x-a', 'x-b'), text) }),
        fc.record({ status: fc.constantFrom('5xx', [200, 404]) }),
      ),
    ),
    count: maybe(fc.record({ skip: fc.nat(10), every: fc.integer({ min: 1, max: 9 }) })),
    sticky_by: maybe(fc.constantFrom('session', 'client', 'header:x')),
    existing: maybe(fc.constantFrom('apply', 'skip', 'reset')),
    on_remove: maybe(fc.constantFrom('release', 'drop', 'reset')),
    schedule: maybe(
      fc.constantFrom({ start: '5s', duration: '1m' }, { every: '1h', for: '5m' }, { after: '5s', for: '10s' }),
    ),
    ramp: maybe(
      fc.constantFrom(
        { probability: { from: 0, to: 1, over: '1m' } },
        { latency: { from: 0, to: '1s', over: '5s' } },
        { rate: { from: '1MB', to: '1kB', over: '5s' } },
      ),
    ),
    limits: maybe(
      fc.record({
        max_active: maybe(fc.integer({ min: 1, max: 99 })),
        max_share: maybe(fc.constantFrom('5%', 0.5)),
        max_added_delay: maybe(fc.constant('5s')),
        max_injections: maybe(fc.constant(7)),
      }),
    ),
    shadow: maybe(fc.boolean()),
  },
  { requiredKeys: [] },
)

const fault = fc
  .constantFrom(...FAULTS)
  .chain((definition) =>
    fc
      .record({ params: arbitraryParams(definition), common, name: maybe(name) })
      .map(({ params, common: more, name: called }) => ({ type: definition.type, name: called, params, more })),
  )

/** Without what every record has of its own. */
const bare = ({ plan }: FaultRecord) => ({ ...plan, owner: '', revision: 0, draw: 0, epoch: 0 })
const bareProxy = ({
  name: called,
  listen,
  upstream,
  enabled,
  protocol,
  http,
  tls,
  proxyProtocol,
  faults,
}: ProxyRecord) => ({
  called,
  listen,
  upstream,
  enabled,
  protocol,
  http,
  tls,
  proxyProtocol,
  faults: faults.map(bare),
})

test('what is exported makes the same again, whatever runs', { timeout: 60_000 }, async () => {
  const { cert, key } = (await testCertificates()).one
  let made = 0
  let changed = 0
  const proxy = fc.record({
    name,
    protocol: fc.constantFrom('tcp', 'http'),
    http: maybe(
      fc.constantFrom(
        { tell: true },
        { host: 'upstream', max_headers: 50 },
        { forwarded_for: true, header_faults: true, lenient: true },
      ),
    ),
    tls: maybe(
      fc.constantFrom(
        { listen: { cert, key } },
        { listen: { cert, key, alpn: ['h2'] } },
        { upstream: {} },
        { peek: true },
      ),
    ),
    proxy_protocol: maybe(fc.constantFrom({ accept: true }, { send: 1 }, { send: 2 }, { send: 'v2' })),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.array(proxy, { minLength: 1, maxLength: 2 }),
      fc.array(fault, { maxLength: 12 }),
      async (proxies, faults) => {
        await using rig = new ProfileRig()
        for (const each of proxies)
          await tried(() => rig.control.addProxy({ ...each, listen: '127.0.0.1:0', upstream: '127.0.0.1:9' }))
        for (const { name: on } of rig.control.proxies()) {
          for (const { type, name: called, params, more } of faults) {
            const what = { type, name: called, ...params }
            if (!(await tried(() => rig.control.addFault(on, what)))) continue
            made++
            const fault = rig.control.proxy(on).faults.at(-1)?.plan.name ?? ''
            // Each field by itself: most of them do not go together. A door that is about to open again would still need its address.
            const fields = ['refuse', 'flap'].includes(type) ? [] : Object.entries(more)
            for (const [field, value] of fields) {
              if (await tried(() => rig.control.updateFault(on, fault, { [field]: value }))) changed++
            }
          }
        }
        const before = rig.control.proxies()
        const exported = await yamlInPieces(rig.profiles.export(true))
        for (const { name: each } of before) await rig.control.deleteProxy(each)
        await rig.profiles.put('again', exported)
        // Ports that were let go of may be somebody else's by now, on a busy machine: that says nothing of the text.
        await rig.profiles.activate('again').catch((error: unknown) => {
          fc.pre(!(error instanceof FoulweatherError && error.code === 'listen_failed'))
          throw error
        })
        expect(rig.control.proxies().map(bareProxy)).toEqual(before.map(bareProxy))
        expect(await rig.profiles.diff('again')).toEqual([])
      },
    ),
    { numRuns: 100 },
  )
  expect(Math.min(made, changed)).toBeGreaterThan(50)
})

test('a proxy that is called as a merge key is written so that it can be read', async () => {
  await using rig = new ProfileRig()
  for (const name of ['<<', 'p']) await rig.control.addProxy({ name, listen: '127.0.0.1:0', upstream: '127.0.0.1:9' })
  for (const name of ['p', '<<']) await rig.control.addFault(name, { name: '<<', type: 'noop' })
  const text = await yamlInPieces(rig.profiles.export(true))
  for (const name of ['<<', 'p']) await rig.control.deleteProxy(name)
  await rig.profiles.put('again', text)
  await rig.profiles.activate('again')
  expect(rig.inForce).toEqual(['<<: <<', 'p: <<'])
})

/** What is refused makes no difference. */
async function tried(change: () => Promise<unknown>): Promise<boolean> {
  try {
    await change()
    return true
  } catch (error) {
    if (error instanceof FoulweatherError) return false
    throw error
  }
}
