import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Role } from '../../../src/admin/operation.ts'
import { createAdminServer } from '../../../src/admin/server.ts'
import { createAudit } from '../../../src/observe/audit/audit.ts'
import { createEventHub } from '../../../src/observe/events/hub.ts'
import { silentLogger } from '../../../src/observe/logger.ts'
import { AdminRig } from '../../support/admin-rig.ts'

const TOKENS: Readonly<Record<Role, string>> = {
  viewer: 'the-token-of-a-viewer',
  operator: 'the-token-of-an-operator',
  admin: 'the-token-of-an-admin',
}

let rig: AdminRig
beforeEach(async () => {
  const tokens = Object.entries(TOKENS).map(([role, token]) => ({ name: `the-${role}`, role: role as Role, token }))
  rig = new AdminRig({ tokens, metrics: () => Promise.resolve('') })
  await rig.control.createProxy({ name: 'p', listen: '127.0.0.1:9', upstream: 'u:1', enabled: false })
  await rig.control.addFault('p', { name: 'f', type: 'latency', lease: '1h' })
})
afterEach(() => rig[Symbol.asyncDispose]())

const ask = (role: Role, method: string, url: string, body?: unknown, headers: Record<string, string> = {}) =>
  rig.ask(method, url, body === undefined ? undefined : JSON.stringify(body), {
    authorization: `Bearer ${TOKENS[role]}`,
    ...headers,
  })

const ROLES: readonly Role[] = ['viewer', 'operator', 'admin']

const PROXY = { name: 'q', listen: '127.0.0.1:9', upstream: 'u:1', enabled: false }
const TOXIC = { type: 'latency', attributes: {} }

/** What each call wants; below that, it is forbidden. */
const WANTED: readonly (readonly [Role, string, string, unknown?])[] = [
  ['viewer', 'GET', '/proxies'],
  ['viewer', 'GET', '/proxies/p'],
  ['viewer', 'GET', '/proxies/p/toxics'],
  ['viewer', 'GET', '/metrics'],
  ['viewer', 'GET', '/v1/status'],
  ['viewer', 'HEAD', '/v1/status'],
  ['viewer', 'GET', '/v1/proxies/p/faults/f'],
  ['viewer', 'GET', '/v1/profiles'],
  ['viewer', 'GET', '/openapi.json'],
  ['viewer', 'GET', '/docs'],
  ['operator', 'POST', '/reset'],
  ['operator', 'POST', '/proxies/p/toxics', TOXIC],
  ['operator', 'PATCH', '/proxies/p/toxics/f', {}],
  ['operator', 'DELETE', '/proxies/p/toxics/f'],
  ['operator', 'POST', '/v1/proxies/p/faults', { type: 'noop' }],
  ['operator', 'PATCH', '/v1/proxies/p/faults/f', { latency: 1 }],
  ['operator', 'DELETE', '/v1/proxies/p/faults/f'],
  ['operator', 'POST', '/v1/proxies/p/faults/f/renew'],
  ['operator', 'DELETE', '/v1/sessions/1'],
  ['operator', 'POST', '/v1/halt'],
  ['operator', 'POST', '/v1/resume'],
  ['operator', 'PATCH', '/proxies/p', { enabled: false }],
  ['operator', 'POST', '/proxies/p', { enabled: false }],
  ['operator', 'POST', '/proxies/p', { name: 'p', listen: '127.0.0.1:9', upstream: 'u:1', enabled: false }],
  ['admin', 'POST', '/proxies/p', { enabled: false, upstream: 'u:2' }],
  ['admin', 'PATCH', '/proxies/p', { listen: '127.0.0.1:10' }],
  ['admin', 'POST', '/proxies', PROXY],
  ['admin', 'DELETE', '/proxies/p'],
  ['admin', 'POST', '/populate', [PROXY]],
  ['admin', 'POST', '/v1/proxies', PROXY],
  ['operator', 'PATCH', '/v1/proxies/p', { enabled: false }],
  ['admin', 'PATCH', '/v1/proxies/p', { enabled: false, upstream: 'u:2' }],
  ['admin', 'PATCH', '/v1/proxies/p', { http: { tell: true } }],
  ['admin', 'DELETE', '/v1/proxies/p'],
  ['admin', 'PUT', '/v1/profiles/x', { faults: [] }],
  ['admin', 'DELETE', '/v1/profiles/x'],
  ['admin', 'POST', '/v1/profiles/reload'],
]

describe('each call is for those of a role and above', () => {
  test.each(WANTED.map((each) => [each] as const))('%j', async ([wanted, method, url, body]) => {
    for (const role of ROLES) {
      const { status, body: text } = await ask(role, method, url, body)
      const may = ROLES.indexOf(role) >= ROLES.indexOf(wanted)
      expect({ role, forbidden: status === 403, text }).toMatchObject({ role, forbidden: !may })
      expect(status).toBeLessThan(500)
    }
  })
})

test('a refusal names the role that is wanted and the one that the token has', async () => {
  const answer = await ask('viewer', 'DELETE', '/v1/proxies/p')
  expect(answer).toMatchObject({ status: 403, headers: { 'content-type': 'application/problem+json' } })
  expect(JSON.parse(answer.body)).toEqual({
    type: '/docs/errors#forbidden',
    title: 'The token may not do this',
    status: 403,
    detail: 'DELETE /v1/proxies/p wants the role admin; the token "the-viewer" has the role viewer',
    code: 'forbidden',
    field: 'Authorization',
    value: 'viewer',
    expected: 'a token with the role admin',
  })
  expect(answer.body).not.toContain(TOKENS.viewer)
})

test("on Toxiproxy's routes it has Toxiproxy's shape", async () => {
  const answer = await ask('operator', 'POST', '/proxies', PROXY)
  expect(answer).toMatchObject({
    status: 403,
    body: '{"error":"POST /proxies wants the role admin; the token \\"the-operator\\" has the role operator","status":403}\n',
    headers: { 'content-type': 'text/plain; charset=utf-8' },
  })
})

test('who may only switch a proxy on and off does not put back an address that has been changed meanwhile', async () => {
  const seen = JSON.parse((await ask('operator', 'GET', '/proxies/p')).body) as object
  const answer = ask('operator', 'POST', '/proxies/p', { ...seen, enabled: false })
  await rig.control.updateProxy('p', { upstream: 'u:2', listen: undefined, enabled: undefined })
  expect([200, 403]).toContain((await answer).status)
  expect(rig.control.proxy('p').upstream).toBe('u:2')
})

test('who has done something is told by the name of the token and the address', async () => {
  await ask('operator', 'DELETE', '/v1/proxies/p/faults/f', undefined, { 'x-foulweather-reason': 'enough' })
  expect(rig.changes.at(-1)).toMatchObject({
    action: 'fault-removed',
    actor: expect.stringMatching(/^the-operator@127\.0\.0\.1:\d*$/) as string,
    reason: 'enough',
  })
})

const activate = (role: Role, vars: object, headers: Record<string, string> = {}) =>
  ask(role, 'POST', '/v1/profiles/x/activate', { vars }, headers)

describe('variables that the proxies of a profile are made of', () => {
  const PROFILE = {
    vars: { host: 'u', port: '9', delay: '1s' },
    proxies: { q: { listen: '127.0.0.1:${port}', upstream: '${host}:1', enabled: false } },
    faults: [{ on: 'q', type: 'latency', latency: '${delay}' }],
  }
  beforeEach(() => ask('admin', 'PUT', '/v1/profiles/x', PROFILE))

  test.each([{ host: 'elsewhere' }, { port: '10' }, { delay: '2s', host: 'elsewhere' }])(
    '%j is for an admin to say',
    async (vars) => {
      const answer = await activate('operator', vars)
      expect(answer.status).toBe(403)
      expect(JSON.parse(answer.body)).toMatchObject({
        code: 'forbidden',
        detail:
          'activating profile x with variables that its proxies are made of wants the role admin; the token "the-operator" has the role operator',
      })
      expect(rig.control.profiles.get('x').state).toBe('inactive')
      expect(rig.control.proxies().map(({ name }) => name)).toEqual(['p'])
      expect((await activate('admin', vars)).status).toBe(200)
    },
  )

  test('others are not, and neither is what is the same', async () => {
    for (const vars of [{ delay: '2s' }, { host: 'u' }, {}]) expect((await activate('operator', vars)).status).toBe(200)
    expect(rig.control.proxy('q')).toMatchObject({ upstream: 'u:1' })
  })

  test('what an admin has chosen may be said again, and not changed', async () => {
    await activate('admin', { host: 'elsewhere' })
    expect((await activate('operator', { host: 'elsewhere', delay: '3s' })).status).toBe(200)
    expect((await activate('operator', { host: 'third' })).status).toBe(403)
    expect(rig.control.proxy('q').upstream).toBe('elsewhere:1')
  })

  test('one without a default is for an admin', async () => {
    await ask('admin', 'PUT', '/v1/profiles/x', { ...PROFILE, vars: { ...PROFILE.vars, host: null } })
    expect((await activate('operator', { host: 'u' })).status).toBe(403)
  })

  test('the text that was looked at is the one that is activated', async () => {
    const { headers } = await ask('operator', 'GET', '/v1/profiles/x')
    const answer = activate('operator', { delay: '2s' })
    const changed = ask('admin', 'PUT', '/v1/profiles/x', { ...PROFILE, proxies: {}, faults: [] })
    expect([200, 412]).toContain((await answer).status)
    await changed
    expect((await activate('operator', { delay: '2s' }, { 'if-match': String(headers['etag']) })).status).toBe(412)
  })
})

test('of all routes there are, these are closed: to an operator, and to a viewer', async () => {
  const { control } = rig
  const events = createEventHub({ control, dataPlane: control.dataPlane })
  const audit = createAudit({ control, logger: silentLogger() })
  const tokens = ROLES.map((role) => ({ name: `the-${role}`, role, token: TOKENS[role] }))
  const admin = createAdminServer({
    control,
    host: '127.0.0.1',
    port: 0,
    version: '1',
    metrics: () => Promise.resolve(''),
    events,
    audit,
    tokens,
  })
  const closed: Record<Role, string[]> = { viewer: [], operator: [], admin: [] }
  const reads: string[] = []
  for (const { method, path } of admin.hapi.table()) {
    const verb = method === '*' ? 'GET' : method.toUpperCase()
    // What is there for nobody changes nothing; the events would never end.
    const asked = { method: verb === 'GET' ? 'HEAD' : verb, url: path.replaceAll(/\{\w+\}/g, 'nobody') }
    if (verb === 'GET') reads.push(path)
    for (const role of ROLES) {
      const authorization = `Bearer ${TOKENS[role]}`
      const { statusCode } = await admin.hapi.inject({ ...asked, headers: { host: 'localhost', authorization } })
      if (statusCode === 403) closed[role].push(`${verb} ${path}`)
    }
  }
  events.close()
  await audit.close()
  await admin.stop()
  expect(reads).toContain('/v1/events')
  expect(closed.admin).toEqual([])
  expect(closed.operator.toSorted()).toEqual([
    'DELETE /proxies/{proxy}',
    'DELETE /v1/profiles/{profile}',
    'DELETE /v1/proxies/{proxy}',
    'POST /populate',
    'POST /proxies',
    'POST /v1/profiles/reload',
    'POST /v1/proxies',
    'PUT /v1/profiles/{profile}',
  ])
  expect(closed.viewer.filter((route) => !closed.operator.includes(route)).toSorted()).toEqual([
    'DELETE /proxies/{proxy}/toxics/{toxic}',
    'DELETE /v1/proxies/{proxy}/faults/{fault}',
    'DELETE /v1/sessions/{id}',
    'PATCH /proxies/{proxy}',
    'PATCH /proxies/{proxy}/toxics/{toxic}',
    'PATCH /v1/proxies/{proxy}',
    'PATCH /v1/proxies/{proxy}/faults/{fault}',
    'POST /proxies/{proxy}',
    'POST /proxies/{proxy}/toxics',
    'POST /proxies/{proxy}/toxics/{toxic}',
    'POST /reset',
    'POST /v1/diff',
    'POST /v1/halt',
    'POST /v1/profiles/{profile}/activate',
    'POST /v1/profiles/{profile}/deactivate',
    'POST /v1/profiles/{profile}/renew',
    'POST /v1/proxies/{proxy}/faults',
    'POST /v1/proxies/{proxy}/faults/{fault}/renew',
    'POST /v1/resume',
    'POST /v1/validate',
  ])
})

test.each(['/v1/profiles/%72eload', '/v1/%70rofiles/reload', '/%76%31/profiles/reload?', '/v1/profiles/reload#x'])(
  'POST %s is for an admin, however it is spelt',
  async (url) => {
    expect((await ask('operator', 'POST', url)).status).toBe(403)
  },
)

test.each([
  '/v1/profiles/reload/',
  '//v1/profiles/reload',
  '/v1/./profiles/reload',
  '/V1/profiles/reload',
  '/v1/profiles/reload.',
  '/v1%2Fprofiles%2Freload',
  '/v1/profiles/x/../reload',
  '/v1/profiles/reload%00',
])('POST %s is none of the routes', async (url) => {
  const { status } = await ask('operator', 'POST', url, undefined, { 'x-http-method-override': 'PUT' })
  expect([301, 404, 405]).toContain(status)
  expect(rig.changes.map(({ action }) => action)).toEqual(['proxy-created', 'fault-added'])
})
