import { readdirSync, readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { type JsonAnswer, ProfileAdminRig } from '../../support/profile-admin-rig.ts'

/** What is shipped, without its comments, in which nothing could go wrong, and with ports of its own. */
const SHIPPED = readdirSync('profiles')
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => readFileSync(`profiles/${name}`, 'utf8'))
  .map((text) => text.replaceAll(/^ *#.*\n/gm, '').replaceAll(/^( *listen.*127\.0\.0\.1:)\d+/gm, '$10'))

const FRAGMENTS =
  ': |- |{|}|[|]|, |"|\'|#|&a |*a|!!str |!x |>-|? |<<: *a|--- |${|}|${delay}|$${|${env:HOME}|${env:|__proto__: 1|constructor: 1|null|~|.inf|-0|0x10|1e999|true|on: |faults: |extends: x|é|😀|\u2028|\u0085|\u0000|\ufeff|\t|\r|  |\n|\n  '.split(
    '|',
  )

const share = fc.double({ min: 0, max: 0.999, noNaN: true })
const edit = fc.record({
  how: fc.constantFrom('edit', 'edit', 'edit', 'drop', 'double', 'swap'),
  line: share,
  at: share,
  length: fc.integer({ min: 0, max: 8 }),
  put: fc.oneof(fc.constantFrom(...FRAGMENTS), fc.string({ maxLength: 3, unit: 'binary' }), fc.constant('')),
})

interface Edit {
  readonly how: string
  readonly line: number
  readonly at: number
  readonly length: number
  readonly put: string
}

/** Where to listen stays: a name there would be looked up, and what is no test's business would be listened on. */
function edited(text: string, { how, line, at, length, put }: Edit): string {
  const lines = text.split('\n')
  const index = Math.floor(line * lines.length)
  const chosen = lines[index] ?? ''
  if (how === 'drop') return lines.toSpliced(index, 1).join('\n')
  if (how === 'double') return lines.toSpliced(index, 0, chosen).join('\n')
  const other = Math.floor(at * lines.length)
  if (how === 'swap')
    return lines
      .with(index, lines[other] ?? '')
      .with(other, chosen)
      .join('\n')
  if (chosen.includes('listen')) return text
  const from = Math.floor(at * chosen.length)
  return lines.with(index, chosen.slice(0, from) + put + chosen.slice(from + length)).join('\n')
}

const texts = fc
  .tuple(fc.constantFrom(...SHIPPED), fc.array(edit, { minLength: 1, maxLength: 5 }))
  .map(([text, edits]) => edits.reduce(edited, text))

/** Nothing that would be looked up, or listened on. */
const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 2, stringUnit: 'binary' }).filter((value) => typeof value !== 'string'),
  fc.constantFrom<unknown>('', '${', '${x}', '${env:HOME}', '5s', '-1s', '1e400h', '30%', '__proto__', '\ud800'),
  fc.constantFrom<unknown>('127.0.0.1:0', 'x'.repeat(5000), -1, -0, 1.5, 1e300, 2 ** 53, true, null, [], {}, [[]]),
)
const KEYS =
  'description active extends vars proxies faults ttl lease limits labels on type name match schedule ramp outcomes latency profile document http tls max_share __proto__ constructor toString nonsense '
const key = fc.constantFrom(...KEYS.split(' '))

interface Change {
  readonly path: readonly number[]
  readonly how: string
  readonly key: string
  readonly value: unknown
}

const change: fc.Arbitrary<Change> = fc.record({
  path: fc.array(fc.nat(20), { maxLength: 4 }),
  how: fc.constantFrom('put', 'put', 'remove', 'add', 'wrap'),
  key,
  value: odd,
})

function changed(value: unknown, { path, how, key, value: put }: Change): unknown {
  const [step, ...rest] = path
  if (typeof value !== 'object' || value === null) return how === 'wrap' ? [value] : put
  const entries: readonly (readonly [string, unknown])[] = Object.entries(value)
  const index = entries.length === 0 ? -1 : (step ?? 0) % entries.length
  const inside = step !== undefined && rest.length > 0
  const kept = entries.flatMap(([name, each], at): readonly (readonly [string, unknown])[] => {
    if (at !== index) return [[name, each]]
    if (inside) return [[name, changed(each, { path: rest, how, key, value: put })]]
    if (how === 'remove') return []
    return [[name, how === 'put' ? put : how === 'wrap' ? [each] : each]]
  })
  if (Array.isArray(value)) return kept.map(([, each]) => each)
  return Object.fromEntries(!inside && how === 'add' ? [...kept, [key, put]] : kept)
}

const DOCUMENTS = SHIPPED.map((text): unknown => parse(text))

function mutated(values: readonly unknown[]): fc.Arbitrary<string> {
  return fc
    .tuple(fc.constantFrom(...values), fc.array(change, { minLength: 1, maxLength: 4 }))
    .map(([value, changes]) => JSON.stringify(changes.reduce<unknown>(changed, value)) ?? '')
}

/** What nobody should be answered; `undefined` = nothing of the kind. */
function complaint({ status, body, text }: JsonAnswer): string | undefined {
  if (status >= 500 && body['code'] !== 'listen_failed') return `a mistake of ours: ${text}`
  const problems = listOf(body['problems'])
  const unplaced = problems.find((each) => !hasPlace(each) && typeof each['field'] !== 'string')
  if (unplaced !== undefined) return `a problem without a place: ${JSON.stringify(unplaced)}`
  if (body['code'] === 'invalid_profile' && !problems.every(hasPlace)) return `no line and column: ${text}`
  if (status !== 400) return undefined
  return hasPlace(body) || typeof body['field'] === 'string' ? undefined : `nothing is named: ${text}`
}

function hasPlace({ line, column }: Readonly<Record<string, unknown>>): boolean {
  return typeof line === 'number' && typeof column === 'number' && line >= 1 && column >= 1
}

function listOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.map((each: object) => ({ ...each })) : []
}

/** Sends what each case says, and answers how often each status came. */
async function sendAll<Case>(
  cases: fc.Arbitrary<Case>,
  numRuns: number,
  send: (rig: ProfileAdminRig, each: Case) => AsyncIterable<JsonAnswer>,
): Promise<ReadonlyMap<number, number>> {
  await using rig = new ProfileAdminRig({ env: {} })
  const statuses = new Map<number, number>()
  await fc.assert(
    fc.asyncProperty(cases, async (each) => {
      for await (const answer of send(rig, each)) {
        expect(complaint(answer)).toBeUndefined()
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
      }
      await tidy(rig)
    }),
    { seed: 20_260_102, numRuns },
  )
  expect((await rig.ask('GET', '/healthz')).text).toBe('{"status":"ok"}')
  return statuses
}

/** Each case begins where the first one did: nothing runs, and no profile is there. */
async function tidy({ control }: ProfileAdminRig): Promise<void> {
  for (const { name } of control.profiles.list()) await control.profiles.remove(name)
  for (const { name } of control.proxies()) await control.deleteProxy(name)
}

async function* throughEveryRoute(rig: ProfileAdminRig, text: string): AsyncGenerator<JsonAnswer> {
  const checked = await rig.ask('POST', '/v1/validate', text)
  yield checked
  const compared = await rig.ask('POST', '/v1/diff?profile=x', text, { 'content-type': 'application/yaml' })
  yield compared
  yield await rig.ask('POST', '/v1/diff', { profile: 'x', document: text })
  const put = await rig.ask('PUT', '/v1/profiles/x', text)
  yield put
  // Nothing at all is the one thing that is no document.
  expect(checked.status).toBe(text === '' ? 400 : 200)
  if (put.status !== 201) return
  const activated = await rig.ask('POST', '/v1/profiles/x/activate')
  yield activated
  // What is said to be right can be put in force, unless the kernel is against it; what is not cannot.
  expect([200, 500].includes(activated.status)).toBe(checked.body['valid'])
  expect(compared.status === 200).toBe(checked.body['valid'])
}

const YAML_RUNS = 2200
const JSON_RUNS = 1200
const BODY_RUNS = 1800

test(`${YAML_RUNS} shipped profiles with something done to their text`, async () => {
  const statuses = await sendAll(texts, YAML_RUNS, throughEveryRoute)
  // It would show nothing if all of them were right, or none.
  expect(statuses.get(201)).toBeGreaterThan(YAML_RUNS / 20)
  expect(statuses.get(400)).toBeGreaterThan(YAML_RUNS / 4)
}, 240_000)

test(`${JSON_RUNS} shipped profiles with something done to their values`, async () => {
  const statuses = await sendAll(mutated(DOCUMENTS), JSON_RUNS, throughEveryRoute)
  expect(statuses.get(201)).toBeGreaterThan(JSON_RUNS / 20)
  expect(statuses.get(400)).toBeGreaterThan(JSON_RUNS / 4)
}, 240_000)

test(`${BODY_RUNS} bodies that are about profiles`, async () => {
  const vars = { delay: '1s', share: 0.5, count: 3 }
  const good = JSON.stringify({ vars, faults: [{ on: 'p', type: 'latency', latency: '${delay}' }] })
  const json = mutated([
    { ttl: '10m', lease: '30s', vars },
    { vars: { delay: '2s' } },
    { profile: 'x', vars: { delay: '2s' } },
    { profile: 'x', document: { faults: [{ on: 'p', type: 'noop' }] } },
    { profile: 'y', document: 'faults: [{on: p, type: noop}]' },
  ])
  const bytes = fc.oneof(
    { weight: 6, arbitrary: json.map((text) => Buffer.from(text)) },
    { weight: 1, arbitrary: fc.json({ stringUnit: 'binary' }).map((text) => Buffer.from(text)) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }).map((raw) => Buffer.from(raw)) },
  )
  const routes = fc.constantFrom('activate', 'deactivate', 'renew', 'diff', 'validate')
  const statuses = await sendAll(fc.tuple(routes, bytes), BODY_RUNS, async function* (rig, [route, payload]) {
    await rig.control.createProxy({ name: 'p', listen: '127.0.0.1:9', upstream: 'u:1', enabled: false })
    yield await rig.ask('PUT', '/v1/profiles/x', good)
    const url = route === 'diff' || route === 'validate' ? `/v1/${route}` : `/v1/profiles/x/${route}`
    yield await rig.ask('POST', url, payload)
  })
  expect(statuses.get(200)).toBeGreaterThan(BODY_RUNS / 20)
  expect(statuses.get(400)).toBeGreaterThan(BODY_RUNS / 4)
}, 120_000)
