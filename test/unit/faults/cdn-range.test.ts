import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { faultDefinition, parseParams } from '../../../src/faults/index.ts'
import { aRequest, aResponse, ExchangeFaults, fields } from '../../support/exchange-context.ts'
import { refusalOf } from '../../support/http-fault.ts'

const TYPE = 'cdn_range'

const RANGED = aRequest({
  headers: [
    ['Host', 'example.test'],
    ['Range', 'bytes=100-199'],
    ['If-Range', '"a"'],
  ],
})

const partial = (range: string) =>
  aResponse({ status: 206, reason: 'Partial Content', headers: [['Content-Range', range]] })
const faults = (flaw: string, more: Readonly<Record<string, unknown>> = {}) =>
  new ExchangeFaults(TYPE, { flaw, ...more })
const rangeAfter = (flaw: string, came: string, by?: number) =>
  faults(flaw, by === undefined ? {} : { by }).response(partial(came), RANGED)?.head?.headers

describe('requests', () => {
  test('ignored: the range is taken out', () => {
    expect(faults('ignored').request(RANGED)?.head?.headers).toEqual([['Host', 'example.test']])
    expect(faults('ignored').request(aRequest())).toBeUndefined()
    expect(faults('ignored').response(partial('bytes 0-1/2'), RANGED)).toBeUndefined()
  })

  test('partial: a range is put in', () => {
    expect(fields(faults('partial', { bytes: '1KiB' }).request(aRequest())?.head?.headers, 'range')).toEqual([
      'bytes=0-1023',
    ])
    expect(faults('partial').request(RANGED)).toBeUndefined()
    expect(faults('partial').request(aRequest({ method: 'HEAD' }))).toBeUndefined()
  })
})

describe('responses', () => {
  test.each([
    ['shifted', 'bytes 100-199/500', 'bytes 99-198/500', undefined],
    ['shifted', 'bytes 100-199/*', 'bytes 0-99/*', 100],
    ['shifted', 'bytes 0-99/500', 'bytes 7-106/500', 7],
    ['wrong_total', 'bytes 100-199/500', 'bytes 100-199/510', 10],
  ])('%s: %s → %s', (flaw, came, sent, by) => {
    expect(rangeAfter(flaw, came, by)).toEqual([['Content-Range', sent]])
  })

  test('missing: the field is gone, and status and framing stay', () => {
    const came = partial('bytes 0-99/500')
    expect(faults('missing').response(came, RANGED)).toEqual({ what: 'missing', head: { ...came, headers: [] } })
  })

  test('unasked: the whole is called a part', () => {
    const came = aResponse({}, 100)
    expect(faults('unasked').response(came)?.head).toEqual({
      ...came,
      status: 206,
      reason: 'Partial Content',
      headers: [...came.headers, ['Content-Range', 'bytes 0-99/100']],
    })
  })

  test.each([
    ['shifted', aResponse(), RANGED],
    ['shifted', partial('lines 1-2/3'), RANGED],
    ['wrong_total', partial('bytes 1-2/*'), RANGED],
    ['missing', aResponse({ status: 206, headers: [['Content-Type', 'multipart/byteranges']] }), RANGED],
    ['shifted', aResponse({ status: 416, headers: [['Content-Range', 'bytes */5']] }), RANGED],
    ['unasked', aResponse(), RANGED],
    ['unasked', aResponse({ bodyKind: 'chunked', bodyLength: 0 }), aRequest()],
    ['unasked', aResponse({ status: 404 }), aRequest()],
    ['unasked', aResponse(), aRequest({ method: 'POST' })],
  ])('%s leaves alone what it cannot spoil: %#', (flaw, response, request) => {
    expect(faults(flaw).response(response, request)).toBeUndefined()
  })
})

test('a shifted range is as long as before, begins elsewhere, and nowhere below 0', () => {
  const cases = fc.property(fc.nat(1e6), fc.nat(1e6), fc.integer({ min: 1, max: 1e6 }), (first, length, by) => {
    const [value = ''] = fields(rangeAfter('shifted', `bytes ${first}-${first + length}/*`, by), 'content-range')
    const [, from, to] = /^bytes (\d+)-(\d+)\/\*$/.exec(value) ?? []
    expect(Number(to) - Number(from)).toBe(length)
    expect(Math.abs(Number(from) - first)).toBe(by)
  })
  fc.assert(cases)
})

test.each([
  [{}, 'flaw is missing: expected ignored, unasked, partial, shifted, wrong_total or missing'],
  [{ flaw: 'x' }, 'flaw: expected ignored, unasked, partial, shifted, wrong_total or missing, got "x"'],
  [{ flaw: 'shifted', by: 0 }, 'by: expected a whole number of bytes, 1 to 1000000000, got 0'],
  [{ flaw: 'partial', bytes: 0 }, 'bytes: expected a size of at least 1 byte, such as "64KiB", got 0'],
])('%j is refused', (params, text) => expect(refusalOf(TYPE, params)).toContain(text))

const actsOnResponse = (flaw: string) => faultDefinition(TYPE)?.actsOnResponse?.(parseParams(TYPE, { flaw }))

test('a rule for the status needs a flaw of responses', () => {
  expect(['ignored', 'partial', 'shifted', 'unasked'].map(actsOnResponse)).toEqual([false, false, true, true])
})
