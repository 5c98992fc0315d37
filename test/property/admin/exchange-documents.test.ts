import { isDeepStrictEqual } from 'node:util'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { AdminRig } from '../../support/admin-rig.ts'

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

const COMMON = {
  probability: 0.5,
  match: {
    method: ['GET', 'POST'],
    path: ['/api/*', '/^.a+$/i'],
    host: '*.example.com',
    query: { q: '*', 'a.b': null },
    headers: { 'X-User': '/^u/', accept: null },
    client: ['10.0.0.0/8', '::1'],
  },
  exclude: { path: '/health', headers: { 'x-skip': '*' } },
  count: { skip: 1, first: 5, every: 2, max: 3 },
  sticky_by: 'header:X-User',
  limits: { max_active: 4, max_injections: 9 },
  schedule: { after: '1s', for: '1s', every: '5s' },
  ttl: '1h',
}
const OUTCOMES = [{ weight: 1, pass: true }, { weight: 2 }]

/** Each is taken as it is. */
const FAULTS: readonly Json[] = [
  {
    type: 'http_error',
    status: [500, 503],
    headers: { 'X-A': 'b' },
    body: 'no',
    retry_after: '3s',
    outcomes: OUTCOMES,
  },
  { type: 'http_error', status: { '500': 1, '429': 2 }, body_base64: 'AAAA', forward: 'before_answer' },
  { type: 'http_latency', phase: 'body', latency: '5ms', jitter: 1, distribution: 'normal', outcomes: OUTCOMES },
  {
    type: 'http_headers',
    request: { set: { Host: 'x' }, remove: ['A'], rename: { B: 'C' } },
    response: { append: { D: 'e' } },
  },
  { type: 'http_body', regex: { pattern: 'a+', replace: 'b' } },
  { type: 'http_body', merge_patch: { a: { b: null } }, phase: 'request' },
  { type: 'http_truncate', at: '30%' },
  { type: 'http_stall', at: 'body', after: 10, for: '1s' },
  { type: 'latency', part: 'body', latency: 5 },
]

const PROXIES: readonly Json[] = [
  {
    upstream: 'https://a.test:444',
    http: { lenient: true, host: 'upstream', forwarded_for: true, header_faults: true, tell: true, max_head: '32KiB' },
    tls: { upstream: { servername: 'b.test', verify: false, alpn: ['http/1.1'] } },
  },
  { upstream: 'u:1', protocol: 'http', tls: { peek: true }, proxy_protocol: { accept: true, send: 'v2' } },
]

const odd: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(
    null,
    true,
    -1,
    0,
    1.5,
    1e300,
    '',
    [],
    {},
    '/(/',
    '/a{1000}{1000}/',
    '\0',
    'a\r\nb: c',
    '__proto__',
  ),
  fc.constantFrom<Json>(
    'x'.repeat(300_000),
    '/'.repeat(100_000),
    '*'.repeat(2000),
    '\ud800',
    '(set)',
    'header:',
    '999-100',
  ),
  fc.constantFrom<Json>(
    [[[[[[]]]]]],
    Array.from({ length: 5000 }, () => '*'),
    { constructor: { prototype: { a: 1 } } },
  ),
  fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value)) as Json),
)
const ODD_NAMES = [
  '__proto__',
  'constructor',
  'toString',
  '',
  'a\nb',
  '\ud800',
  'x'.repeat(5000),
  'cert',
  'body_file',
  'key_file',
]

/** `document` with something else at one place of it, or with a field more there. */
function mutated(document: Json, path: readonly number[], value: Json, name: string | undefined): Json {
  const [first, ...rest] = path
  if (typeof document !== 'object' || document === null || first === undefined) return value
  if (Array.isArray(document)) {
    const items = document as readonly Json[]
    const at = first % (items.length + 1)
    return [...items.slice(0, at), mutated(items[at] ?? null, rest, value, name), ...items.slice(at + 1)]
  }
  const entries = Object.entries(document)
  const at = first % (entries.length + 1)
  const [[key, old] = [name ?? 'x', null]] = entries.slice(at)
  const wanted = at < entries.length && name !== undefined && rest.length === 0 ? name : key
  const changed = new Map([...entries, [wanted, mutated(old, rest, value, name)]])
  return Object.fromEntries(changed)
}

const change = fc.record({
  path: fc.array(fc.nat(20), { minLength: 1, maxLength: 4 }),
  value: odd,
  name: fc.option(fc.constantFrom(...ODD_NAMES), { nil: undefined }),
})

/** What becomes of a document; `taken`, or what is wrong with how it is refused. */
async function outcome(rig: AdminRig, method: string, url: string, document: Json): Promise<string> {
  const before = rig.control.proxies()
  const { status, body, headers } = await rig.ask(method, url, JSON.stringify(document))
  if (status === 200 || status === 201) {
    return await givenBack(rig, method === 'POST' ? String(headers['location']) : url, method === 'POST')
  }
  const { code, field, detail } = JSON.parse(body) as Record<string, unknown>
  const named = typeof detail === 'string' && (code === 'bad_request_body' || typeof field === 'string')
  const asBefore = isDeepStrictEqual(rig.control.proxies(), before)
  const good = (status === 400 || status === 409) && named && asBefore && body.length < 20_000
  return good ? 'refused' : `${status} ${asBefore ? '' : 'changed'} ${body.slice(0, 1000)}`
}

/** What is shown can be given back, and nothing changes but the revision. */
async function givenBack(rig: AdminRig, path: string, isNew: boolean): Promise<string> {
  const shown = (await rig.ask('GET', path)).body
  const { status, body } = await rig.ask('PATCH', path, shown)
  const same = status === 200 && isDeepStrictEqual(unstamped(body), unstamped(shown))
  const gone = isNew ? (await rig.ask('DELETE', path)).status : 204
  return same && gone === 204 ? 'taken' : `${status} ${gone} ${shown.slice(0, 1000)} ${body.slice(0, 1000)}`
}

function unstamped(body: string): unknown {
  const {
    revision: _revision,
    expires: _expires,
    ttl_remaining: _left,
    ...rest
  } = JSON.parse(body) as Record<string, unknown>
  return rest
}

/** The same with a `ttl` that is not over before it has been looked at. */
function lasting(document: Json): Json {
  if (typeof document !== 'object' || document === null || !('ttl' in document)) return document
  const { ttl } = document
  return typeof ttl === 'number' && ttl > 0 && ttl < 60_000 ? Object.assign({}, document, { ttl: 60_000 }) : document
}

const whole = (proxy: Json) => ({ name: 'p', ...(proxy as object), enabled: false }) as Json

async function rigWithProxy(): Promise<AdminRig> {
  const rig = new AdminRig()
  await rig.control.addProxy({ name: 'a', upstream: 'u:1', enabled: false, protocol: 'http' })
  return rig
}

test(
  'a fault on exchanges with a mistake anywhere is refused with the name of a field',
  { timeout: 60_000 },
  async () => {
    await using rig = await rigWithProxy()
    for (const fault of FAULTS) {
      expect(await outcome(rig, 'POST', '/v1/proxies/a/faults', { ...COMMON, ...(fault as object) })).toBe('taken')
    }
    await rig.control.addFault('a', { name: 'f', ...COMMON, type: 'http_error', status: 500 })
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...FAULTS),
        change,
        fc.boolean(),
        async (fault, { path, value, name }, patch) => {
          const document = lasting(mutated({ ...COMMON, ...(fault as object) }, path, value, name))
          const [method, url] = patch ? ['PATCH', '/v1/proxies/a/faults/f'] : ['POST', '/v1/proxies/a/faults']
          expect(await outcome(rig, method, url, document)).toMatch(/^(?:taken|refused)$/)
        },
      ),
      { numRuns: 600 },
    )
  },
)

test('so is a proxy', { timeout: 60_000 }, async () => {
  await using rig = await rigWithProxy()
  for (const proxy of PROXIES) expect(await outcome(rig, 'POST', '/v1/proxies', whole(proxy))).toBe('taken')
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...PROXIES), change, async (proxy, { path, value, name }) => {
      const document = mutated(proxy, path, value, name)
      const wanted = typeof document === 'object' ? whole(document) : document
      expect(await outcome(rig, 'POST', '/v1/proxies', wanted)).toMatch(/^(?:taken|refused)$/)
    }),
    { numRuns: 600 },
  )
})
