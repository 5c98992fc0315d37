import { afterEach, beforeEach, expect, test } from 'vitest'
import { AdminRig } from '../../support/admin-rig.ts'

/** What is no address: our routes refuse it, Toxiproxy's take it as Toxiproxy does. */

let rig: AdminRig
beforeEach(() => {
  rig = new AdminRig()
})
afterEach(() => rig[Symbol.asyncDispose]())

async function ask(method: string, url: string, body: object): Promise<{ status: number; body: unknown }> {
  const answer = await rig.ask(method, url, JSON.stringify(body))
  return { status: answer.status, body: JSON.parse(answer.body) }
}

const OFF = { name: 'p', listen: '127.0.0.1:0', enabled: false }
const refusal = (field: string, value: string) => ({
  status: 400,
  body: { code: 'invalid_value', field, value, detail: expect.stringContaining(`missing port in address`) as string },
})

test.each(['tcp', 'http'])('ours refuse an upstream without a port, protocol %s', async (protocol) => {
  const refused = refusal('upstream', 'localhost')
  expect(await ask('POST', '/v1/proxies', { ...OFF, protocol, upstream: 'localhost' })).toMatchObject(refused)
  expect(rig.control.proxies()).toEqual([])
  await ask('POST', '/v1/proxies', { ...OFF, protocol, upstream: 'localhost:1' })
  expect(await ask('PATCH', '/v1/proxies/p', { upstream: 'localhost' })).toMatchObject(refused)
  expect(rig.control.proxy('p').upstream).toBe('localhost:1')
})

test('ours refuse a listen address without a port', async () => {
  const refused = refusal('listen', 'localhost')
  expect(await ask('POST', '/v1/proxies', { ...OFF, upstream: 'u:1', listen: 'localhost' })).toMatchObject(refused)
  await ask('POST', '/v1/proxies', { ...OFF, upstream: 'u:1' })
  expect(await ask('PATCH', '/v1/proxies/p', { listen: 'localhost' })).toMatchObject(refused)
})

test('Toxiproxy’s take one, and then all else of that proxy can still be changed by ours', async () => {
  const shown = { status: 201, body: { upstream: 'localhost' } }
  expect(await ask('POST', '/proxies', { ...OFF, upstream: 'localhost' })).toMatchObject(shown)
  expect(await ask('POST', '/populate', [{ ...OFF, name: 'q', upstream: 'localhost' }])).toMatchObject({
    status: 201,
    body: { proxies: [{ upstream: 'localhost' }] },
  })
  expect(await ask('PATCH', '/proxies/p', { upstream: 'db' })).toMatchObject({ status: 200, body: { upstream: 'db' } })
  const known = { status: 200, body: { upstream: 'db', protocol: 'http' } }
  expect(await ask('PATCH', '/v1/proxies/p', { protocol: 'http', upstream: 'db' })).toMatchObject(known)
  expect(await ask('PATCH', '/v1/proxies/p', { upstream: 'localhost' })).toMatchObject(refusal('upstream', 'localhost'))
})
