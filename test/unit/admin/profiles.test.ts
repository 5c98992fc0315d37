import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { ProfileAdminRig } from '../../support/profile-admin-rig.ts'

let rig: ProfileAdminRig
beforeEach(() => {
  rig = new ProfileAdminRig()
})
afterEach(() => rig[Symbol.asyncDispose]())

const SLOW = `
# What the replica looked like in March.
description: A replica that answers late
labels: { team: storage }
vars:
  delay: 250ms
proxies:
  replica: { listen: "127.0.0.1:0", upstream: "127.0.0.1:9" }
faults:
  - { on: replica, name: late, type: latency, latency: "\${delay}" }
`

const put = (name: string, text: string | Buffer) => rig.ask('PUT', `/v1/profiles/${name}`, text)
const faultsOf = (proxy: string) => rig.control.proxy(proxy).faults.map(({ plan }) => plan)

describe('a profile', () => {
  test('is put, shown and listed, in the order of the names', async () => {
    const made = await put('slow', SLOW)
    expect(made).toMatchObject({ status: 201, headers: { location: '/v1/profiles/slow' } })
    expect(made.body).toMatchObject({
      name: 'slow',
      description: 'A replica that answers late',
      source: { kind: 'api' },
      state: 'inactive',
      labels: { team: 'storage' },
      extends: [],
      vars: { delay: '250ms' },
      proxies: ['replica'],
      faults: 1,
      problems: [],
      warnings: [],
    })
    expect((await put('slow', SLOW)).status).toBe(200)
    await put('a', '{"description": "JSON is YAML"}')
    expect((await rig.ask('GET', '/v1/profiles')).body).toMatchObject({
      total: 2,
      profiles: [{ name: 'a', description: 'JSON is YAML' }, { name: 'slow' }],
    })
    expect((await rig.ask('GET', '/v1/profiles/slow')).body).toMatchObject({ name: 'slow', state: 'inactive' })
  })

  test('has its revision as its tag, which a change has to name where it names one', async () => {
    const { headers, body } = await put('slow', SLOW)
    expect(headers['etag']).toBe(`"${String(body['revision'])}"`)
    const stale = await rig.ask('PUT', '/v1/profiles/slow', SLOW, { 'if-match': '"9999"' })
    expect(stale).toMatchObject({ status: 412, body: { code: 'precondition_failed' } })
    const fresh = await rig.ask('PUT', '/v1/profiles/slow', SLOW, { 'if-match': String(headers['etag']) })
    expect(fresh.status).toBe(200)
    expect(fresh.headers['etag']).not.toBe(headers['etag'])
  })

  test('is put only where there is one, or only where there is none, if that is asked for', async () => {
    const putAs = (headers: Record<string, string>) => rig.ask('PUT', '/v1/profiles/slow', SLOW, headers)
    for (const given of ['*', '"7"']) {
      expect(await putAs({ 'if-match': given })).toMatchObject({
        status: 412,
        body: {
          code: 'precondition_failed',
          field: 'If-Match',
          detail: 'there is no profile "slow", or not any more: nothing was put',
        },
      })
    }
    expect(rig.changes).toEqual([])
    expect((await putAs({ 'if-none-match': '*' })).status).toBe(201)
    expect(await putAs({ 'if-none-match': ' * ' })).toMatchObject({
      status: 412,
      body: {
        code: 'precondition_failed',
        field: 'If-None-Match',
        detail: 'there is a profile "slow" already: nothing was put',
      },
    })
    expect(await putAs({ 'if-match': '"0"' })).toMatchObject({
      status: 412,
      body: { field: 'If-Match', value: '0', detail: 'there is a profile "slow" already: nothing was put' },
    })
    expect(rig.changes).toHaveLength(1)
    expect((await putAs({ 'if-match': '*' })).status).toBe(200)
    expect(
      (await rig.ask('PUT', '/v1/profiles/other', SLOW.replaceAll('replica', 'other'), { 'if-match': '"0"' })).status,
    ).toBe(201)
    expect(await putAs({ 'if-none-match': '"1"' })).toMatchObject({
      status: 400,
      body: { code: 'invalid_value', field: 'If-None-Match' },
    })
  })

  test('is made by one of those who ask for a new one at the same time', async () => {
    const made = await Promise.all(
      ['250ms', '500ms', '1s'].map((delay) =>
        rig.ask('PUT', '/v1/profiles/slow', SLOW.replace('250ms', delay), { 'if-none-match': '*' }),
      ),
    )
    expect(made.filter(({ status }) => status === 201)).toHaveLength(1)
    expect(made.filter(({ status }) => status === 412)).toHaveLength(2)
  })

  test.each([
    ['?format=text', {}],
    ['', { accept: 'application/yaml' }],
    ['', { accept: 'text/yaml;q=0.9, text/plain' }],
  ])('answers its text, comments and all: %s %j', async (query, headers) => {
    await put('slow', SLOW)
    const answer = await rig.ask('GET', `/v1/profiles/slow${query}`, undefined, headers)
    expect(answer).toMatchObject({ status: 200, text: SLOW })
    expect(answer.headers['content-type']).toBe('application/yaml; charset=utf-8')
  })

  test.each([{}, { accept: '*/*' }, { accept: 'application/json, application/yaml' }])(
    'answers JSON where YAML is not asked for alone: %j',
    async (headers) => {
      await put('slow', SLOW)
      const answer = await rig.ask('GET', '/v1/profiles/slow', undefined, headers)
      expect(answer.headers['content-type']).toContain('application/json')
    },
  )

  test('is deleted, and deactivated with that', async () => {
    await put('slow', SLOW)
    await rig.ask('POST', '/v1/profiles/slow/activate')
    expect(rig.control.proxies().map(({ name }) => name)).toEqual(['replica'])
    expect(await rig.ask('DELETE', '/v1/profiles/slow')).toMatchObject({ status: 204, text: '' })
    expect(rig.control.proxies()).toEqual([])
    expect(await rig.ask('DELETE', '/v1/profiles/slow')).toMatchObject({
      status: 404,
      body: { code: 'profile_not_found' },
    })
  })

  test('with mistakes is refused, each with its place, and what was there stays', async () => {
    await put('slow', SLOW)
    const answer = await put('slow', 'faults:\n  - on: replica\n    type: latncy\n  - type: noop\n')
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_profile' } })
    const problems = answer.body['problems'] as readonly Record<string, unknown>[]
    expect(problems.length).toBeGreaterThan(0)
    for (const problem of problems)
      expect(problem).toMatchObject({ line: expect.any(Number), detail: expect.any(String) })
    expect((await rig.ask('GET', '/v1/profiles/slow?format=text')).text).toBe(SLOW)
  })

  test.each([
    ['', 'the body is empty'],
    [Buffer.from([0x61, 0xff, 0xfe]), 'the body is not UTF-8'],
  ])('is no body that cannot be read: %j', async (body, detail) => {
    const answer = await put('x', body)
    expect(answer).toMatchObject({ status: 400, body: { code: 'bad_request_body' } })
    expect(answer.body['detail']).toContain(detail)
  })

  test('may begin with a byte order mark', async () => {
    expect((await put('slow', `\uFEFF${SLOW}`)).status).toBe(201)
    expect((await rig.ask('GET', '/v1/profiles/slow?format=text')).text).toBe(SLOW)
  })

  test('may have a megabyte and no more', async () => {
    expect(await put('big', `# ${'x'.repeat(2 ** 20)}`)).toMatchObject({
      status: 413,
      body: { code: 'body_too_large' },
    })
  })

  test('cannot be called as a path of ours is', async () => {
    expect(await put('reload', SLOW)).toMatchObject({
      status: 400,
      body: { code: 'invalid_value', field: 'profile', value: 'reload' },
    })
    expect((await rig.ask('GET', '/v1/profiles')).body['total']).toBe(0)
  })

  test('whose name has to be escaped is found by it', async () => {
    expect(await put('a%2Fb%20c', SLOW)).toMatchObject({ status: 201, headers: { location: '/v1/profiles/a%2Fb%20c' } })
    expect((await rig.ask('GET', '/v1/profiles/a%2Fb%20c')).body['name']).toBe('a/b c')
  })
})

const activate = (body?: string | object) => rig.ask('POST', '/v1/profiles/slow/activate', body)

describe('an activation', () => {
  beforeEach(async () => void (await put('slow', SLOW)))

  test('puts proxies and faults in force, with what its variables stand for', async () => {
    const answer = await activate({ vars: { delay: '1s' } })
    expect(answer).toMatchObject({
      status: 200,
      body: { state: 'active', vars: { delay: '1s' }, activated: expect.any(String) },
    })
    expect(answer.headers['etag']).toBe(`"${String(answer.body['revision'])}"`)
    expect(faultsOf('replica')).toMatchObject([{ name: 'late', params: { latency: 1000 }, owner: 'profile:slow' }])
    expect((await rig.ask('GET', '/v1/proxies/replica')).body).toMatchObject({ owner: 'profile:slow', enabled: true })
  })

  test('needs no body', async () => {
    expect((await activate()).body).toMatchObject({ state: 'active', vars: { delay: '250ms' } })
  })

  test('lasts as long as it says', async () => {
    expect((await activate({ ttl: '10m' })).body).toMatchObject({ ttl: 600_000, ttl_remaining: 600_000 })
    rig.clock.advance(1000)
    expect((await rig.ask('GET', '/v1/profiles/slow')).body).toMatchObject({ ttl: 600_000, ttl_remaining: 599_000 })
    rig.clock.advance(599_000)
    await expect.poll(async () => (await rig.ask('GET', '/v1/profiles/slow')).body['state']).toBe('inactive')
    expect(rig.control.proxies()).toEqual([])
  })

  test('with a lease goes where it is not renewed', async () => {
    expect((await activate({ lease: '30s' })).body).toMatchObject({ lease: 30_000, ttl_remaining: 30_000 })
    rig.clock.advance(20_000)
    expect((await rig.ask('POST', '/v1/profiles/slow/renew')).body).toMatchObject({ ttl_remaining: 30_000 })
    rig.clock.advance(29_000)
    expect((await rig.ask('GET', '/v1/profiles/slow')).body).toMatchObject({ state: 'active', ttl_remaining: 1000 })
    rig.clock.advance(1000)
    await expect.poll(async () => (await rig.ask('GET', '/v1/profiles/slow')).body['state']).toBe('inactive')
    expect(await rig.ask('POST', '/v1/profiles/slow/renew')).toMatchObject({ status: 409, body: { code: 'no_lease' } })
  })

  test('is taken back', async () => {
    await activate()
    expect((await rig.ask('POST', '/v1/profiles/slow/deactivate')).body).toMatchObject({ state: 'inactive' })
    expect(rig.control.proxies()).toEqual([])
    // Once more does nothing.
    expect((await rig.ask('POST', '/v1/profiles/slow/deactivate')).status).toBe(200)
  })

  test('follows what is put', async () => {
    await activate()
    const { listen } = rig.control.proxy('replica')
    await put('slow', SLOW.replace('250ms', '750ms'))
    expect(faultsOf('replica')).toMatchObject([{ name: 'late', params: { latency: 750 } }])
    expect(rig.control.proxy('replica').listen).toBe(listen)
  })

  test('is on record with its actor and its reason', async () => {
    await rig.ask('POST', '/v1/profiles/slow/activate?reason=game%20day')
    await rig.ask('POST', '/v1/profiles/slow/deactivate', undefined, { 'x-foulweather-reason': 'it is over' })
    const ofProfile = rig.changes.filter(({ profile }) => profile === 'slow')
    expect(ofProfile).toMatchObject([
      { action: 'profile-put' },
      { action: 'profile-activated', reason: 'game day', actor: expect.any(String) },
      { action: 'profile-deactivated', reason: 'it is over' },
    ])
  })

  test.each([
    [{ tll: '5m' }, 'tll', 'did you mean "ttl"?'],
    [{ ttl: true }, 'ttl', 'expected a duration such as "10m", or milliseconds'],
    [{ ttl: 'soon' }, 'ttl', '"soon"'],
    [{ lease: -1 }, 'lease', '-1'],
    [{ vars: { delay: [1] } }, 'vars.delay', 'expected a text, a number, true or false'],
    [{ vars: 'delay=1s' }, 'vars', 'expected an object'],
    [{ vars: { dely: '1s' } }, 'vars.dely', 'did you mean "delay"?'],
  ])('is refused with the field that is wrong: %j', async (body, field, detail) => {
    const answer = await activate(body)
    expect(answer).toMatchObject({ status: 400, body: { field } })
    expect(answer.body['detail']).toContain(detail)
    expect(rig.control.proxies()).toEqual([])
  })

  test.each(['[]', 'null', '{', '"x"'])('is refused with a body that is no object: %s', async (body) => {
    expect(await activate(body)).toMatchObject({ status: 400, body: { code: 'bad_request_body' } })
  })

  test.each(['activate', 'deactivate', 'renew'])('of a profile that is not there is refused: %s', async (action) => {
    const answer = await rig.ask('POST', `/v1/profiles/slwo/${action}`)
    expect(answer).toMatchObject({ status: 404, body: { code: 'profile_not_found' } })
  })

  test('that another one contradicts is refused with both places', async () => {
    await activate()
    await put('other', SLOW.replace('127.0.0.1:9', '127.0.0.1:10'))
    const answer = await rig.ask('POST', '/v1/profiles/other/activate')
    expect(answer).toMatchObject({ status: 409, body: { code: 'profile_conflict' } })
    expect(answer.body['detail']).toMatch(/profile other .*line \d+.* profile slow .*line \d+/)
    expect(rig.control.proxy('replica').upstream).toBe('127.0.0.1:9')
  })
})

describe('profiles that are files', () => {
  beforeEach(async () => {
    rig.save('slow', SLOW)
    await rig.ask('POST', '/v1/profiles/reload')
  })

  test('are read anew, and what is active follows', async () => {
    expect((await rig.ask('GET', '/v1/profiles/slow')).body).toMatchObject({
      source: { kind: 'file', file: 'profiles/slow.yaml' },
      state: 'inactive',
    })
    await rig.ask('POST', '/v1/profiles/slow/activate')
    rig.save('slow', SLOW.replace('250ms', '750ms'))
    expect((await rig.ask('POST', '/v1/profiles/reload')).body).toEqual({ changed: ['slow'], failed: [], removed: [] })
    expect(faultsOf('replica')).toMatchObject([{ params: { latency: 750 } }])
  })

  test('with mistakes leave what is active as it was, and say so until they are mended', async () => {
    await rig.ask('POST', '/v1/profiles/slow/activate')
    rig.save('slow', SLOW.replace('latency,', 'latncy,'))
    const { body } = await rig.ask('POST', '/v1/profiles/reload')
    expect(body).toMatchObject({ changed: [], failed: [{ name: 'slow' }], removed: [] })
    const shown = await rig.ask('GET', '/v1/profiles/slow')
    expect(shown.body).toMatchObject({
      state: 'active',
      problems: [
        { file: 'profiles/slow.yaml', line: 10, column: expect.any(Number), field: 'faults[0].type', value: 'latncy' },
      ],
    })
    expect(faultsOf('replica')).toMatchObject([{ params: { latency: 250 } }])
    rig.save('slow', SLOW)
    await rig.ask('POST', '/v1/profiles/reload')
    expect((await rig.ask('GET', '/v1/profiles/slow')).body).toMatchObject({ state: 'active', problems: [] })
  })

  test('that are gone take what they did with them', async () => {
    await rig.ask('POST', '/v1/profiles/slow/activate')
    rig.files.delete('slow')
    expect((await rig.ask('POST', '/v1/profiles/reload')).body).toEqual({ changed: [], failed: [], removed: ['slow'] })
    expect(rig.control.proxies()).toEqual([])
    expect((await rig.ask('GET', '/v1/profiles/slow')).status).toBe(404)
  })

  test('are changed as files alone', async () => {
    for (const method of ['PUT', 'DELETE']) {
      const answer = await rig.ask(method, '/v1/profiles/slow', method === 'PUT' ? SLOW : undefined)
      expect(answer).toMatchObject({ status: 409, body: { code: 'profile_read_only' } })
    }
  })

  test('may be called reload: every path of theirs leads to them', async () => {
    rig.save('reload', SLOW)
    expect((await rig.ask('POST', '/v1/profiles/reload')).body).toMatchObject({ changed: ['reload'] })
    expect((await rig.ask('GET', '/v1/profiles/reload')).body).toMatchObject({ name: 'reload' })
    expect((await rig.ask('POST', '/v1/profiles/reload/activate')).body).toMatchObject({
      name: 'reload',
      state: 'active',
    })
  })
})

describe('an export', () => {
  test('is a profile that reproduces what is running', async () => {
    await put('slow', SLOW)
    await rig.ask('POST', '/v1/profiles/slow/activate')
    await rig.ask('POST', '/v1/proxies/replica/faults', { type: 'noop', name: '${odd}' })
    const yaml = await rig.ask('GET', '/v1/export')
    expect(yaml.headers['content-type']).toBe('application/yaml; charset=utf-8')
    const json = await rig.ask('GET', '/v1/export', undefined, { accept: 'application/json' })
    expect(json.headers['content-type']).toContain('application/json')
    expect({ ...(parse(yaml.text) as object), description: '' }).toEqual({ ...json.body, description: '' })

    await using other = new ProfileAdminRig()
    await rig.ask('DELETE', '/v1/profiles/slow')
    const made = await other.ask('PUT', '/v1/profiles/copy', yaml.text)
    expect(made).toMatchObject({ status: 201, body: { problems: [] } })
    await other.ask('POST', '/v1/profiles/copy/activate')
    const copied = other.control.proxy('replica')
    expect(copied.faults.map(({ plan }) => [plan.name, plan.params])).toEqual([
      ['late', expect.objectContaining({ latency: 250 })],
      ['${odd}', {}],
    ])
  })

  test.each([
    ['yaml', { accept: 'application/json' }, 'application/yaml; charset=utf-8'],
    ['json', { accept: 'application/yaml' }, 'application/json; charset=utf-8'],
  ])('is in the format that is named: %s', async (format, headers, type) => {
    expect((await rig.ask('GET', `/v1/export?format=${format}`, undefined, headers)).headers['content-type']).toBe(type)
  })

  test.each(['format=xml', 'secrets=yes', 'secret=true'])(
    'is refused with a parameter that is wrong: %s',
    async (query) => {
      expect(await rig.ask('GET', `/v1/export?${query}`)).toMatchObject({
        status: 400,
        body: { code: 'invalid_value' },
      })
    },
  )
})

const diff = (body: string | object, query = '', headers: Record<string, string> = {}) =>
  rig.ask('POST', `/v1/diff${query}`, body, headers)

describe('a comparison', () => {
  beforeEach(async () => {
    await put('slow', SLOW)
    await rig.ask('POST', '/v1/profiles/slow/activate')
  })

  test('with what is running is empty', async () => {
    expect((await diff({ profile: 'slow' })).body).toEqual({ changes: [] })
  })

  test('says what would change, and changes nothing', async () => {
    const before = rig.control.revision
    const expected = {
      changes: [
        {
          action: 'update',
          proxy: 'replica',
          fault: 'late',
          fields: ['latency'],
          before: expect.objectContaining({ latency: 250 }) as object,
          after: expect.objectContaining({ latency: 2000 }) as object,
        },
      ],
    }
    const changed = SLOW.replace('250ms', '2s')
    expect((await diff({ profile: 'slow', vars: { delay: '2s' } })).body).toEqual(expected)
    expect((await diff({ profile: 'slow', document: changed })).body).toEqual(expected)
    expect((await diff({ profile: 'slow', document: parse(changed) as object })).body).toEqual(expected)
    for (const type of ['application/yaml', 'text/plain', 'text/yaml; charset=utf-8', 'application/x-yaml']) {
      expect((await diff(changed, '?profile=slow', { 'content-type': type })).body).toEqual(expected)
    }
    expect((await diff(SLOW, '?profile=slow&var=delay=2s', { 'content-type': 'text/yaml' })).body).toEqual(expected)
    expect(rig.control.revision).toBe(before)
    expect(faultsOf('replica')).toMatchObject([{ params: { latency: 250 } }])
  })

  test('says which sessions end', async () => {
    const moved = SLOW.replace('127.0.0.1:9', '127.0.0.1:10')
    expect((await diff({ profile: 'slow', document: moved })).body).toMatchObject({
      changes: [
        {
          action: 'update',
          proxy: 'replica',
          fields: expect.arrayContaining(['upstream']) as string[],
          drops_sessions: true,
        },
      ],
    })
    expect((await diff({ profile: 'slow', document: 'description: nothing\n' })).body).toMatchObject({
      changes: [{ action: 'remove', proxy: 'replica', after: null, drops_sessions: true }],
    })
  })

  test.each([
    [{}, 'profile is missing'],
    [{ profile: '' }, 'expected the name of a profile'],
    [{ profile: 'slow', documnt: '' }, 'did you mean "document"?'],
    [{ profile: 'slow', document: 3 }, 'expected a document'],
  ])('is refused with the field that is wrong: %j', async (body, detail) => {
    const answer = await diff(body)
    expect(answer.status).toBe(400)
    expect(answer.body['detail']).toContain(detail)
  })

  test.each([
    ['', 'profile'],
    ['?profile=slow&var=delay', 'var'],
    ['?profile=slow&vars=delay=1', 'vars'],
  ])('of a text is refused with a query that is wrong: %j', async (query, field) => {
    const answer = await diff(SLOW, query, { 'content-type': 'text/yaml' })
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_value', field } })
  })

  test('of a profile that is not there is refused', async () => {
    expect(await diff({ profile: 'nope' })).toMatchObject({ status: 404, body: { code: 'profile_not_found' } })
  })
})

const validate = (text: string, query = '') => rig.ask('POST', `/v1/validate${query}`, text)

describe('a validation', () => {
  test('of what is good has nothing to say', async () => {
    expect((await validate(SLOW)).body).toEqual({ valid: true, problems: [], warnings: [] })
    expect(rig.control.proxies()).toEqual([])
  })

  test.each([
    ['no YAML', 'a: [', 1],
    ['an unknown field', 'fautls: []\n', 1],
    ['a fault of no type', SLOW.replace('latency,', 'latncy,'), 10],
  ])('names the place of %s', async (_what, text, line) => {
    const { status, body } = await validate(text)
    expect(status).toBe(200)
    expect(body).toMatchObject({ valid: false, problems: [{ line, detail: expect.any(String) }] })
  })

  test('takes values for variables', async () => {
    const needs = SLOW.replace('delay: 250ms', 'delay: { description: how late }')
    expect((await validate(needs)).body).toMatchObject({ valid: false })
    expect((await validate(needs, '?var=delay=1s')).body).toMatchObject({ valid: true })
    expect((await validate(needs, '?var=delay=soon')).body).toMatchObject({ valid: false })
  })

  test('knows the proxies that there are', async () => {
    const onPg = 'faults:\n  - { on: pg, type: noop }\n'
    expect((await validate(onPg)).body).toMatchObject({ valid: false, problems: [{ line: 2, value: 'pg' }] })
    await rig.control.addProxy({ name: 'pg', upstream: '127.0.0.1:9', enabled: false })
    expect((await validate(onPg)).body).toMatchObject({ valid: true })
  })

  test('of nothing is refused', async () => {
    expect(await validate('')).toMatchObject({ status: 400, body: { code: 'bad_request_body' } })
  })
})

const TOKENS = (['viewer', 'operator', 'admin'] as const).map((role) => ({
  name: role,
  role,
  token: `a-token-of-the-${role}`,
}))
const as = (role: string) => ({ authorization: `Bearer a-token-of-the-${role}` })

describe('roles', () => {
  let guarded: ProfileAdminRig
  beforeEach(async () => {
    guarded = new ProfileAdminRig({}, { tokens: TOKENS })
    await guarded.ask('PUT', '/v1/profiles/slow', SLOW, as('admin'))
  })
  afterEach(() => guarded[Symbol.asyncDispose]())

  test.each([
    ['GET', '/v1/profiles', 'viewer'],
    ['GET', '/v1/profiles/slow', 'viewer'],
    ['GET', '/v1/profiles/slow?format=text', 'viewer'],
    ['GET', '/v1/export', 'viewer'],
    ['GET', '/v1/halt', 'viewer'],
    ['POST', '/v1/profiles/slow/activate', 'operator'],
    ['POST', '/v1/profiles/slow/deactivate', 'operator'],
    ['POST', '/v1/diff', 'operator'],
    ['POST', '/v1/validate', 'operator'],
    ['POST', '/v1/halt', 'operator'],
    ['POST', '/v1/resume', 'operator'],
    ['GET', '/v1/export?secrets=true', 'admin'],
    ['POST', '/v1/profiles/reload', 'admin'],
    ['PUT', '/v1/profiles/slow', 'admin'],
    ['DELETE', '/v1/profiles/slow', 'admin'],
  ])('%s %s wants %s', async (method, path, wanted) => {
    const statuses = new Map<string, number>()
    for (const { role } of TOKENS) statuses.set(role, (await guarded.ask(method, path, undefined, as(role))).status)
    const refused = TOKENS.map(({ role }) => role).filter((role) => statuses.get(role) === 403)
    expect(refused).toEqual(
      TOKENS.slice(
        0,
        TOKENS.findIndex(({ role }) => role === wanted),
      ).map(({ role }) => role),
    )
  })

  test('a text with a private key in it is for admins alone, as an export with secrets is', async () => {
    const secret = `${SLOW}# -----BEGIN EC PRIVATE KEY-----\n`
    await guarded.ask('PUT', '/v1/profiles/slow', secret, as('admin'))
    const path = '/v1/profiles/slow?format=text'
    expect(await guarded.ask('GET', path, undefined, as('operator'))).toMatchObject({
      status: 403,
      body: { code: 'forbidden' },
    })
    expect((await guarded.ask('GET', path, undefined, as('admin'))).text).toBe(secret)
  })
})
