import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { httpDate, readHttpDate } from '../../../../src/faults/http/date.ts'

const LATEST = Date.UTC(9999, 11, 31, 23, 59, 59)

test('dates are those of the language, there and back', () => {
  const times = fc.oneof(
    fc.integer({ min: 0, max: LATEST / 1000 }),
    fc.constantFrom(0, Date.UTC(2000, 1, 29) / 1000, Date.UTC(2100, 2, 1) / 1000, LATEST / 1000),
  )
  const cases = fc.property(times, fc.nat(999), (seconds, ms) => {
    const text = httpDate(seconds * 1000 + ms)
    expect(text).toBe(new Date(seconds * 1000).toUTCString())
    expect(readHttpDate(text)).toBe(seconds * 1000)
  })
  fc.assert(cases, { numRuns: 1000 })
})

describe('outside of what can be written', () => {
  test.each([
    [-1, 'Thu, 01 Jan 1970 00:00:00 GMT'],
    [LATEST + 1000, 'Fri, 31 Dec 9999 23:59:59 GMT'],
  ])('%d is moved to the end', (ms, text) => expect(httpDate(ms)).toBe(text))

  test.each([
    '',
    '0',
    'Sunday, 06-Nov-94 08:49:37 GMT',
    'Sun Nov  6 08:49:37 1994',
    'Sun, 06 Nov 1994 08:49:37 CET',
    'Sun, 06 Foo 1994 08:49:37 GMT',
    'Sun, 06 Nov 1969 08:49:37 GMT',
  ])('%j is not read', (text) => expect(readHttpDate(text)).toBeUndefined())
})
