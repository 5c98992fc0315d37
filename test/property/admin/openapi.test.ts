import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { ERRORS } from '../../../src/core/errors.ts'
import { FAULTS } from '../../../src/faults/index.ts'
import { Contract, ContractRig, pathOf, type Answered, type Described } from '../../support/api-contract.ts'
import { SEEDS } from '../../support/api-seeds.ts'

/** Texts that have broken something somewhere. None of them is a name that would be looked up. */
const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 2, stringUnit: 'binary' }),
  fc.constantFrom<unknown>(
    '__proto__',
    'constructor',
    '',
    '*',
    '/(a+)+$/',
    '${env:HOME}',
    '${x}',
    '250ms',
    '-1s',
    '1e400h',
    '30%',
    'both',
    'http',
    'http_error',
    'unix:/nowhere/at/all',
    ':0',
    '\u0000',
    '\uD800',
    '\u2028',
    'x'.repeat(5000),
    -1,
    -0,
    1.5,
    1e300,
    2 ** 53,
    true,
    null,
    [],
    {},
    [[]],
  ),
)
const WORDS =
  'name type listen upstream protocol tls http match ttl lease limits ramp on faults proxies vars extends active attributes stream toxicity outcomes schedule __proto__ constructor toString nonsense '
const key = fc.constantFrom(...WORDS.split(' '))

/** Something that is valid, with a few things in it that are not. */
function mutated(value: unknown): fc.Arbitrary<unknown> {
  const change = fc.record({ at: fc.nat(50), what: fc.constantFrom('put', 'remove', 'add', 'wrap'), key, odd })
  return fc.array(change, { maxLength: 3 }).map((changes) => changes.reduce<unknown>(applied, value))
}

interface Change {
  readonly at: number
  readonly what: string
  readonly key: string
  readonly odd: unknown
}

function applied(value: unknown, { at, what, key, odd }: Change): unknown {
  if (what === 'wrap') return [value]
  if (Array.isArray(value)) return value.map((each: unknown) => applied(each, { at, what, key, odd }))
  if (typeof value !== 'object' || value === null) return odd
  const entries = Object.entries(value)
  if (what === 'add') return Object.fromEntries([...entries, [key, odd]])
  const chosen = entries.length === 0 ? -1 : at % entries.length
  if (what === 'remove') return Object.fromEntries(entries.filter((_, index) => index !== chosen))
  return Object.fromEntries(
    entries.map(([name, each], index) => {
      if (index !== chosen) return [name, each]
      return [name, at % 2 === 0 && typeof each === 'object' ? applied(each, { at: at >> 1, what, key, odd }) : odd]
    }),
  )
}

const bytes = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }).map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 100 }).map((raw) => Buffer.from(raw)),
)

/** The bodies that the document shows, all choices that it names among them. */
function bodiesOf(contract: Contract, described: Described): readonly unknown[] {
  const example = contract.exampleBody(described)
  if (example === undefined) return []
  const seed = SEEDS.operations[described.operation.operationId]?.body
  const isFault = described.operation.operationId === 'addFault'
  const faults = isFault ? FAULTS.map(({ type, example }) => Object.assign({ type }, example)) : []
  return [example, ...(seed === undefined ? [] : [seed]), ...faults]
}

function bodyOf(contract: Contract, described: Described): fc.Arbitrary<Buffer | undefined> {
  const bodies = bodiesOf(contract, described)
  if (bodies.length === 0) return fc.option(bytes, { nil: undefined, freq: 8 })
  const json = fc.constantFrom(...bodies).chain(mutated)
  return fc.oneof(
    { weight: 8, arbitrary: json.map((value) => Buffer.from(JSON.stringify(value) ?? '')) },
    { weight: 1, arbitrary: bytes },
    { weight: 1, arbitrary: fc.json({ stringUnit: 'binary' }).map((text) => Buffer.from(text)) },
  )
}

/** What a path may hold: `.`, `..` and nothing at all are no names in a path. */
const nameInPath = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 40 })
  .filter((text) => text.isWellFormed() && text !== '.' && text !== '..')

const headerText = fc.string({
  unit: fc
    .integer({ min: 0x20, max: 0xff })
    .filter((code) => code !== 0x7f)
    .map((code) => String.fromCharCode(code)),
  maxLength: 60,
})
const tags = fc.constantFrom('*', '"1"', '"2"', 'W/"1"', '"1", "2"', '1', '"01"', ',', '"x"', '""')
const headers = fc.record(
  {
    'if-match': fc.oneof(tags, headerText),
    'if-none-match': fc.oneof(tags, headerText),
    'x-foulweather-reason': fc.oneof(headerText, fc.constantFrom('a\tb', 'y'.repeat(501), 'game day')),
    'content-type': fc.constantFrom(
      'application/json',
      'application/yaml',
      'text/plain',
      'nonsense',
      'multipart/form-data',
    ),
    accept: fc.constantFrom('application/json', 'application/yaml', '*/*', 'nonsense', ''),
    authorization: fc.constantFrom('Bearer x', 'Basic eDp5', 'nonsense'),
    'last-event-id': headerText,
    'user-agent': fc.constantFrom('Mozilla/5.0', 'x'),
  },
  { requiredKeys: [] },
)

function queryOf({ operation }: Described, contract: Contract): fc.Arbitrary<string> {
  const known = (operation.parameters ?? []).filter((each) => each.in === 'query')
  const fields = known.map(({ name, schema }) => {
    const words = Array.isArray(schema['enum']) ? schema['enum'].map(String) : [String(contract.example(schema))]
    const value = fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...words) },
      nameInPath,
      fc.constantFrom('', '0', '-1', '99999', 'NaN'),
    )
    return fc.tuple(fc.constant(name), value)
  })
  const unknown = fc.tuple(fc.constantFrom('nonsense', '__proto__', 'proxy', 'limit'), nameInPath)
  const field = fields.length === 0 ? unknown : fc.oneof({ weight: 5, arbitrary: fc.oneof(...fields) }, unknown)
  const pairs = fc.array(field, { maxLength: 3 })
  return pairs.map((given) =>
    given.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&'),
  )
}

function callOf(contract: Contract, described: Described) {
  const names = [...described.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
  const seed = SEEDS.operations[described.operation.operationId] ?? {}
  const known = { id: '1', ...SEEDS.parameters, ...seed.parameters }
  const parameters = fc.record(
    Object.fromEntries(
      names.map((name) => [
        name,
        fc.oneof(
          { weight: 4, arbitrary: fc.constant(Object.entries(known).find(([each]) => each === name)?.[1] ?? 'x') },
          nameInPath,
        ),
      ]),
    ),
  )
  return fc
    .record({
      parameters,
      query: fc.oneof({ weight: 2, arbitrary: fc.constant('') }, queryOf(described, contract)),
      headers: fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, headers),
      body: bodyOf(contract, described),
    })
    .map(({ parameters, query, headers, body }) => ({
      described,
      call: {
        method: described.method,
        path: `${pathOf(described.path, parameters)}${query === '' ? '' : `?${query}`}`,
        headers,
        ...(body === undefined ? {} : { body }),
      },
    }))
}

/** Why an answer is none that anybody should be given. */
function complaint(contract: Contract, described: Described, answered: Answered): string | undefined {
  const { status, type, text } = answered
  const isToxiproxy = described.operation.tags.includes('Toxiproxy') || described.operation.operationId === 'getMetrics'
  // A browser that may not call Toxiproxy's routes is told so in a line of text.
  if (isToxiproxy && status === 403 && text === 'User agent not allowed\n') return undefined
  const mismatch = contract.mismatch(described, answered)
  if (mismatch !== undefined || status < 400) return mismatch
  if (isToxiproxy) {
    const { error, status: told } = JSON.parse(text) as Record<string, unknown>
    return typeof error === 'string' && error !== '' && told === status ? undefined : `no error of Toxiproxy: ${text}`
  }
  const { code, field, expected, problems } = JSON.parse(text) as Record<string, unknown>
  if (type !== 'application/problem+json' || typeof code !== 'string' || !Object.hasOwn(ERRORS, code))
    return `no problem: ${text}`
  // The kernel, and nobody's request, says that an address cannot be listened on.
  if (status >= 500 && code !== 'listen_failed') return `a mistake of ours: ${text}`
  const named = typeof field === 'string' || typeof expected === 'string' || Array.isArray(problems)
  return status !== 400 || named ? undefined : `nothing is named: ${text}`
}

const RUNS = 3500

test(`${RUNS} calls made of the document are answered as it says, and none by a mistake of ours`, async () => {
  await using rig = await ContractRig.start()
  const contract = await Contract.of(rig)
  const statuses = new Map<string, Set<number>>()
  const call = fc.constantFrom(...contract.operations).chain((described) => callOf(contract, described))
  await fc.assert(
    fc.asyncProperty(call, async ({ described, call }) => {
      const answered = await rig.ask(call)
      expect(complaint(contract, described, answered)).toBeUndefined()
      const { operationId } = described.operation
      statuses.set(operationId, (statuses.get(operationId) ?? new Set()).add(answered.status))
      if (described.method !== 'get') await tidy(rig)
    }),
    { seed: 20_260_101, numRuns: RUNS },
  )
  expect((await rig.ask({ method: 'GET', path: '/healthz' })).text).toBe('{"status":"ok"}')
  // It would show nothing if nothing got through, or if some operation was never called.
  const succeeded = contract.operations.filter(({ operation }) =>
    [...(statuses.get(operation.operationId) ?? [])].some((status) => status < 300),
  )
  expect(statuses.size).toBe(contract.operations.length)
  expect(succeeded.length).toBeGreaterThan(contract.operations.length * 0.9)
}, 180_000)

/** What the calls need, without what earlier ones have left behind: a proxy has so many faults at most, and listeners cost descriptors. */
async function tidy(rig: ContractRig): Promise<void> {
  const { control } = rig.server
  for (const { name } of control.proxies())
    if (name !== 'web' && control.proxies().length > 20) await control.deleteProxy(name)
  const faults = control.proxies().find(({ name }) => name === 'web')?.faults ?? []
  if (faults.length > 30) await control.deleteProxy('web')
  await rig.fill()
}
