import { describe, expect, test } from 'vitest'
import type { HeaderList } from '../../../src/core/http.ts'
import { faultDefinition, parseParams } from '../../../src/faults/index.ts'
import { aRequest, aResponse, ExchangeFaults, fields } from '../../support/exchange-context.ts'
import { refusalOf } from '../../support/http-fault.ts'

const TYPE = 'cdn_stale'

const after = (params: Readonly<Record<string, unknown>>, headers: HeaderList = []) =>
  new ExchangeFaults(TYPE, params).response(aResponse({ headers }))?.head?.headers

test('a response becomes an old copy', () => {
  const came: HeaderList = [
    ['Date', 'Sun, 22 Nov 2026 12:00:00 GMT'],
    ['Last-Modified', 'Sun, 22 Nov 2026 11:30:00 GMT'],
    ['Expires', 'Sun, 22 Nov 2026 12:10:00 GMT'],
    ['ETag', '"a"'],
    ['Cache-Control', 'no-cache'],
    ['Age', '3'],
  ]
  expect(after({ age: '1h', max_age: '90s', warning: true }, came)).toEqual([
    ['Date', 'Sun, 22 Nov 2026 11:00:00 GMT'],
    ['Last-Modified', 'Sun, 22 Nov 2026 11:00:00 GMT'],
    ['Expires', 'Sun, 22 Nov 2026 11:10:00 GMT'],
    ['ETag', '"a"'],
    ['Cache-Control', 'public, max-age=90'],
    ['Age', '3600'],
    ['X-Cache', 'HIT'],
    ['Warning', '110 - "Response is Stale"'],
  ])
})

test('without dates and orders of its own it gets a date and an age, and nothing else', () => {
  expect(after({ age: '1h', x_cache: false })).toEqual([
    ['Date', 'Sun, 22 Nov 2026 11:00:00 GMT'],
    ['Age', '3600'],
  ])
})

test('what is older already stays, and so do dates that cannot be read', () => {
  const old: HeaderList = [
    ['Last-Modified', 'Sat, 21 Nov 2026 11:30:00 GMT'],
    ['Expires', '0'],
  ]
  expect(after({ age: '1h' }, old)?.slice(0, 2)).toEqual(old)
})

test('an order of one’s own is taken as it is', () => {
  const headers = after({ cache_control: 'max-age=1, immutable' }, [['cache-control', 'private']])
  expect(fields(headers, 'cache-control')).toEqual(['max-age=1, immutable'])
})

describe('only what a cache would have answered', () => {
  test.each([
    ['GET', 200, true],
    ['HEAD', 404, true],
    ['POST', 200, false],
    ['GET', 500, false],
    ['GET', 302, false],
    ['GET', 304, false],
  ])('%s, %d: %s', (method, status, works) => {
    const verdict = new ExchangeFaults(TYPE, {}).response(aResponse({ status }), aRequest({ method }))
    expect(verdict !== undefined).toBe(works)
  })
})

test.each([
  [{ age: 0 }, 'age: expected a duration above 0, at most 8760h'],
  [{ max_age: 'long' }, 'max_age: expected milliseconds or a duration'],
  [{ cache_control: 'a\nb' }, 'cache_control: expected the value of a field'],
  [{ max_age: 1, cache_control: 'a' }, 'cache_control: expected none, because there is a max_age, got "a"'],
  [{ warning: 'yes' }, 'warning: expected true or false, got "yes"'],
])('%j is refused', (params, text) => expect(refusalOf(TYPE, params)).toContain(text))

const warningsOf = (params: Readonly<Record<string, unknown>>) =>
  faultDefinition(TYPE)?.warnings?.(parseParams(TYPE, params))

test('a copy that is fresh is warned about', () => {
  expect(warningsOf({ age: '1m', max_age: '1h' })).toEqual(['with a max_age above age the copy is fresh, not stale'])
  expect(warningsOf({ age: '1h', max_age: '1m' })).toEqual([])
})
