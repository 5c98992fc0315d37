import { describe, expect, test } from 'vitest'
import { aRequest, aResponse, ExchangeFaults } from '../../support/exchange-context.ts'
import { refusalOf } from '../../support/http-fault.ts'

const TYPE = 'cdn_not_modified'

const PLAIN = aRequest()
const BY_TAG = aRequest({ headers: [['If-None-Match', '"old"']] })
const BY_DATE = aRequest({ headers: [['if-modified-since', 'Sun, 22 Nov 2026 12:00:00 GMT']] })

test('a 304 without a body, with the fields that it has to have', () => {
  const came = aResponse({
    headers: [
      ['Date', 'x'],
      ['etag', '"a"'],
      ['Content-Type', 'text/html'],
      ['Set-Cookie', 'a=b'],
      ['Vary', 'Accept'],
      ['Content-Length', '100'],
      ['Cache-Control', 'no-cache'],
      ['Last-Modified', 'y'],
    ],
  })
  expect(new ExchangeFaults(TYPE).response(came, PLAIN)).toEqual({
    what: 'not_modified',
    answer: {
      status: 304,
      headers: [
        ['etag', '"a"'],
        ['Vary', 'Accept'],
        ['Cache-Control', 'no-cache'],
        ['Last-Modified', 'y'],
      ],
      body: Buffer.alloc(0),
    },
  })
})

describe('which requests', () => {
  test.each([
    ['unconditional', [true, false, false]],
    ['conditional', [false, true, true]],
    ['any', [true, true, true]],
  ])('%s', (when, expected) => {
    const faults = new ExchangeFaults(TYPE, { when })
    const works = [PLAIN, BY_TAG, BY_DATE].map(
      (request) => faults.response(aResponse(), request)?.answer?.status === 304,
    )
    expect(works).toEqual(expected)
  })

  test.each([
    ['POST', 200],
    ['GET', 304],
    ['GET', 404],
    ['GET', 206],
  ])('%s with %d passes', (method, status) => {
    const faults = new ExchangeFaults(TYPE, { when: 'any' })
    expect(faults.response(aResponse({ status }), aRequest({ method }))).toBeUndefined()
  })
})

test('another word is refused', () => {
  expect(refusalOf(TYPE, { when: 'never' })).toBe('when: expected unconditional, conditional or any, got "never"')
})
