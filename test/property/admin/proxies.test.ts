import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { AdminRig } from '../../support/admin-rig.ts'

const words =
  'name listen upstream enabled protocol http tls proxy_protocol faults peek accept send lenient host forwarded_for header_faults tell max_head max_headers servername ca cert key verify alpn authority names client_ca cert_file key_file ca_file __proto__ constructor toString '.split(
    ' ',
  )
const values =
  'tcp v1 v2 h:1 http://h https://h:8443 https://u:p@h redis://h -----BEGIN (set) 32KiB 10.0.0.1 *.a.test'.split(' ')
const key = fc.constantFrom(...words)
const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 2, stringUnit: 'binary' }),
  fc.constantFrom<unknown>(...words, ...values, -1, 0, 1, 1.5, 4096, 1e300, true, false, null),
)
const object = fc.dictionary(key, fc.oneof(odd, fc.dictionary(key, fc.oneof(odd, fc.dictionary(key, odd)))))
const likely = fc
  .tuple(object, fc.constantFrom('p', 'q'), fc.constantFrom('u:1', 'http://u', 'https://u'))
  .map(([fields, name, upstream]) => Object.assign(fields, { name, upstream, enabled: false }))
const body = fc.oneof(
  { weight: 6, arbitrary: likely.map((value) => JSON.stringify(value)) },
  { weight: 4, arbitrary: object.map((value) => JSON.stringify(Object.assign(value, { enabled: false }))) },
  { weight: 1, arbitrary: fc.json() },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)) },
)

const ALL = '/v1/proxies'

test('whatever body is sent, a proxy is made or changed as a whole, or refused with the name of a field', async () => {
  await using rig = new AdminRig()
  await rig.control.addProxy({ name: 'p', upstream: 'u:1', enabled: false, protocol: 'http', http: { tell: true } })
  const target = fc.constantFrom<readonly [string, string]>(['POST', ALL], ['PATCH', `${ALL}/p`])
  await fc.assert(
    fc.asyncProperty(target, body, async ([method, url], payload) => {
      const before = rig.control.proxies()
      const { status, body: text, headers } = await rig.ask(method, url, payload)
      const answer = JSON.parse(text) as { code?: string; field?: unknown; detail?: unknown }
      // An address that cannot be listened on is no mistake in the document.
      expect([200, 201, 400, 409, ...(answer.code === 'listen_failed' ? [500] : [])]).toContain(status)
      const refused = status >= 400
      const said = refused ? 'string' : 'undefined'
      expect([typeof answer.detail, typeof answer.field]).toEqual([said, said])
      expect(refused ? rig.control.proxies() : before).toEqual(before)
      // A name is no secret, whatever it looks like.
      expect(answer.field !== 'name' && /u:p@/.test(text)).toBe(false)
      const gone = status === 201 ? await rig.ask('DELETE', String(headers['location'])) : { status: 204 }
      expect(gone.status).toBe(204)
    }),
    { numRuns: 2000 },
  )
})

const option = <T>(kind: fc.Arbitrary<T>) => fc.option(kind, { nil: undefined })
const proxy = fc.record({
  upstream: fc.constantFrom('u:1', '[::1]:2', 'unix:/s', 'http://a.test', 'https://a.test:444'),
  protocol: fc.constant('http'),
  http: option(
    fc.record(
      {
        lenient: fc.boolean(),
        host: fc.constantFrom('preserve', 'upstream', 'a.test:1', '[::1]'),
        forwarded_for: fc.boolean(),
        header_faults: fc.boolean(),
        tell: fc.boolean(),
        max_head: fc.integer({ min: 1024, max: 2 ** 20 }),
        max_headers: fc.integer({ min: 1, max: 10_000 }),
      },
      { requiredKeys: [] },
    ),
  ),
  proxy_protocol: option(fc.record({ accept: fc.boolean(), send: fc.constantFrom('v1', 'v2') }, { requiredKeys: [] })),
})

test('whatever is taken is shown in a way that is taken again, with the same plan', async () => {
  await using rig = new AdminRig()
  const tls = option(fc.record({ peek: fc.boolean() }))
  await fc.assert(
    fc.asyncProperty(proxy, tls, async (fields, tls) => {
      const wanted = { name: 'p', listen: '127.0.0.1:9', enabled: false, ...fields, tls }
      const added = await rig.ask('POST', ALL, JSON.stringify(wanted))
      expect(`${added.status} ${added.body}`).toMatch(/^201 /)
      const first = rig.control.proxy('p')
      const patched = await rig.ask('PATCH', `${ALL}/p`, added.body)
      expect(`${patched.status} ${patched.body}`).toBe(`200 ${added.body}`)
      expect(rig.control.proxy('p')).toBe(first)
      await rig.ask('DELETE', `${ALL}/p`)
      const revision = expect.any(Number) as number
      const again = JSON.parse((await rig.ask('POST', ALL, added.body)).body) as object
      expect(again).toEqual({ ...(JSON.parse(added.body) as object), revision })
      expect(rig.control.proxy('p')).toEqual({ ...first, revision })
      await rig.ask('DELETE', `${ALL}/p`)
    }),
    { numRuns: 200 },
  )
})
