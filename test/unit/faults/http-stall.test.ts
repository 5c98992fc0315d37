import { describe, expect, test } from 'vitest'
import { httpStall as definition } from '../../../src/faults/http-stall.ts'
import { FaultChain } from '../../support/fault-chain.ts'
import { responseOf } from '../../support/http-body.ts'
import { HttpFault, refusalOf } from '../../support/http-fault.ts'

type Params = Readonly<Record<string, unknown>>

const stall = (params: Params) => ({ type: 'http_stall', params: { at: 'body', ...params } })

function bodyWith(params: Params, length?: number): FaultChain {
  return new FaultChain([stall(params)], { message: responseOf(length) })
}

describe('a head', () => {
  test('hangs until the fault goes, or for a time; that of the response unless another one is asked for', () => {
    const forever = new HttpFault('http_stall', {})
    expect(forever.request()).toBeUndefined()
    expect(forever.response()).toMatchObject({ what: 'stall', wait: Infinity })
    const request = new HttpFault('http_stall', { phase: 'request', for: '3s' })
    expect(request.request()).toEqual({ what: 'stall', wait: 3000 })
    expect(request.response()).toBeUndefined()
  })

  test('that hangs for ever is on record in a way that JSON has a word for', () => {
    const detail = new HttpFault('http_stall', {}).response()?.detail
    expect(JSON.parse(JSON.stringify(detail))).toEqual({ wait: 'forever' })
  })

  test('does not hang where the body does, or for no time', () => {
    for (const params of [{ at: 'body' }, { for: 0 }, { for: 0, phase: 'request' }]) {
      const fault = new HttpFault('http_stall', params)
      expect([fault.request(), fault.response()]).toEqual([undefined, undefined])
    }
  })

  test('that hangs leaves the body alone', () => {
    const chain = new FaultChain([{ type: 'http_stall', params: {} }])
    chain.send('abc')
    chain.end()
    expect(chain.lines).toEqual(['"abc" @ 0', 'end @ 0'])
  })
})

describe('a body', () => {
  test('hangs from a byte on for a time, inside a chunk, and then goes on at once', () => {
    const chain = bodyWith({ after: 5, for: 1000 }, 100)
    chain.send('abc')
    chain.advanceTo(100)
    chain.send('defg')
    chain.advanceTo(600)
    chain.send('hi')
    expect(chain.welcomeAt).toBeGreaterThan(600)
    chain.advanceTo(1200)
    chain.send('jk')
    chain.end()
    expect(chain.lines).toEqual(['"abc" @ 0', '"de" @ 100', '"fg" @ 1100', '"hi" @ 1100', '"jk" @ 1200', 'end @ 1200'])
    expect(chain.records).toEqual(['http_stall: stall @ 100 {"ms":1000}'])
    expect(chain.applied('http_stall')).toBe(2)
  })

  test('hangs from its first byte on unless more is asked for', () => {
    const chain = bodyWith({ for: 50 }, 100)
    chain.advanceTo(10)
    chain.send('abc')
    chain.advanceTo(1000)
    expect(chain.lines).toEqual(['"abc" @ 60'])
  })

  test('hangs until the fault goes, whatever comes', () => {
    const chain = bodyWith({ after: 2 })
    chain.send('abc')
    chain.advanceTo(1e6)
    chain.send('def')
    chain.end()
    chain.advanceTo(2e6)
    expect(chain.lines).toEqual(['"ab" @ 0'])
    expect(chain.records).toEqual(['http_stall: stall @ 0'])
    chain.set()
    expect(chain.lines).toEqual(['"ab" @ 0', '"c" @ 2000000', '"def" @ 2000000', 'end @ 2000000'])
  })

  test('of unknown length that is over right there has its end hanging', () => {
    const chain = bodyWith({ after: 3, for: 100 })
    chain.send('abc')
    chain.end()
    chain.advanceTo(1000)
    expect(chain.lines).toEqual(['"abc" @ 0', 'end @ 100'])
  })

  test('has a share of its length pass, or of its first piece where nobody knows the length', () => {
    const known = bodyWith({ after: '75%', for: 100 }, 8)
    for (const text of ['abcd', 'efgh']) known.send(text)
    known.advanceTo(1000)
    expect(known.lines).toEqual(['"abcd" @ 0', '"ef" @ 0', '"gh" @ 100'])
    const unknown = bodyWith({ after: '75%', for: 100 })
    for (const text of ['abcd', 'efgh']) unknown.send(text)
    unknown.advanceTo(1000)
    expect(unknown.lines).toEqual(['"abc" @ 0', '"d" @ 100', '"efgh" @ 100'])
  })

  test.each([
    [{ after: 4 }, 4],
    [{ after: '100%' }, 4],
    [{ after: '1KiB' }, 4],
    [{ after: 10 }, undefined],
    [{ for: 0 }, 4],
  ])('is not touched where nothing would hang: %j of %s bytes', (params, length) => {
    const chain = bodyWith(params, length)
    chain.send('abcd')
    chain.end()
    expect(chain.lines).toEqual(['"abcd" @ 0', 'end @ 0'])
    expect(chain.applied('http_stall')).toBe(0)
  })
})

describe('live changes', () => {
  test('a new time counts from when it began to hang', () => {
    const chain = bodyWith({ after: 1 }, 100)
    chain.send('ab')
    chain.advanceTo(500)
    chain.set(stall({ after: 1, for: 800 }))
    chain.advanceTo(5000)
    expect(chain.lines).toEqual(['"a" @ 0', '"b" @ 800'])
    expect(chain.records).toHaveLength(1)
  })

  test('a place farther on lets the bytes in front of it go', () => {
    const chain = bodyWith({ after: 1 }, 100)
    chain.send('abcdef')
    chain.advanceTo(500)
    chain.set(stall({ after: 4, for: '1h' }))
    expect(chain.output.toString()).toBe('abcd')
  })
})

const late = (params: Params) => definition.actsOnResponse?.(definition.params.parse(params))

test('what is meant by the status of a response can hang from the response on', () => {
  expect(late({})).toBe(true)
  expect(late({ phase: 'request' })).toBe(false)
  expect(late({ at: 'body' })).toBe(true)
})

test.each([
  [{ at: 'tail' }, 'at: expected head or body, got "tail"'],
  [{ phase: 'body' }, 'phase: expected request or response, got "body"'],
  [
    { after: '200%' },
    'after: expected bytes, a size such as "64KiB", or a share of the body such as "30%", got "200%"',
  ],
  [{ after: 'head' }, 'after: expected bytes'],
  [{ for: 'ever' }, 'for: expected milliseconds or a duration'],
])('%j is refused', (params, message) => {
  expect(refusalOf('http_stall', params)).toContain(message)
})

const warned = (params: Params) => definition.warnings?.(definition.params.parse(params))

test('warnings name what does nothing', () => {
  expect(warned({ for: 0 })).toEqual([expect.stringContaining('`for` is 0')])
  expect(warned({ after: 5 })).toEqual([expect.stringContaining('`after` does nothing')])
  expect(warned({ at: 'body', phase: 'request' })).toEqual([expect.stringContaining('`phase` does nothing')])
  expect(warned({ at: 'body', after: 5, for: 5 })).toEqual([])
})
