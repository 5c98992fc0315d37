import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AdminRig } from '../../support/admin-rig.ts'

let rig: AdminRig
beforeEach(async () => {
  rig = new AdminRig()
  await rig.control.createProxy({ name: 'p', listen: '127.0.0.1:9', upstream: 'u:1', enabled: false })
  await rig.control.addFault('p', { name: 'f', type: 'latency', latency: 5 })
})
afterEach(() => rig[Symbol.asyncDispose]())

const PROXY = '/v1/proxies/p'
const FAULT = `${PROXY}/faults/f`
const ask = (method: string, url: string, body?: unknown, headers: Record<string, string> = {}) =>
  rig.ask(method, url, body === undefined ? undefined : JSON.stringify(body), headers)
const revisionOf = ({ body }: { readonly body: string }) => (JSON.parse(body) as { revision: number }).revision

describe('ETag', () => {
  test('is the revision of what is answered', async () => {
    const answers = [
      await ask('GET', PROXY),
      await ask('GET', FAULT),
      await ask('PATCH', FAULT, { latency: 6 }),
      await ask('POST', `${PROXY}/faults`, { type: 'noop' }),
      await ask('PATCH', PROXY, { upstream: 'u:2' }),
      await ask('POST', '/v1/proxies', { name: 'q', listen: '127.0.0.1:9', upstream: 'u:1', enabled: false }),
    ]
    for (const answer of answers) expect(answer.headers['etag']).toBe(`"${revisionOf(answer)}"`)
    expect(new Set(answers.map(revisionOf)).size).toBe(answers.length)
  })

  test('of a proxy changes with its faults', async () => {
    const before = await ask('GET', PROXY)
    await ask('PATCH', FAULT, { latency: 6 })
    expect((await ask('GET', PROXY)).headers['etag']).not.toBe(before.headers['etag'])
  })

  test('what is read again is told to be the same, whatever has been counted', async () => {
    const { headers } = await ask('GET', FAULT)
    const etag = String(headers['etag'])
    for (const given of [etag, `W/${etag}`, `"99", ${etag}`]) {
      expect(await ask('GET', FAULT, undefined, { 'if-none-match': given })).toMatchObject({ status: 304, body: '' })
    }
    expect((await ask('GET', FAULT, undefined, { 'if-none-match': '"99"' })).status).toBe(200)
    await ask('PATCH', FAULT, { latency: 6 })
    expect((await ask('GET', FAULT, undefined, { 'if-none-match': etag })).status).toBe(200)
  })
})

const tags = (count: number) => Array.from({ length: count }, (_, at) => `"${at}"`).join(',')

describe('If-Match', () => {
  test.each([
    ['PATCH', FAULT, { latency: 6 }, 200],
    ['DELETE', FAULT, undefined, 204],
    ['PATCH', PROXY, { upstream: 'u:2' }, 200],
    ['DELETE', PROXY, undefined, 204],
  ])('%s %s does nothing where somebody else was faster', async (method, url, body, status) => {
    const etag = String((await ask('GET', url)).headers['etag'])
    await ask('PATCH', FAULT, { latency: 7 })
    const changes = rig.changes.length
    const refused = await ask(method, url, body, { 'if-match': etag })
    expect(refused.status).toBe(412)
    const now = String((await ask('GET', url)).headers['etag'])
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'precondition_failed', field: 'If-Match', expected: now })
    expect(rig.changes).toHaveLength(changes)
    expect((await ask(method, url, body, { 'if-match': `"99999", ${now}` })).status).toBe(status)
  })

  test('* is whatever is there', async () => {
    expect((await ask('PATCH', FAULT, { latency: 6 }, { 'if-match': ' * ' })).status).toBe(200)
    expect((await ask('PATCH', `${PROXY}/faults/g`, {}, { 'if-match': '*' })).status).toBe(404)
  })

  test.each(['W/"1"', '1', '"01"', '"1', '"x"', '""', '*, "1"', ',', '', '"1" "2"', '"-1"', `"${'9'.repeat(16)}"`])(
    '%j is refused',
    async (given) => {
      const { status, body } = await ask('DELETE', FAULT, undefined, { 'if-match': given })
      expect(status).toBe(400)
      expect(JSON.parse(body)).toMatchObject({
        code: 'invalid_value',
        field: 'If-Match',
        expected: expect.stringContaining('"12"') as string,
      })
      expect(rig.control.fault('p', 'f').plan.params['latency']).toBe(5)
    },
  )

  test('of a hundred tags is read, of more it is not', async () => {
    expect((await ask('PATCH', FAULT, {}, { 'if-match': tags(100) })).status).toBe(200)
    expect((await ask('PATCH', FAULT, {}, { 'if-match': tags(101) })).status).toBe(400)
  })

  test("is nothing to Toxiproxy's routes, which show no tag", async () => {
    expect((await ask('POST', '/proxies/p/toxics/f', {}, { 'if-match': 'nonsense' })).status).toBe(200)
  })
})

describe('the reason for a change', () => {
  test.each([
    ['in the header', FAULT, { 'x-foulweather-reason': 'game day' }, 'game day'],
    ['in UTF-8', FAULT, { 'x-foulweather-reason': Buffer.from('Übung ☔').toString('latin1') }, 'Übung ☔'],
    ['in Latin-1', FAULT, { 'x-foulweather-reason': '\u00DCbung' }, 'Übung'],
    ['in the query', `${FAULT}?reason=game%20day+2`, {}, 'game day 2'],
    ['in both: that of the header', `${FAULT}?reason=a`, { 'x-foulweather-reason': 'b' }, 'b'],
    ['with 500 characters', FAULT, { 'x-foulweather-reason': 'r'.repeat(500) }, 'r'.repeat(500)],
    ['not at all', FAULT, {}, undefined],
    ['with nothing in it', `${FAULT}?reason=`, {}, undefined],
  ])('is told %s', async (_, url, headers, reason) => {
    expect((await ask('DELETE', url, undefined, headers)).status).toBe(204)
    expect(rig.changes.at(-1)?.reason).toBe(reason)
  })

  test.each([
    ['a line break', `${FAULT}?reason=a%0Ab`, {}, 'reason'],
    ['a tab', FAULT, { 'x-foulweather-reason': 'a\tb' }, 'X-Foulweather-Reason'],
    ['an escape of a terminal', `${FAULT}?reason=%1B[2J`, {}, 'reason'],
    ['a control character of Latin-1', FAULT, { 'x-foulweather-reason': 'a\u0085b' }, 'X-Foulweather-Reason'],
    ['a line separator', `${FAULT}?reason=a%E2%80%A8b`, {}, 'reason'],
    ['501 characters', FAULT, { 'x-foulweather-reason': 'r'.repeat(501) }, 'X-Foulweather-Reason'],
    ['two of them', `${FAULT}?reason=a&reason=b`, {}, 'reason'],
  ])('with %s is refused, and nothing is changed', async (_, url, headers, field) => {
    const { status, body } = await ask('DELETE', url, undefined, headers)
    expect(status).toBe(400)
    expect(JSON.parse(body)).toMatchObject({ code: 'invalid_value', field, expected: expect.any(String) as string })
    expect(rig.control.fault('p', 'f').plan.name).toBe('f')
  })

  test("may be given to Toxiproxy's routes too", async () => {
    await ask('DELETE', '/proxies/p/toxics/f', undefined, { 'x-foulweather-reason': 'enough' })
    expect(rig.changes.at(-1)).toMatchObject({ action: 'fault-removed', reason: 'enough' })
  })
})

test('the status tells how many changes there have been, and that nothing is halted', async () => {
  const status = async () => JSON.parse((await ask('GET', '/v1/status')).body) as Record<string, unknown>
  expect(await status()).toMatchObject({ revision: 2, halted: null })
  await ask('POST', '/v1/halt', undefined, { 'x-foulweather-reason': 'smoke' })
  expect(await status()).toMatchObject({
    revision: rig.changes.at(-1)?.revision,
    halted: { since: expect.any(String) as string, actor: expect.any(String) as string, reason: 'smoke' },
  })
})

test('a profile that is switched on is not said to be what it was, though its revision is', async () => {
  await ask('PUT', '/v1/profiles/x', { faults: [] })
  const { headers } = await ask('GET', '/v1/profiles/x')
  const seen = { 'if-none-match': String(headers['etag']) }
  await ask('POST', '/v1/profiles/x/activate')
  const again = await ask('GET', '/v1/profiles/x', undefined, seen)
  expect(again).toMatchObject({ status: 200, headers: { etag: headers['etag'] } })
  expect(JSON.parse(again.body)).toMatchObject({ state: 'active' })
  expect(await ask('GET', '/v1/profiles/x?format=text', undefined, seen)).toMatchObject({ status: 304, body: '' })
})
