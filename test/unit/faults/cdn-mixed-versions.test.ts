import { gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { HeaderList } from '../../../src/core/http.ts'
import { faultDefinition, parseParams } from '../../../src/faults/index.ts'
import { aRequest, aResponse, changeOf, ExchangeFaults, fields } from '../../support/exchange-context.ts'
import { refusalOf } from '../../support/http-fault.ts'
import { ManualRandom } from '../../support/manual-random.ts'

const TYPE = 'cdn_mixed_versions'

const CAME: HeaderList = [
  ['ETag', '"abc"'],
  ['Last-Modified', 'Sun, 22 Nov 2026 12:00:00 GMT'],
]

const ALL = { share: 1 }

describe('the old version', () => {
  test('has another tag, an older date and its name', () => {
    const came = aResponse({ headers: CAME })
    expect(new ExchangeFaults(TYPE, { ...ALL, version_name: 'v1', age: '2h' }).response(came)).toEqual({
      what: 'old_version',
      head: {
        ...came,
        headers: [
          ['ETag', '"abc-v1"'],
          ['Last-Modified', 'Sun, 22 Nov 2026 10:00:00 GMT'],
          ['X-Version', 'v1'],
        ],
      },
    })
  })

  test.each([
    ['W/"abc"', ['W/"abc-old"']],
    ['abc', ['"old"']],
    [undefined, []],
  ])('of the tag %s', (tag, expected) => {
    const headers: HeaderList = tag === undefined ? [] : [['ETag', tag]]
    const head = new ExchangeFaults(TYPE, ALL).response(aResponse({ headers }))?.head
    expect(fields(head?.headers, 'etag')).toEqual(expected)
  })

  test('has its own body, encoded as the other was', () => {
    const faults = new ExchangeFaults(TYPE, { ...ALL, body: 'v1' })
    expect(changeOf(faults.response(aResponse()), 'v2')?.body.toString()).toBe('v1')
    const zipped = faults.response(aResponse({ headers: [['Content-Encoding', 'gzip']] }))
    expect(gunzipSync(changeOf(zipped, gzipSync('v2'))?.body ?? '').toString()).toBe('v1')
    const odd = changeOf(faults.response(aResponse({ headers: [['Content-Encoding', 'odd']] })), 'v2')
    expect(odd?.body.toString()).toBe('v1')
    expect(odd?.headers?.([['Content-Encoding', 'odd']])).toEqual([])
    expect(faults.response(aResponse({ status: 206 }))?.body).toBeUndefined()
    expect(faults.response(aResponse({}, 0))?.body).toBeUndefined()
  })

  test('does not know the validators of the new one', () => {
    const faults = new ExchangeFaults(TYPE, ALL)
    const strip = (...headers: HeaderList) => faults.request(aRequest({ headers }))?.head?.headers
    expect(strip(['If-None-Match', '"abc"'], ['A', 'b'], ['if-modified-since', 'x'])).toEqual([['A', 'b']])
    expect(strip(['Range', 'bytes=0-1'], ['If-Range', '"abc"'])).toEqual([])
    expect(strip(['Range', 'bytes=0-1'])).toBeUndefined()
  })

  test.each(['"abc-old"', '"x", W/"abc-old"', '*'])('knows its own: %s', (tag) => {
    const request = aRequest({ headers: [['If-None-Match', tag]] })
    const headers: HeaderList = [...CAME, ['Content-Length', '4'], ['Cache-Control', 'max-age=60'], ['vary', 'accept']]
    expect(new ExchangeFaults(TYPE, ALL).response(aResponse({ headers }), request)?.answer).toEqual({
      status: 304,
      headers: [
        ['ETag', '"abc-old"'],
        ['Last-Modified', 'Sun, 22 Nov 2026 11:00:00 GMT'],
        ['Cache-Control', 'max-age=60'],
        ['vary', 'accept'],
        ['X-Version', 'old'],
      ],
      body: Buffer.alloc(0),
    })
  })

  test('has no such file', () => {
    const faults = new ExchangeFaults(TYPE, { ...ALL, asset: 'missing' })
    expect(faults.request(aRequest())?.answer?.status).toBe(404)
    expect(faults.request(aRequest())?.forward).toBeUndefined()
    expect(faults.response(aResponse())).toBeUndefined()
  })

  test('is not met by other methods and statuses', () => {
    const faults = new ExchangeFaults(TYPE, { ...ALL, asset: 'missing' })
    expect(faults.request(aRequest({ method: 'POST' }))).toBeUndefined()
    const changed = new ExchangeFaults(TYPE, ALL)
    expect(changed.response(aResponse(), aRequest({ method: 'POST' }))).toBeUndefined()
    expect(changed.response(aResponse({ status: 404 }))).toBeUndefined()
  })
})

describe('who meets it', () => {
  const conditional = aRequest({ headers: [['If-None-Match', '"a"']] })

  test('each exchange draws once, for request and response together', () => {
    // Request and response have generators of their own.
    const faults = new ExchangeFaults(
      TYPE,
      { share: 0.5 },
      (place) => new ManualRandom(place.endsWith('request') ? 0.4 : 0.9),
    )
    expect(faults.request(conditional)).toBeDefined()
    expect(faults.request(conditional)).toBeDefined()
    expect(faults.response(aResponse(), conditional)).toBeDefined()
    expect(faults.response(aResponse(), conditional, { exchange: 2 })).toBeUndefined()
  })

  test.each([
    ['client', (name: string) => ({ client: name })],
    ['header:X-User', () => ({})],
  ])('key %s: the same always, about a share of many, and others with another salt', (key, options) => {
    const metBy = (salt: string) =>
      Array.from({ length: 1000 }, (_, nth) => {
        const request = aRequest({ headers: [['x-user', `user ${nth}`]] })
        const faults = new ExchangeFaults(TYPE, { share: '30%', key, salt })
        return faults.response(aResponse(), request, options(`10.0.0.${nth}`)) !== undefined
      })
    const first = metBy('')
    // Four standard deviations of a binomial one.
    expect(Math.abs(first.filter(Boolean).length - 300)).toBeLessThan(4 * Math.sqrt(210))
    expect(metBy('')).toEqual(first)
    expect(metBy('x')).not.toEqual(first)
  })

  test('a share of 0 nobody', () => {
    expect(new ExchangeFaults(TYPE, { share: 0 }).response(aResponse())).toBeUndefined()
  })
})

test.each([
  [{ share: 2 }, 'share: expected a share of 0 to 1'],
  [{ key: 'proxy' }, 'key: expected exchange, client, or header:NAME with the name of a request field, got "proxy"'],
  [{ salt: 'x'.repeat(201) }, 'salt: expected a text of at most 200 characters'],
  [{ version_name: 'a b' }, 'version_name: expected 1 to 64 letters, digits, dots, underscores and hyphens, got "a b"'],
  [{ version_name: 'a\r\n' }, 'version_name: expected 1 to 64 letters'],
  [{ asset: 'gone' }, 'asset: expected changed or missing, got "gone"'],
  [{ body: 'x'.repeat(2 ** 20 + 1) }, 'body: expected a text of at most 1048576 bytes'],
])('%.60j is refused', (params, text) => expect(refusalOf(TYPE, params)).toContain(text))

test('what does nothing is warned about', () => {
  const params = parseParams(TYPE, { share: 0, salt: 'x', asset: 'missing', body: 'x' })
  expect(faultDefinition(TYPE)?.warnings?.(params)).toEqual([
    'a share of 0: nobody meets the old version',
    'salt does nothing with key exchange: each exchange draws',
    'body does nothing with asset missing',
  ])
})
