import { describe, expect, test } from 'vitest'
import type { AccessEntry } from '../../../src/admin/access-entry.ts'
import { AdminRig } from '../../support/admin-rig.ts'
import { eventually } from '../../support/wait.ts'

const CHROME = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Chrome/140' }

describe('browsers', () => {
  test.each([
    ['/proxies', CHROME, 403],
    ['/metrics', CHROME, 403],
    ['/proxies', { 'user-agent': 'mozilla/5.0' }, 200],
    ['/proxies', { ...CHROME, 'sec-fetch-site': 'same-origin' }, 200],
    ['/proxies', { ...CHROME, origin: 'http://localhost:8474' }, 200],
    ['/proxies', { ...CHROME, 'sec-fetch-site': 'none' }, 403],
    ['/proxies', { ...CHROME, 'sec-fetch-site': 'cross-site' }, 403],
    ['/v1/status', CHROME, 200],
    ['/docs/errors', CHROME, 200],
    ['/docs', CHROME, 200],
    ['/openapi.json', CHROME, 200],
    ['/nothing', CHROME, 404],
  ])('GET %s with %j: %i', async (url, headers, status) => {
    await using rig = new AdminRig({ metrics: () => Promise.resolve('') })
    expect(await rig.ask('GET', url, undefined, headers)).toMatchObject({ status })
  })

  test("a refused browser is told so in Toxiproxy's words", async () => {
    await using rig = new AdminRig()
    const { body, headers } = await rig.ask('GET', '/proxies', undefined, CHROME)
    expect(body).toBe('User agent not allowed\n')
    expect(headers).toMatchObject({ 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' })
    expect(headers['x-toxiproxy-request-id']).toMatch(/^[0-9a-v]{20}$/)
  })
})

describe('foreign callers', () => {
  test.each([
    ['/proxies', { host: 'evil.example' }, 'text/plain; charset=utf-8'],
    ['/v1/status', { host: 'evil.example' }, 'application/problem+json'],
    ['/healthz', { host: 'evil.example:8474' }, 'application/problem+json'],
    ['/nothing', { host: 'evil.example' }, 'text/plain; charset=utf-8'],
    ['/proxies', { origin: 'null' }, 'text/plain; charset=utf-8'],
    ['/v1/status', { origin: 'http://evil.example' }, 'application/problem+json'],
  ])('GET %s with %j is refused', async (url, headers, type) => {
    await using rig = new AdminRig()
    const answer = await rig.ask('GET', url, undefined, headers)
    expect(answer).toMatchObject({ status: 403, headers: { 'content-type': type } })
  })

  test('an allowed name is let in', async () => {
    await using rig = new AdminRig({ allowHosts: ['chaos.example'] })
    expect(await rig.ask('GET', '/proxies', undefined, { host: 'chaos.example:8474' })).toMatchObject({ status: 200 })
  })

  // A header that no URL can hold once took the whole request down.
  test.each(['localhost:99999', '[fe80::1%25eth0]', '127.0.0.1:'])('Host %s is answered', async (host) => {
    await using rig = new AdminRig()
    expect((await rig.ask('GET', '/proxies', undefined, { host })).status).toBeLessThan(500)
  })
})

test.each(['/v1/status', '/docs', '/v1/nothing', '/v1/profiles/nobody?format=text'])(
  'nothing but what it is called is to be found in %s',
  async (url) => {
    await using rig = new AdminRig()
    expect((await rig.ask('GET', url)).headers['x-content-type-options']).toBe('nosniff')
  },
)

describe('with a token', () => {
  test.each([
    ['/healthz', 200],
    ['/version', 200],
    ['/proxies', 401],
    ['/metrics', 401],
    ['/v1/status', 401],
    ['/docs/errors', 401],
    ['/docs', 401],
    ['/openapi.json', 401],
    ['/nothing', 401],
    ['/v1/nothing', 401],
  ])('GET %s without it: %i', async (url, status) => {
    await using rig = new AdminRig({ token: 'secret', metrics: () => Promise.resolve('') })
    const answer = await rig.ask('GET', url)
    expect(answer.status).toBe(status)
    expect(answer.headers['www-authenticate']).toBe(status === 401 ? 'Bearer realm="foulweather"' : undefined)
    expect(JSON.stringify(answer)).not.toContain('secret')
  })

  test('everything opens with it', async () => {
    await using rig = new AdminRig({ token: 'secret' })
    for (const url of ['/proxies', '/v1/status', '/version']) {
      expect((await rig.ask('GET', url, undefined, { authorization: 'Bearer secret' })).status).toBe(200)
    }
  })
})

const broken = () => Promise.reject(new TypeError('the innards'))

describe('requests are reported', () => {
  test('with method, url, status, caller and request id, but without secrets', async () => {
    const entries: AccessEntry[] = []
    await using rig = new AdminRig({ token: 'secret', onRequest: (entry) => entries.push(entry) })
    await rig.ask('GET', '/proxies/x?y', undefined, { authorization: 'Bearer secret', 'user-agent': 'test/1' })
    await rig.ask('GET', '/proxies', undefined, { authorization: 'Bearer wrong' })
    await eventually('both are reported', () => entries.length === 2)
    expect(entries).toMatchObject([
      {
        method: 'GET',
        url: '/proxies/x?y',
        status: 404,
        userAgent: 'test/1',
        requestId: expect.stringMatching(/^\w{20}$/),
      },
      { method: 'GET', url: '/proxies', status: 401 },
    ])
    expect(JSON.stringify(entries)).not.toMatch(/secret|wrong/)
  })

  test('with the error, when it was a mistake of ours; the caller is told nothing of it', async () => {
    const entries: AccessEntry[] = []
    await using rig = new AdminRig({ metrics: broken, onRequest: (entry) => entries.push(entry) })
    const answer = await rig.ask('GET', '/metrics')
    expect(answer).toMatchObject({ status: 500, body: '{"error":"internal error","status":500}\n' })
    await eventually('it is reported', () => entries.length === 1)
    expect(entries[0]!.error?.message).toContain('the innards')
  })
})
