import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { echoedClient, echoServer } from '../../support/admin-rig.ts'
import { ProfileAdminRig } from '../../support/profile-admin-rig.ts'

let rig: ProfileAdminRig
beforeEach(() => {
  rig = new ProfileAdminRig()
})
afterEach(() => rig[Symbol.asyncDispose]())

const TWO = `
proxies:
  made: { listen: "127.0.0.1:0", upstream: "127.0.0.1:9" }
faults:
  - { on: "*", name: everywhere, type: noop }
`

describe('a halt', () => {
  beforeEach(async () => {
    await rig.control.addProxy({ name: 'own', upstream: '127.0.0.1:9', enabled: false })
    await rig.ask('POST', '/v1/proxies/own/faults', { type: 'latency', latency: '1h' })
    await rig.ask('PUT', '/v1/profiles/two', TWO)
    await rig.ask('POST', '/v1/profiles/two/activate')
  })

  test('removes every fault, deactivates every profile, and lets their proxies be', async () => {
    const { status, body } = await rig.ask('POST', '/v1/halt?reason=enough')
    expect(status).toBe(200)
    expect(body).toEqual({
      since: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      faults_removed: 3,
      profiles_deactivated: ['two'],
      proxies_disabled: ['own'],
    })
    expect(rig.control.proxies().map(({ name, faults }) => [name, faults.length])).toEqual([
      ['made', 0],
      ['own', 0],
    ])
    expect((await rig.ask('GET', '/v1/profiles/two')).body).toMatchObject({ state: 'inactive' })
  })

  test('is shown with who did it and why, until it is resumed', async () => {
    expect((await rig.ask('GET', '/v1/halt')).body).toEqual({ halted: false })
    const { body } = await rig.ask('POST', '/v1/halt', undefined, { 'x-foulweather-reason': 'enough' })
    const shown = { halted: true, since: body['since'], actor: expect.any(String) as string, reason: 'enough' }
    expect((await rig.ask('GET', '/v1/halt')).body).toEqual(shown)
    expect((await rig.ask('GET', '/v1/status')).body).toMatchObject({
      halted: { since: body['since'], reason: 'enough' },
    })
    expect(await rig.ask('POST', '/v1/resume')).toMatchObject({ status: 200, body: { halted: false } })
    expect((await rig.ask('GET', '/v1/halt')).body).toEqual({ halted: false })
  })

  test('that comes twice keeps the first', async () => {
    const first = await rig.ask('POST', '/v1/halt?reason=first')
    const second = await rig.ask('POST', '/v1/halt?reason=second')
    expect(second).toMatchObject({
      status: 200,
      body: { since: first.body['since'], faults_removed: 0, profiles_deactivated: [] },
    })
    expect((await rig.ask('GET', '/v1/halt')).body).toMatchObject({ reason: 'first' })
    expect(rig.changes.filter(({ action }) => action === 'halted')).toHaveLength(1)
  })

  test('takes no faults, from anybody, until it is resumed', async () => {
    await rig.ask('POST', '/v1/halt')
    const refused = { status: 409, body: { code: 'halted' } }
    expect(await rig.ask('POST', '/v1/proxies/own/faults', { type: 'noop' })).toMatchObject(refused)
    expect(await rig.ask('POST', '/v1/profiles/two/activate')).toMatchObject(refused)
    expect(await rig.ask('POST', '/proxies/own/toxics', { type: 'noop' })).toMatchObject({ status: 409 })
    await rig.ask('POST', '/v1/resume')
    expect((await rig.ask('POST', '/v1/proxies/own/faults', { type: 'noop' })).status).toBe(201)
    expect((await rig.ask('POST', '/v1/profiles/two/activate')).status).toBe(200)
  })

  test('that is over twice is over', async () => {
    expect(await rig.ask('POST', '/v1/resume')).toMatchObject({ status: 200, body: { halted: false } })
    expect(rig.changes.filter(({ action }) => action === 'resumed')).toHaveLength(0)
  })
})

test('a halt lets go what a live session waits for', async () => {
  await using echo = await echoServer()
  const { listen } = await rig.control.addProxy({ name: 'live', listen: '127.0.0.1:0', upstream: echo.address })
  const client = await echoedClient(listen)
  await rig.ask('POST', '/v1/proxies/live/faults', { type: 'latency', latency: '1h' })
  client.write('held')
  const answer = new Promise<string>((resolve) => void client.once('data', (bytes) => resolve(bytes.toString())))
  await expect.poll(async () => (await rig.ask('GET', '/v1/status')).body['held']).not.toMatchObject({ bytes: 0 })
  await rig.ask('POST', '/v1/halt')
  expect(await answer).toBe('held')
  client.destroy()
})

const ONE = '/v1/proxies/own/faults/f'
const add = (fields: object) => rig.ask('POST', '/v1/proxies/own/faults', { type: 'noop', name: 'f', ...fields })
const renew = () => rig.ask('POST', `${ONE}/renew`)

describe('the lease of a fault', () => {
  beforeEach(async () => {
    await rig.control.addProxy({ name: 'own', upstream: '127.0.0.1:9', enabled: false })
  })

  test('begins anew, and the fault goes where it does not', async () => {
    expect((await add({ lease: '10s' })).body).toMatchObject({ lease: 10_000, ttl_remaining: 10_000 })
    rig.clock.advance(9000)
    const renewed = await renew()
    expect(renewed).toMatchObject({ status: 200, body: { name: 'f', lease: 10_000, ttl_remaining: 10_000 } })
    expect(renewed.headers['etag']).toBe(`"${String(renewed.body['revision'])}"`)
    rig.clock.advance(9999)
    expect((await rig.ask('GET', ONE)).status).toBe(200)
    rig.clock.advance(1)
    await expect.poll(async () => (await rig.ask('GET', ONE)).status).toBe(404)
    expect(rig.changes.at(-1)).toMatchObject({ action: 'fault-expired', fault: 'f', reason: 'lease' })
  })

  test('does not outlast its ttl', async () => {
    await add({ lease: '10s', ttl: '15s' })
    rig.clock.advance(9000)
    expect((await renew()).body).toMatchObject({ ttl: 15_000, ttl_remaining: 6000 })
  })

  test('has to be there', async () => {
    await add({ ttl: '10s' })
    expect(await renew()).toMatchObject({ status: 409, body: { code: 'no_lease' } })
    expect(await rig.ask('POST', '/v1/proxies/own/faults/g/renew')).toMatchObject({
      status: 404,
      body: { code: 'fault_not_found' },
    })
    expect(await rig.ask('POST', '/v1/proxies/nope/faults/f/renew')).toMatchObject({
      status: 404,
      body: { code: 'proxy_not_found' },
    })
  })
})

test('where everything has to end by itself, an activation without an end is refused', async () => {
  await using strict = new ProfileAdminRig({ lifetimes: { requireTtl: true, maxTtl: 60_000 } })
  await strict.ask('PUT', '/v1/profiles/two', TWO)
  const activate = (body: object) => strict.ask('POST', '/v1/profiles/two/activate', body)
  expect(await activate({ ttl: '2m' })).toMatchObject({ status: 400, body: { field: 'ttl', value: 120_000 } })
  expect((await activate({})).body).toMatchObject({ state: 'active', ttl: 60_000 })
})
