import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { createAdminServer } from '../../../src/admin/server.ts'
import { ControlPlane } from '../../../src/control/control-plane.ts'
import { commonFields } from '../../../src/faults/common-fields.ts'
import { FAULTS } from '../../../src/faults/index.ts'
import { AdminRig, echoedClient, echoServer } from '../../support/admin-rig.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { testCertificates } from '../../support/test-certificates.ts'
import { eventually } from '../../support/wait.ts'

let certificates: Awaited<ReturnType<typeof testCertificates>>
beforeAll(async () => {
  certificates = await testCertificates()
})

let rig: AdminRig
beforeEach(async () => {
  rig = new AdminRig()
  // One that takes faults of every kind.
  const settings = { protocol: 'http', tls: { listen: certificates.one } }
  await rig.control.addProxy({ name: 'a', upstream: '127.0.0.1:9', enabled: false, ...settings })
})
afterEach(async () => {
  rig.control.close()
  await rig[Symbol.asyncDispose]()
})

type Json = Record<string, unknown>
type JsonSchema = Parameters<typeof z.fromJSONSchema>[0]

async function ask(method: string, url: string, body?: unknown) {
  const answer = await rig.ask(method, url, body === undefined ? undefined : JSON.stringify(body))
  const json: Json = answer.body === '' ? {} : (JSON.parse(answer.body) as Json)
  return { status: answer.status, type: answer.headers['content-type'], headers: answer.headers, body: json }
}

const FAULTS_OF_A = '/v1/proxies/a/faults'

describe('a fault', () => {
  test('is added, with where it is and everything that is in force', async () => {
    const answer = await ask('POST', FAULTS_OF_A, {
      type: 'latency',
      latency: '250ms',
      jitter: '5ms',
      probability: '30%',
    })
    expect(answer).toMatchObject({ status: 201, headers: { location: '/v1/proxies/a/faults/latency_downstream' } })
    expect(answer.body).toMatchObject({
      latency: 250,
      jitter: 5,
      name: 'latency_downstream',
      type: 'latency',
      direction: 'downstream',
      probability: 0.3,
      per: 'session',
      existing: 'apply',
      on_remove: 'release',
      owner: 'api',
      created: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
      revision: expect.any(Number) as number,
      toxic: true,
      warnings: [],
      state: 'working',
      counters: { seen: 0, selected: 0, active: 0, applied: 0, skipped: {} },
    })
    for (const absent of ['ttl', 'expires', 'ttl_remaining', 'match', 'schedule', 'ramp', 'limits']) {
      expect(answer.body).not.toHaveProperty(absent)
    }
    expect((await ask('GET', '/v1/proxies/a/faults/latency_downstream')).body).toEqual(answer.body)
  })

  test('is listed with the others of its proxy, in order, toxics and all', async () => {
    await ask('POST', FAULTS_OF_A, { type: 'noop', name: 'z' })
    await ask('POST', '/proxies/a/toxics', { type: 'noop', name: 't' })
    await ask('POST', FAULTS_OF_A, { type: 'refuse' })
    const { body } = await ask('GET', FAULTS_OF_A)
    expect(body).toMatchObject({
      total: 3,
      faults: [{ name: 'z' }, { name: 't', toxic: true }, { name: 'refuse', toxic: false }],
    })
  })

  test('that acts on the whole proxy has no fields of sessions', async () => {
    const { body } = await ask('POST', FAULTS_OF_A, { type: 'refuse' })
    for (const absent of ['direction', 'probability', 'per', 'existing', 'on_remove'])
      expect(body).not.toHaveProperty(absent)
  })

  test('is changed', async () => {
    await ask('POST', FAULTS_OF_A, { type: 'latency', name: 'x', latency: 5, schedule: { for: '1s' } })
    const answer = await ask('PATCH', `${FAULTS_OF_A}/x`, { latency: '1s', schedule: null })
    expect(answer).toMatchObject({ status: 200, body: { latency: 1000 } })
    expect(answer.body).not.toHaveProperty('schedule')
    expect((await ask('GET', `${FAULTS_OF_A}/x`)).body).toEqual(answer.body)
  })

  test('is removed', async () => {
    await ask('POST', FAULTS_OF_A, { type: 'noop', name: 'x' })
    expect(await ask('DELETE', `${FAULTS_OF_A}/x`)).toMatchObject({ status: 204, body: {} })
    expect(await ask('DELETE', `${FAULTS_OF_A}/x`)).toMatchObject({ status: 404, body: { code: 'fault_not_found' } })
  })

  test.each(['a/b', 'a b', 'é', '%', '?x=1#y', '__proto__', 'constructor', '\u{1F600}', '{fault}'])(
    'may be called %s',
    async (name) => {
      await rig.control.addProxy({ name, upstream: '127.0.0.1:9', enabled: false, protocol: 'http' })
      const all = `/v1/proxies/${encodeURIComponent(name)}/faults`
      const added = await ask('POST', all, { type: 'latency', name })
      const location = String(added.headers['location'])
      expect(location).toBe(`${all}/${encodeURIComponent(name)}`)
      expect((await ask('GET', location)).body).toMatchObject({ name, counters: { seen: 0 } })
      expect((await ask('PATCH', location, { latency: 1 })).body).toMatchObject({ name, latency: 1 })
      expect((await ask('DELETE', location)).status).toBe(204)
      expect((await ask('GET', all)).body).toEqual({ total: 0, faults: [] })
    },
  )

  test('who asks goes into the event', async () => {
    await ask('POST', FAULTS_OF_A, { type: 'noop', name: 'x' })
    await ask('PATCH', `${FAULTS_OF_A}/x`, {})
    await ask('DELETE', `${FAULTS_OF_A}/x`)
    const actor = expect.stringMatching(/^127\.0\.0\.1:/) as string
    expect(rig.changes.slice(1)).toMatchObject([
      { action: 'fault-added', actor },
      { action: 'fault-updated', actor },
      { action: 'fault-removed', actor },
    ])
  })
})

test('what is read can be sent, to the same fault and to a new one', async () => {
  const full = {
    type: 'latency',
    name: 'full',
    ramp: { latency: { from: 1, to: '2s', over: '1m' }, probability: { from: 0, to: 1, over: '1m' } },
    match: { client: ['10.0.0.0/8'], session: { every: 2 } },
    schedule: { after: 0, for: '1h', every: '2h' },
    limits: { max_active: 3, max_injections: 9 },
    existing: 'reset',
    on_remove: 'reset',
    ttl: '1h',
  }
  const examples = FAULTS.map(({ type, example }): Json => Object.assign({ type, name: type }, example))
  for (const body of [full, ...examples]) {
    const { body: shown, status } = await ask('POST', FAULTS_OF_A, body)
    expect({ status, shown }).toMatchObject({ status: 201 })
    const path = `${FAULTS_OF_A}/${String(shown['name'])}`
    const running = Object.keys(shown).filter((field) => ['revision', 'expires', 'ttl_remaining'].includes(field))
    const same = { ...shown, ...Object.fromEntries(running.map((field) => [field, expect.anything() as unknown])) }
    expect((await ask('PATCH', path, shown)).body).toEqual(same)
    expect((await ask('DELETE', path)).status).toBe(204)
    expect((await ask('POST', FAULTS_OF_A, shown)).body).toEqual({ ...same, created: expect.any(String) as string })
    await ask('DELETE', path)
  }
})

describe('mistakes are problem documents', () => {
  beforeEach(async () => {
    await ask('POST', FAULTS_OF_A, { type: 'latency', name: 'x', latency: 5 })
  })

  test.each<[string, string, unknown, number, string, Json]>([
    ['POST', '/v1/proxies/nobody/faults', { type: 'noop' }, 404, 'proxy_not_found', {}],
    ['GET', '/v1/proxies/nobody/faults', undefined, 404, 'proxy_not_found', {}],
    ['GET', '/v1/proxies/nobody', undefined, 404, 'proxy_not_found', {}],
    ['GET', `${FAULTS_OF_A}/nobody`, undefined, 404, 'fault_not_found', {}],
    ['PATCH', `${FAULTS_OF_A}/nobody`, {}, 404, 'fault_not_found', {}],
    [
      'PATCH',
      `${FAULTS_OF_A}/x`,
      { type: 'noop' },
      400,
      'invalid_value',
      { field: 'type', value: 'noop', expected: '"latency"' },
    ],
    ['POST', FAULTS_OF_A, { type: 'noop', name: 'x' }, 409, 'fault_exists', { field: 'name', value: 'x' }],
    ['POST', FAULTS_OF_A, {}, 400, 'missing_field', { field: 'type' }],
    ['POST', FAULTS_OF_A, { type: 'rain' }, 400, 'invalid_fault_type', { field: 'type', value: 'rain' }],
    ['POST', FAULTS_OF_A, { type: 'latency', latency: [] }, 400, 'invalid_value', { field: 'latency', value: [] }],
    ['POST', FAULTS_OF_A, [], 400, 'bad_request_body', { expected: 'a JSON object' }],
    ['POST', FAULTS_OF_A, null, 400, 'bad_request_body', { detail: 'the body is null; expected a JSON object' }],
    [
      'PATCH',
      `${FAULTS_OF_A}/x`,
      'x',
      400,
      'bad_request_body',
      { detail: 'the body is a string; expected a JSON object' },
    ],
    ['PUT', FAULTS_OF_A, {}, 405, 'method_not_allowed', { expected: 'GET, POST' }],
    ['POST', `${FAULTS_OF_A}/x`, {}, 405, 'method_not_allowed', { expected: 'GET, PATCH, DELETE' }],
    ['PUT', '/v1/proxies', {}, 405, 'method_not_allowed', { expected: 'GET, POST' }],
    ['GET', `${FAULTS_OF_A}/`, undefined, 404, 'route_not_found', {}],
  ])('%s %s %j', async (method, url, body, status, code, fields) => {
    const answer = await ask(method, url, body)
    expect(answer).toMatchObject({ status, type: 'application/problem+json', body: { code, status, ...fields } })
  })

  test.each<[string, string | Buffer, string]>([
    ['nothing', '', 'the body is empty'],
    ['no JSON', '{type:noop}', 'the body is no JSON: '],
    ['half of it', '{"type":"noop"', 'the body is no JSON: '],
    ['more than one', '{"type":"noop"}{}', 'the body is no JSON: '],
    ['not UTF-8', Buffer.from('{"type":"noop","name":"\xff"}', 'latin1'), 'the body is not UTF-8'],
    [
      'very deep',
      `{"type":"latency","latency":${'['.repeat(200_000)}${']'.repeat(200_000)}}`,
      'the body is nested more than 64 deep',
    ],
    ['a deep object', `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`, 'the body is nested more than 64 deep'],
  ])('a body of %s', async (_, body, text) => {
    for (const [method, url] of [
      ['POST', FAULTS_OF_A],
      ['PATCH', `${FAULTS_OF_A}/x`],
    ] as const) {
      const { status, body: answer } = await rig.ask(method, url, body)
      expect(status).toBe(400)
      expect(JSON.parse(answer)).toMatchObject({
        code: 'bad_request_body',
        detail: expect.stringContaining(text) as string,
      })
    }
  })

  const long = 'x'.repeat(900_000)

  // Up to three times what was sent came back: as the field, as the value and in the text.
  test.each<[string, Json]>([
    ['a value', { type: 'latency', latency: long }],
    ['a list', { type: 'latency', latency: Array<number>(300_000).fill(1) }],
    ['a type', { type: long }],
    ['a parameter', { type: 'latency', [long]: 1 }],
    ['a part of a field', { type: 'latency', match: { [long]: 1 } }],
    ['a ramp', { type: 'latency', ramp: { [long]: { from: 1, to: 2, over: 3 } } }],
    ['networks', { type: 'latency', match: { client: Array<string>(50_000).fill('10.0.0.0/8') } }],
  ])('are short, however long %s is', async (_, body) => {
    const { status, body: text } = await rig.ask('POST', FAULTS_OF_A, JSON.stringify(body))
    expect(status).toBe(400)
    expect(text.length).toBeLessThan(20_000)
    expect(JSON.parse(text)).toMatchObject({ value: expect.stringContaining('…') as string })
  })

  test('repeat a value as it was sent, where it can be', async () => {
    for (const value of [[1, 'a'], { a: null }, 'x'.repeat(1000), -1, false]) {
      expect((await ask('POST', FAULTS_OF_A, { type: 'latency', latency: value })).body).toMatchObject({ value })
    }
    const infinite = await rig.ask('POST', FAULTS_OF_A, '{"type":"latency","latency":1e400}')
    expect(JSON.parse(infinite.body)).toMatchObject({ value: 'Infinity' })
  })

  // Strict readers (Rust's, for one) refuse a whole document for one of them.
  test.each([
    '{"type":"latency","latency":"\\ud800"}',
    '{"type":"latency","latency":["\\ud800"]}',
    '{"type":"latency","\\ud800":1}',
    '{"type":"\\udfff"}',
    `{"type":"latency","latency":"${'x'.repeat(3999)}\u{1F600}"}`,
  ])('hold no halves of surrogate pairs (%#)', async (body) => {
    const { status, body: text } = await rig.ask('POST', FAULTS_OF_A, body)
    expect(status).toBe(400)
    expect(text).not.toMatch(/(?<!\\)(?:\\\\)*\\ud[89a-f]/)
  })

  test('say what was looked for', async () => {
    expect((await ask('GET', '/v1/proxies/nobody')).body).toMatchObject({ field: 'proxy', value: 'nobody' })
    expect((await ask('GET', `${FAULTS_OF_A}/nobody`)).body).toMatchObject({ field: 'fault', value: 'nobody' })
  })

  test('a body of more than 1 MiB', async () => {
    const { status } = await rig.ask('POST', FAULTS_OF_A, JSON.stringify({ type: 'noop', name: 'x'.repeat(2 ** 20) }))
    expect(status).toBe(413)
  })

  test('a number that is none, deep within the bounds', async () => {
    const { status, body } = await rig.ask(
      'POST',
      FAULTS_OF_A,
      `{"type":"latency","latency":${'['.repeat(60)}1e999${']'.repeat(60)}}`,
    )
    expect(status).toBe(400)
    expect(JSON.parse(body)).toMatchObject({ code: 'invalid_value', field: 'latency' })
  })
})

test('proxies are shown with their faults, in name order', async () => {
  await rig.control.createProxy({ name: 'B', listen: '127.0.0.1:0', upstream: 'u:1' })
  await ask('POST', FAULTS_OF_A, { type: 'noop', ttl: '1h' })
  const { body } = await ask('GET', '/v1/proxies')
  expect(body).toMatchObject({
    total: 2,
    proxies: [
      {
        name: 'B',
        listen: expect.stringMatching(/^127\.0\.0\.1:\d+$/) as string,
        upstream: 'u:1',
        enabled: true,
        protocol: 'tcp',
        faults: [],
      },
      { name: 'a', enabled: false, faults: [{ name: 'noop_downstream', ttl: 3_600_000, counters: { seen: 0 } }] },
    ],
  })
  expect((await ask('GET', '/v1/proxies/B')).body).toEqual((body['proxies'] as readonly Json[])[0])
})

test('the time that is left is told, and when it is over', async () => {
  const clock = new ManualClock()
  const control = new ControlPlane({ dataPlane: rig.dataPlane, seed: 1, clock })
  await control.createProxy({ name: 'timed', upstream: 'u:1', enabled: false })
  const admin = createAdminServer({ control, host: '127.0.0.1', port: 0, version: '1' })
  const get = async () =>
    JSON.parse(
      (await admin.hapi.inject({ url: '/v1/proxies/timed/faults/x', headers: { host: 'localhost' } })).payload,
    ) as Json
  const before = Date.now()
  await control.addFault('timed', { type: 'noop', name: 'x', ttl: '1m' })
  clock.advance(20_000.4)
  const { ttl, ttl_remaining: left, expires } = await get()
  expect({ ttl, left }).toEqual({ ttl: 60_000, left: 40_000 })
  expect(Date.parse(String(expires))).toBeGreaterThanOrEqual(before + 60_000)
  expect(Date.parse(String(expires))).toBeLessThan(before + 120_000)
  clock.advance(40_000)
  await eventually('the fault is gone', async () => (await get())['code'] === 'fault_not_found')
  control.close()
})

test('the fault types come with the fields that all faults have', async () => {
  const { body } = await ask('GET', '/v1/fault-types')
  expect(body).toMatchObject({ faultTypes: expect.any(Array) as unknown[], commonFields: { required: ['type'] } })
  const { properties } = body['commonFields'] as { properties: Json }
  expect(Object.keys(properties)).toEqual(Object.keys(commonFields.shape))
})

const pick = (from: Json, keys: object) => Object.fromEntries(Object.keys(keys).map((key) => [key, from[key]]))

test.each(FAULTS)('the schemas of $type accept what is taken and what is shown', async (definition) => {
  const { body } = await ask('GET', '/v1/fault-types')
  const types = body['faultTypes'] as readonly { type: string; schema: JsonSchema }[]
  const params = z.fromJSONSchema(types.find(({ type }) => type === definition.type)!.schema)
  const common = z.fromJSONSchema(body['commonFields'] as JsonSchema)
  const { body: shown } = await ask('POST', FAULTS_OF_A, { type: definition.type, ttl: '1h', ...definition.example })
  for (const written of [definition.example, pick(shown, definition.params.shape)])
    expect(params.safeParse(JSON.parse(JSON.stringify(written)))).toMatchObject({ success: true })
  const fields: unknown = JSON.parse(JSON.stringify(pick(shown, commonFields.shape)))
  expect(common.safeParse(fields)).toMatchObject({ success: true })
  expect(common.safeParse({ type: definition.type, direction: 'sideways' }).success).toBe(false)
})

describe('sessions that meet a fault', () => {
  let close: () => Promise<void>
  beforeEach(async () => {
    const upstream = await echoServer()
    const { listen } = await rig.control.createProxy({
      name: 'live',
      listen: '127.0.0.1:0',
      upstream: upstream.address,
    })
    await rig.control.addFault('live', { type: 'latency', name: 'slow', latency: 1, jitter: 0 })
    const client = await echoedClient(listen)
    close = async () => {
      client.destroy()
      await upstream[Symbol.asyncDispose]()
    }
  })
  afterEach(() => close())

  test('are counted with it', async () => {
    const { body } = await ask('GET', '/v1/proxies/live/faults/slow')
    expect(body).toMatchObject({
      state: 'working',
      counters: { seen: 1, selected: 1, applied: expect.any(Number) as number },
    })
  })

  test('are decided about, and the decisions can be read', async () => {
    const { body } = await ask('GET', '/v1/decisions?proxy=live&fault=slow')
    const decisions = body['decisions'] as readonly Json[]
    expect(body['total']).toBe(decisions.length)
    expect(decisions[0]).toMatchObject({
      seq: expect.any(Number) as number,
      seed: 1,
      proxy: 'live',
      fault: 'slow',
      type: 'latency',
      kind: 'session',
      ordinal: 1,
      selected: true,
    })
    const { seq, session } = decisions[0]!
    expect((await ask('GET', `/v1/decisions?session=${String(session)}`)).body).toMatchObject({
      total: decisions.length,
    })
    expect((await ask('GET', '/v1/decisions?session=none')).body).toEqual({ total: 0, decisions: [] })
    expect((await ask('GET', '/v1/decisions?fault=none')).body).toEqual({ total: 0, decisions: [] })
    expect((await ask('GET', `/v1/decisions?after=${String(seq)}`)).body).toMatchObject({ total: decisions.length - 1 })
  })
})
