import { describe, expect, test } from 'vitest'
import { httpReset as definition } from '../../../src/faults/http-reset.ts'
import { FaultChain } from '../../support/fault-chain.ts'
import { responseOf } from '../../support/http-body.ts'
import { HttpFault, refusalOf } from '../../support/http-fault.ts'

type Params = Readonly<Record<string, unknown>>

const midBody = (params: Params = {}) => ({ type: 'http_reset', params: { at: 'mid_body', ...params } })

describe('the point', () => {
  const RESET = { what: 'reset', end: 'reset-client' }
  test.each([
    [{}, RESET, undefined],
    [{ at: 'before_forward' }, RESET, undefined],
    [{ at: 'before_forward', how: 'close' }, { what: 'close', end: 'destroy' }, undefined],
    [{ at: 'after_upstream_answer' }, undefined, RESET],
    [{ at: 'after_upstream_answer', how: 'close' }, undefined, { what: 'close', end: 'destroy' }],
    [{ at: 'mid_body' }, undefined, undefined],
  ])('%j', (params, request, response) => {
    const fault = new HttpFault('http_reset', params)
    expect([fault.request(), fault.response()]).toEqual([request, response])
  })

  test('bodies are left alone unless it is in them', () => {
    for (const at of ['before_forward', 'after_upstream_answer']) {
      const chain = new FaultChain([{ type: 'http_reset', params: { at } }], { message: responseOf(4) })
      chain.send('abcd')
      chain.end()
      expect(chain.lines).toEqual(['"abcd" @ 0', 'end @ 0'])
    }
  })
})

describe('in a body', () => {
  test('is half of it unless another place is asked for', () => {
    const chain = new FaultChain([midBody()], { message: responseOf(8) })
    chain.send('abcdefgh')
    expect(chain.lines).toEqual(['"abcd" @ 0', 'reset-client @ 0 (injected: http_reset)'])
    expect(chain.records).toEqual(['http_reset: reset-client @ 0 {"bytes":4}'])
  })

  test('is a place that may be right behind the head, and an orderly close', () => {
    const chain = new FaultChain([midBody({ after: 0, how: 'close' })], { message: responseOf(8) })
    chain.advanceTo(10)
    expect(chain.lines).toEqual(['destroy @ 0 (injected: http_reset)'])
  })

  test('is as well one of a request', () => {
    const message = { ...responseOf(8), response: undefined }
    const { request, length } = message
    const chain = new FaultChain([midBody({ after: 3 })], { message: { request, length }, direction: 'upstream' })
    chain.send('abcd')
    expect(chain.lines).toEqual(['"abc" @ 0', 'reset-client @ 0 (injected: http_reset)'])
  })
})

const late = (at: string) => definition.actsOnResponse?.(definition.params.parse({ at }))

test('what is meant by the status of a response can be broken off from the response on', () => {
  expect(['before_forward', 'after_upstream_answer', 'mid_body'].map(late)).toEqual([false, true, true])
})

test.each([
  [{ at: 'now' }, 'at: expected one of before_forward, after_upstream_answer, mid_body, got "now"'],
  [{ how: 'fin' }, 'how: expected reset or close, got "fin"'],
  [{ at: 'mid_body', after: 'half' }, 'after: expected bytes, a size such as "64KiB", or a share of the body'],
])('%j is refused', (params, message) => {
  expect(refusalOf('http_reset', params)).toContain(message)
})

const warned = (params: Params) => definition.warnings?.(definition.params.parse(params))

test('warnings name what does nothing', () => {
  expect(warned({ after: 5 })).toEqual(['`after` does nothing with `at: before_forward`'])
  expect(warned({ at: 'mid_body', after: '100%' })).toHaveLength(1)
  expect(warned({ at: 'mid_body', after: 5 })).toEqual([])
})
