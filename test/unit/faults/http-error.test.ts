import { describe, expect, test } from 'vitest'
import { randomFor } from '../../../src/core/random.ts'
import { parseParams } from '../../../src/faults/index.ts'
import { httpError as definition, LARGEST_ANSWER_BODY } from '../../../src/faults/http-error.ts'
import { HttpFault, refusalOf } from '../../support/http-fault.ts'
import { ManualRandom } from '../../support/manual-random.ts'

function answered(params: Readonly<Record<string, unknown>>) {
  const answer = new HttpFault('http_error', params).request()?.answer
  if (answer === undefined) throw new Error('it has not answered')
  return { status: answer.status, headers: answer.headers, body: answer.body.toString() }
}

describe('the answer', () => {
  test('is the status with its name for a body, unless more is asked for', () => {
    expect(answered({ status: 503 })).toEqual({
      status: 503,
      headers: [['Content-Type', 'text/plain; charset=utf-8']],
      body: 'Service Unavailable\n',
    })
    expect(answered({ status: 520 }).body).toBe('520\n')
  })

  test('has the fields, the body and the time to wait that were asked for, in their order', () => {
    const answer = answered({
      status: 429,
      headers: { 'X-Quota': '0', Via: ['1.1 a', '1.1 b'] },
      body: '{"a":"ä"}',
      content_type: 'application/json',
      retry_after: '1500ms',
    })
    expect(answer).toEqual({
      status: 429,
      headers: [
        ['Content-Type', 'application/json'],
        ['Retry-After', '2'],
        ['X-Quota', '0'],
        ['Via', '1.1 a'],
        ['Via', '1.1 b'],
      ],
      body: '{"a":"ä"}',
    })
  })

  test('has the bytes of a body that is given as base64', () => {
    const bytes = Buffer.from([0, 255, 13, 10, 128])
    const fault = new HttpFault('http_error', { status: 500, body_base64: bytes.toString('base64') })
    expect(fault.request()?.answer?.body.equals(bytes)).toBe(true)
    expect(fault.request()?.answer?.body).toBe(fault.request(2)?.answer?.body)
  })

  test('takes a Content-Type among the fields for that of the body', () => {
    expect(answered({ status: 500, headers: { 'content-TYPE': 'text/html' }, body: '<p>' }).headers).toEqual([
      ['content-TYPE', 'text/html'],
    ])
  })

  test.each([204, 205, 304])('has no body and no type with %i', (status) => {
    expect(answered({ status, body: 'x', headers: { ETag: '"1"' } })).toEqual({
      status,
      headers: [['ETag', '"1"']],
      body: '',
    })
  })

  test('has no type where the body is empty on purpose', () => {
    expect(answered({ status: 500, body: '' })).toEqual({ status: 500, headers: [], body: '' })
  })

  test.each([
    [0, '0'],
    [1, '1'],
    ['30s', '30'],
    ['8760h', '31536000'],
  ])('says Retry-After in whole seconds: %s → %s', (retry_after, seconds) => {
    expect(answered({ status: 503, retry_after }).headers).toContainEqual(['Retry-After', seconds])
  })
})

describe('when it answers', () => {
  test('never forwarded: when the request has come, and the upstream does not hear of it', () => {
    expect(new HttpFault('http_error', { status: 500 }).request()).toMatchObject({
      forward: 'never',
      answer: { status: 500 },
    })
  })

  test('before_answer: only when the response has come', () => {
    const fault = new HttpFault('http_error', { status: 500, forward: 'before_answer' })
    expect(fault.request()).toBeUndefined()
    expect(fault.response()).toMatchObject({ answer: { status: 500 } })
  })

  test('it can be asked about the response alone, where only that tells what is meant', () => {
    expect(definition.actsOnResponse?.(definition.params.parse({ status: 500 }))).toBe(true)
    expect(new HttpFault('http_error', { status: 500 }).response()).toMatchObject({ answer: { status: 500 } })
  })

  test('it neither counts nor records: that is done for it', () => {
    const fault = new HttpFault('http_error', { status: [500, 503] })
    fault.request()
    fault.response()
    expect(fault.counters.applied).toBe(0)
    expect(fault.records).toEqual([])
  })
})

function counted(status: unknown, exchanges: number): Record<string, number> {
  const fault = new HttpFault('http_error', { status }, (nth) => randomFor(7, 'http_error', nth))
  const counts: Record<string, number> = {}
  for (let nth = 1; nth <= exchanges; nth++) {
    const drawn = String(fault.request(nth)?.answer?.status)
    counts[drawn] = (counts[drawn] ?? 0) + 1
  }
  return counts
}

describe('which status', () => {
  test('weights are shares', () => {
    const counts = counted({ 503: 3, 500: 1 }, 4000)
    expect(Object.keys(counts).toSorted()).toEqual(['500', '503'])
    // Four standard deviations of 27.
    expect(Math.abs((counts['503'] ?? 0) - 3000)).toBeLessThan(110)
  })

  test('those of a list are alike', () => {
    const counts = counted([500, 502, 503, 504], 4000)
    for (const status of [500, 502, 503, 504]) expect(Math.abs((counts[status] ?? 0) - 1000)).toBeLessThan(110)
  })

  test('is the same when it is asked again about the same exchange', () => {
    const fault = new HttpFault('http_error', { status: [500, 501, 502, 503], forward: 'before_answer' })
    const twice = [1, 2, 3, 4, 5, 6].map((nth) => [fault.response(nth), fault.response(nth)])
    for (const [first, second] of twice) expect(second).toEqual(first)
    expect(new Set(twice.map(([first]) => first?.answer?.status)).size).toBeGreaterThan(1)
  })

  test.each([
    [{ 500: 1, 503: 3 }, 0, 500],
    [{ 500: 1, 503: 3 }, 0.2499, 500],
    [{ 500: 1, 503: 3 }, 0.25, 503],
    [{ 500: 1, 503: 3 }, 0.999999, 503],
    [[500, 502], 0.4999, 500],
    [[500, 502], 0.5, 502],
    [[500, 502], 0.999999, 502],
  ])('%j with a draw of %d is %i', (status, draw, drawn) => {
    const fault = new HttpFault('http_error', { status }, () => new ManualRandom(draw))
    expect(fault.request()?.answer?.status).toBe(drawn)
  })

  test('nothing is drawn where there is one', () => {
    const fault = new HttpFault('http_error', { status: [503] }, () => ({
      next() {
        throw new Error('it has drawn')
      },
    }))
    expect(fault.request()?.answer?.status).toBe(503)
  })
})

test('parameters come out ready for use, and are the same when they are validated again', () => {
  const params = parseParams('http_error', { status: [503], headers: { A: ['1'], B: ['1', '2'] }, retry_after: '1m' })
  expect(params).toEqual({ status: 503, headers: { A: '1', B: ['1', '2'] }, retry_after: 60_000, forward: 'never' })
  expect(parseParams('http_error', params)).toEqual(params)
})

describe('what is refused', () => {
  const RANGE = 'a status of 200 to 599 (1xx do not end an exchange, and above 599 there are none)'
  test.each([
    [{}, `status is missing: expected ${RANGE}`],
    [{ status: 100 }, `status: expected ${RANGE}`],
    [{ status: 199 }, `status: expected ${RANGE}`],
    [{ status: 600 }, `status: expected ${RANGE}`],
    [{ status: 503.5 }, `status: expected ${RANGE}`],
    [{ status: '503' }, `status: expected ${RANGE}`],
    [{ status: [] }, `status: expected ${RANGE}`],
    [{ status: [503, 99] }, `status[1]: expected ${RANGE}, got 99`],
    [{ status: Array<number>(101).fill(500) }, 'status: expected'],
    [{ status: {} }, `status: expected ${RANGE}`],
    [{ status: { 503: 0 } }, 'status.503: expected a weight above 0, and at most 1000000, got 0'],
    [{ status: { 503: -1 } }, 'status.503: expected a weight above 0'],
    [{ status: { 503: 'much' } }, 'status.503: expected a weight above 0'],
    [{ status: { 700: 1 } }, `status.700: expected ${RANGE}, got "700"`],
    [{ status: { '50x': 1 } }, `status.50x: expected ${RANGE}, got "50x"`],
    [{ status: 500, headers: 'a: b' }, 'headers: expected an object of up to 100 fields'],
    [{ status: 500, headers: { 'a b': 'c' } }, 'headers.a b: expected the name of a field'],
    [{ status: 500, headers: { '': 'c' } }, 'expected the name of a field'],
    [{ status: 500, headers: { 'a:': 'c' } }, 'expected the name of a field'],
    [{ status: 500, headers: { 'a\r\nb': 'c' } }, 'expected the name of a field'],
    [{ status: 500, headers: { 'Content-Length': '5' } }, 'expected a field that the proxy does not set itself'],
    [{ status: 500, headers: { 'transfer-encoding': 'chunked' } }, 'expected a field that the proxy does not set'],
    [{ status: 500, headers: { CONNECTION: 'close' } }, 'expected a field that the proxy does not set itself'],
    [{ status: 500, headers: { Date: 'today' } }, 'expected a field that the proxy does not set itself'],
    [{ status: 500, headers: { A: 'b\r\nSet-Cookie: c' } }, 'headers.A: expected the value of a field'],
    [{ status: 500, headers: { A: 'b\nc' } }, 'headers.A: expected the value of a field'],
    [{ status: 500, headers: { A: 'b\0c' } }, 'headers.A: expected the value of a field'],
    [{ status: 500, headers: { A: 'b\u0007' } }, 'without line breaks and other control characters'],
    [{ status: 500, headers: { A: '€' } }, 'Latin-1'],
    [{ status: 500, headers: { A: ['b', 'c\r\n'] } }, 'headers.A[1]: expected the value of a field'],
    [{ status: 500, headers: { A: [] } }, 'headers.A: expected the value of a field'],
    [{ status: 500, headers: { A: 5 } }, 'headers.A: expected the value of a field'],
    [{ status: 500, headers: { A: 'x'.repeat(8193) } }, 'up to 8192'],
    [{ status: 500, headers: { A: Array<string>(60).fill('x'), B: Array<string>(60).fill('x') } }, 'up to 100 fields'],
    [{ status: 500, body: 5 }, 'body: expected a text of at most 1048576 bytes, got 5'],
    [{ status: 500, body: 'ä'.repeat(LARGEST_ANSWER_BODY / 2 + 1) }, 'body: expected a text of at most 1048576 bytes'],
    [{ status: 500, body_base64: 'a' }, 'body_base64: expected base64'],
    [{ status: 500, body_base64: 'YQ==\n' }, 'body_base64: expected base64'],
    [{ status: 500, body: 'a', body_base64: 'YQ==' }, 'body_base64: expected none, because there is a body'],
    [{ status: 500, body_file: 'a.json' }, 'http_error has no such parameter'],
    [{ status: 500, content_type: 'a\r\nb: c' }, 'content_type: expected the value of a field'],
    [
      { status: 500, content_type: 'text/css', headers: { 'Content-Type': 'a/b' } },
      'content_type: expected none, because headers has a Content-Type',
    ],
    [{ status: 500, retry_after: 'soon' }, 'retry_after: expected milliseconds or a duration'],
    [{ status: 500, retry_after: '8761h' }, 'retry_after: expected a duration of at most a year'],
    [
      { status: 503, retry_after: '1s', headers: { 'retry-after': '5' } },
      'retry_after: expected none, because headers has a Retry-After',
    ],
    [{ status: 500, forward: 'always' }, 'forward: expected never or before_answer, got "always"'],
  ])('%j', (params, message) => {
    expect(refusalOf('http_error', params)).toContain(message)
  })
})

const warned = (params: object) => definition.warnings?.(definition.params.parse(params))

describe('warnings', () => {
  test('where a body is not sent', () => {
    expect(warned({ status: [204, 500], body: 'x' })).toEqual(['a response with status 204 has no body: none is sent'])
    expect(warned({ status: 204 })).toEqual([])
  })
  test('where nobody looks at retry_after', () => {
    expect(warned({ status: 500, retry_after: 1 })).toEqual([expect.stringContaining('retry_after')])
    for (const status of [301, 413, 429, 503]) expect(warned({ status, retry_after: 1 })).toEqual([])
    expect(warned({ status: { 500: 1, 503: 1 }, retry_after: 1 })).toEqual([])
  })
})
