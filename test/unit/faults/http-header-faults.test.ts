import { describe, expect, test } from 'vitest'
import type { HeaderList, RequestHead } from '../../../src/core/http.ts'
import { headerFaults, type HeaderFaults } from '../../../src/faults/header-faults.ts'
import { REQUEST } from '../../support/http-fault.ts'

function headWith(...fields: HeaderList): RequestHead {
  return { ...REQUEST, headers: [['Host', 'example.test'], ...fields, ['Accept', '*/*']] }
}

function taken(...fields: HeaderList): HeaderFaults {
  const read = headerFaults(headWith(...fields))
  if ('refusal' in read) throw new Error(read.refusal)
  return read
}

function refused(...fields: HeaderList): string {
  const read = headerFaults(headWith(...fields))
  if ('refusal' in read) return read.refusal
  throw new Error(`${JSON.stringify(fields)} was taken`)
}

test('a request that asks for nothing goes on as the same object', () => {
  const head = headWith(['X-Foulweather', 'a'], ['x-foul', 'b'], ['x-foulweatherdelay', '5'])
  expect(headerFaults(head)).toEqual({ head, verdict: {}, responseVerdict: undefined, names: [] })
  const read = headerFaults(head)
  expect('head' in read && read.head).toBe(head)
})

describe('what a request asks for', () => {
  test.each([
    ['x-foulweather-delay', '1.5s', { wait: 1500 }, undefined],
    ['X-Foulweather-Delay', ' 250 ', { wait: 250 }, undefined],
    ['x-foulweather-delay', '0', {}, undefined],
    ['x-foulweather-reset', 'before', { end: 'reset-client' }, undefined],
    ['x-foulweather-reset', 'after', {}, { end: 'reset-client' }],
    ['x-foulweather-response-delay', '20ms', {}, { wait: 20 }],
  ])('%s: %s', (name, value, verdict, responseVerdict) => {
    const read = taken([name, value])
    expect(read.verdict).toEqual(verdict)
    expect(read.responseVerdict).toEqual(responseVerdict)
    expect(read.names).toEqual([name.toLowerCase()])
  })

  test('a status in the place of forwarding, with its name for a body', () => {
    const { verdict, responseVerdict } = taken(['x-foulweather-abort', '503'])
    expect(verdict).toEqual({
      forward: 'never',
      answer: {
        status: 503,
        headers: [['Content-Type', 'text/plain; charset=utf-8']],
        body: Buffer.from('Service Unavailable\n'),
      },
    })
    expect(responseVerdict).toBeUndefined()
  })

  test('a status in the place of the answer, with a body of its own, byte by byte', () => {
    const { verdict, responseVerdict } = taken(
      ['x-foulweather-response-abort', '500'],
      ['x-foulweather-abort-body', Buffer.from('{"ä":1}').toString('latin1')],
    )
    expect(verdict).toEqual({})
    expect(responseVerdict?.answer?.status).toBe(500)
    expect(responseVerdict?.answer?.body.toString()).toBe('{"ä":1}')
  })

  test('a status without content has none', () => {
    const { verdict } = taken(['x-foulweather-abort', '304'], ['x-foulweather-abort-body', 'x'])
    expect(verdict.answer).toEqual({ status: 304, headers: [], body: Buffer.alloc(0) })
  })

  test('everything at once, and the upstream is sent none of it', () => {
    const read = taken(
      ['x-foulweather-delay', '1s'],
      ['X-Custom', 'a'],
      ['X-FOULWEATHER-RESPONSE-DELAY', '2s'],
      ['x-foulweather-response-abort', '502'],
      ['x-foulweather-reset', 'after'],
    )
    expect(read.head).toEqual(headWith(['X-Custom', 'a']))
    expect(read.verdict).toEqual({ wait: 1000 })
    expect(read.responseVerdict).toMatchObject({ wait: 2000, answer: { status: 502 }, end: 'reset-client' })
    expect(read.names).toEqual([
      'x-foulweather-delay',
      'x-foulweather-response-delay',
      'x-foulweather-response-abort',
      'x-foulweather-reset',
    ])
  })
})

describe('what is refused, with the field, what would be right, and what came', () => {
  test.each([
    ['delay', 'long', 'expected a duration such as "250ms" or "1.5s", got "long"'],
    ['delay', '', 'expected a duration such as "250ms" or "1.5s", got ""'],
    ['delay', '-5', 'expected a duration such as "250ms" or "1.5s", got "-5"'],
    ['delay', '61s', 'expected a duration of at most 60000 ms, got "61s"'],
    ['response-delay', '9'.repeat(400), 'expected a duration of at most 60000 ms'],
    ['abort', '600', 'expected a status of 200 to 599, got "600"'],
    ['abort', '100', 'expected a status of 200 to 599, got "100"'],
    ['abort', '503.0', 'expected a status of 200 to 599'],
    ['response-abort', 'teapot', 'expected a status of 200 to 599, got "teapot"'],
    ['reset', 'now', 'expected before or after, got "now"'],
  ])('%s: %s', (field, value, text) => {
    const refusal = refused([`X-Foulweather-${field}`, value])
    expect(refusal).toContain(`x-foulweather-${field}: ${text}`)
    expect(refusal.length).toBeLessThan(250)
  })

  test('a field that is none, with the nearest', () => {
    const refusal = refused(['x-foulweather-dellay', '5'])
    expect(refusal).toContain('there is no field "x-foulweather-dellay"; did you mean "x-foulweather-delay"?')
    expect(refusal).toContain('there are: x-foulweather-delay, x-foulweather-abort')
    expect(refused([`x-foulweather-${'y'.repeat(9000)}`, '5']).length).toBeLessThan(400)
  })

  test('one that comes twice', () => {
    const refusal = refused(['x-foulweather-delay', '5'], ['X-Foulweather-Delay', '5'])
    expect(refusal).toBe('x-foulweather-delay: expected once, got it several times')
  })

  test('a body without an answer', () => {
    expect(refused(['x-foulweather-abort-body', 'x'])).toContain('expected x-foulweather-abort or')
  })

  test('a delay above the limit that is given', () => {
    const head = headWith(['x-foulweather-delay', '6'])
    expect(headerFaults(head, { longestDelay: 5 })).toEqual({
      refusal: 'x-foulweather-delay: expected a duration of at most 5 ms, got "6"',
    })
    expect(headerFaults(head, { longestDelay: 6 })).toMatchObject({ verdict: { wait: 6 } })
  })
})
