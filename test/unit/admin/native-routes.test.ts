import type { Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ERRORS } from '../../../src/core/errors.ts'
import { FAULTS } from '../../../src/faults/index.ts'
import { AdminRig, echoedClient, echoServer } from '../../support/admin-rig.ts'
import { eventually } from '../../support/wait.ts'

let rig: AdminRig
beforeEach(() => {
  rig = new AdminRig()
})
afterEach(() => rig[Symbol.asyncDispose]())

async function json(
  method: string,
  url: string,
): Promise<{ status: number; type: unknown; body: Record<string, unknown> }> {
  const { status, body, headers } = await rig.ask(method, url)
  return { status, type: headers['content-type'], body: JSON.parse(body) as Record<string, unknown> }
}

test('health is told', async () => {
  expect(await json('GET', '/healthz')).toMatchObject({ status: 200, body: { status: 'ok' } })
})

test('status counts what there is', async () => {
  await rig.control.createProxy({ name: 'a', listen: '127.0.0.1:0', upstream: 'u:1' })
  await rig.control.createProxy({ name: 'b', upstream: 'u:1', enabled: false })
  await rig.control.addToxic('a', { type: 'noop', attributes: () => ({}) })
  expect((await json('GET', '/v1/status')).body).toMatchObject({
    version: '1.2.3',
    seed: 1,
    workers: [],
    uptimeMs: expect.any(Number),
    proxies: { total: 2, enabled: 1 },
    faults: 1,
    sessions: { active: 0, total: 0 },
    held: { bytes: 0, limit: expect.any(Number), perSessionLimit: expect.any(Number) },
  })
})

test('every fault type is listed with the schema of its parameters', async () => {
  const { body } = await json('GET', '/v1/fault-types')
  const types = body['faultTypes'] as readonly { type: string; schema: unknown }[]
  expect(types.map(({ type }) => type)).toEqual(FAULTS.map(({ type }) => type))
  expect(types[0]).toMatchObject({ type: 'latency', schema: { properties: { latency: {}, jitter: {} } } })
})

describe('sessions', () => {
  let client: Socket
  let close: () => Promise<void>
  beforeEach(async () => {
    const upstream = await echoServer()
    const { listen } = await rig.control.createProxy({ name: 'a', listen: '127.0.0.1:0', upstream: upstream.address })
    client = await echoedClient(listen)
    close = async () => {
      client.destroy()
      await upstream[Symbol.asyncDispose]()
    }
  })
  afterEach(() => close())

  test('are listed, shown and filtered', async () => {
    const { body } = await json('GET', '/v1/sessions')
    expect(body).toMatchObject({ total: 1, sessions: [{ proxy: 'a', ordinal: 1, state: 'open', ending: null }] })
    const [session] = body['sessions'] as readonly { id: string }[]
    expect((await json('GET', `/v1/sessions/${session!.id}`)).body).toMatchObject({ id: session!.id })
    expect((await json('GET', '/v1/sessions?proxy=b')).body).toMatchObject({ total: 0 })
    expect((await json('GET', '/v1/sessions?proxy=a&state=ended')).body).toMatchObject({ total: 0 })
    expect((await json('GET', '/v1/sessions?state=all&limit=1')).body).toMatchObject({ total: 1 })
  })

  test('can be reset, once', async () => {
    const { body } = await json('GET', '/v1/sessions')
    const [session] = body['sessions'] as readonly { id: string }[]
    const path = `/v1/sessions/${session!.id}`
    expect((await rig.ask('DELETE', `${path}?reason=stuck`)).status).toBe(204)
    await eventually('the client is cut off', () => client.destroyed)
    await eventually('the session has ended', async () => (await json('GET', '/v1/sessions')).body['total'] === 0)
    expect((await json('GET', path)).body).toMatchObject({ ending: { origin: 'proxy', reason: 'killed' } })
    expect(await json('DELETE', path)).toMatchObject({ status: 404, body: { code: 'session_not_found' } })
    expect(rig.changes.filter(({ action }) => action === 'session-reset')).toMatchObject([
      {
        proxy: 'a',
        session: session!.id,
        actor: expect.stringContaining('127.0.0.1'),
        reason: 'stuck',
        before: { id: session!.id, client: expect.stringContaining('127.0.0.1:'), touchedBy: [] },
        after: null,
      },
    ])
  })
})

describe('mistakes are problem documents', () => {
  test.each([
    ['/v1/sessions?limit=0', 'limit', '0', 'a whole number of 1 to 9999'],
    ['/v1/sessions?limit=1e3', 'limit', '1e3', 'a whole number of 1 to 9999'],
    ['/v1/sessions?limit=1&limit=2', 'limit', ['1', '2'], 'one number'],
    ['/v1/sessions?state=dead', 'state', 'dead', 'live, ended or all'],
    ['/v1/sessions?states=all', 'states', 'all', 'one of proxy, state, limit'],
  ])('%s', async (url, field, value, expected) => {
    const answer = await json('GET', url)
    expect(answer).toMatchObject({ status: 400, type: 'application/problem+json' })
    expect(answer.body).toEqual({
      type: '/docs/errors#invalid_value',
      title: ERRORS.invalid_value.title,
      status: 400,
      detail: expect.stringContaining(field),
      code: 'invalid_value',
      field,
      value,
      expected,
    })
  })

  test.each([
    ['GET', '/v1/nothing', 'no route for GET /v1/nothing'],
    ['GET', '/v1/status/', 'no route for GET /v1/status/'],
  ])('%s %s', async (method, url, detail) => {
    expect(await json(method, url)).toMatchObject({ status: 404, body: { code: 'route_not_found', detail } })
  })

  test.each([
    ['PUT', '/v1/status', 'GET'],
    ['PATCH', '/v1/sessions/1', 'GET, DELETE'],
  ])('%s %s is told what the route answers', async (method, url, allowed) => {
    const { status, headers, body } = await rig.ask(method, url)
    expect(status).toBe(405)
    expect(headers['allow']).toBe(allowed)
    expect(JSON.parse(body)).toMatchObject({ code: 'method_not_allowed', detail: expect.stringContaining(allowed) })
  })

  test('the type of a problem leads to a page of this very server', async () => {
    const { status, body } = await rig.ask('GET', '/docs/errors')
    expect(status).toBe(200)
    for (const code of Object.keys(ERRORS)) expect(body).toContain(`id="${code}"`)
  })
})
