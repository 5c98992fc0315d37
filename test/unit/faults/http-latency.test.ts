import { describe, expect, test } from 'vitest'
import { randomFor } from '../../../src/core/random.ts'
import { httpLatency as definition } from '../../../src/faults/http-latency.ts'
import { FaultChain, SharedObjects } from '../../support/fault-chain.ts'
import { HttpFault, refusalOf } from '../../support/http-fault.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { ManualRandom } from '../../support/manual-random.ts'

const body = (params: Readonly<Record<string, unknown>>) => ({
  type: 'http_latency',
  params: { phase: 'body', ...params },
})

describe('a head', () => {
  test('is late in its own phase alone; the response unless another one is asked for', () => {
    const response = new HttpFault('http_latency', { latency: '250ms' })
    expect([response.request(), response.response()]).toEqual([undefined, { wait: 250 }])
    const request = new HttpFault('http_latency', { latency: '250ms', phase: 'request' })
    expect([request.request(), request.response()]).toEqual([{ wait: 250 }, undefined])
    const chunks = new HttpFault('http_latency', { latency: '250ms', phase: 'body' })
    expect([chunks.request(), chunks.response()]).toEqual([undefined, undefined])
  })

  test('a delay of nothing is none', () => {
    expect(new HttpFault('http_latency', {}).response()).toBeUndefined()
    const early = new HttpFault('http_latency', { latency: 10, jitter: 100 }, () => new ManualRandom(0))
    expect(early.response()).toBeUndefined()
  })

  test.each([
    [{ latency: 100, jitter: 50 }, 125],
    [{ latency: 100, jitter: 50, distribution: 'exponential' }, 100 + 50 * Math.log(4)],
    [{ latency: 100, jitter: 50, distribution: 'normal' }, 100 + 50 * 0.674_489_75],
    [{ table: { p0: 10, p50: 20, p100: 40 } }, 30],
    [{ latency: 5, table: { p0: 10, p50: 20, p100: 40 } }, 35],
  ])('has a delay that is drawn, with every distribution: %j at three quarters', (params, wait) => {
    const fault = new HttpFault('http_latency', params, () => new ManualRandom(0.75))
    expect(fault.response()?.wait).toBeCloseTo(wait, 3)
  })

  test('draws once for each exchange, and the same when it is asked again', () => {
    const params = { latency: 100, jitter: 90, distribution: 'lognormal' }
    const fault = new HttpFault('http_latency', params, (nth) => randomFor(5, nth))
    const waits = Array.from({ length: 20 }, (_, index) => fault.response(index + 1)?.wait)
    expect(Array.from({ length: 20 }, (_, index) => fault.response(index + 1)?.wait)).toEqual(waits)
    expect(new Set(waits).size).toBe(20)
  })

  test('meets a wave that goes on over all exchanges, from the first', () => {
    const wave = { shape: 'sine', amplitude: 50, period: 1000 }
    const fault = new HttpFault('http_latency', { latency: 100, wave })
    const waits = [5000, 5250, 5500, 5750, 6000, 5250].map((at, index) => fault.response(index + 1, at)?.wait ?? 0)
    expect(waits.map(Math.round)).toEqual([100, 150, 100, 50, 100, 150])
  })
})

describe('a body', () => {
  test('has every chunk late by the same time, counted from its arrival', () => {
    const chain = new FaultChain([body({ latency: 200 })])
    chain.send('a')
    chain.advanceTo(30)
    chain.send('b')
    chain.end()
    chain.advanceTo(1000)
    expect(chain.lines).toEqual(['"a" @ 200', '"b" @ 230', 'end @ 230'])
    expect(chain.applied('http_latency')).toBe(2)
  })

  test('is not touched where heads are late', () => {
    const chain = new FaultChain([{ type: 'http_latency', params: { latency: 200, phase: 'response' } }])
    chain.send('a')
    expect(chain.lines).toEqual(['"a" @ 0'])
    expect(chain.applied('http_latency')).toBe(0)
  })

  test('draws for each chunk; one with a small draw waits behind its predecessor', () => {
    const chain = new FaultChain([body({ latency: 100, jitter: 50 })], {
      randomOf: () => new ManualRandom(0.999999, 0, 0.5),
    })
    for (const text of ['slow', 'fast', 'middle']) chain.send(text)
    chain.advanceTo(1000)
    expect(chain.lines).toEqual(['"slow" @ 150', '"fast" @ 150', '"middle" @ 150'])
  })

  test('is on the same wave as the bodies before it', () => {
    const clock = new ManualClock()
    const shared = new SharedObjects()
    const fault = body({ latency: 100, wave: { shape: 'square', amplitude: 50, period: 1000 } })
    const first = new FaultChain([fault], { clock, shared })
    first.send('a')
    clock.advanceTo(600)
    const second = new FaultChain([fault], { clock, shared })
    second.send('b')
    clock.advanceTo(5000)
    expect([...first.lines, ...second.lines]).toEqual(['"a" @ 150', '"b" @ 650'])
  })

  test('goes on at once when the fault is removed', () => {
    const chain = new FaultChain([body({ latency: 1000 })])
    chain.send('a')
    chain.advanceTo(100)
    chain.set()
    expect(chain.lines).toEqual(['"a" @ 100'])
  })
})

const late = (phase: string) => definition.actsOnResponse?.(definition.params.parse({ phase }))

test('what is meant by the status of a response can be late from the response on', () => {
  expect(['request', 'response', 'body'].map(late)).toEqual([false, true, true])
})

test.each([
  [{ phase: 'head' }, 'phase: expected request, response or body, got "head"'],
  [{ latency: 'long' }, 'latency: expected milliseconds or a duration'],
  [{ jitter: -1 }, 'jitter: expected milliseconds or a duration'],
  [{ distribution: 'round' }, 'distribution: expected one of uniform, normal'],
  [{ distribution: 'table' }, 'table is missing: expected a table, because the distribution is table'],
  [{ distribution: 'lognormal', jitter: 5 }, 'latency'],
  [{ table: { p50: 5 }, jitter: 5 }, 'jitter: expected 0, because a table has its spread already, got 5'],
  [{ handshake: true }, 'http_latency has no such parameter'],
])('%j is refused', (params, message) => {
  expect(refusalOf('http_latency', params)).toContain(message)
})

const warned = (params: object) => definition.warnings?.(definition.params.parse(params))

test('warnings name what does nothing', () => {
  expect(warned({})).toEqual(['it delays nothing: latency is 0'])
  expect(warned({ latency: 5, jitter: 5, correlation: 0.5 })).toEqual([
    'correlation does nothing with phase response: each exchange draws for itself',
  ])
  expect(warned({ latency: 5, jitter: 5, correlation: 0.5, phase: 'body' })).toEqual([])
  expect(warned({ latency: 5, phase: 'request' })).toEqual([])
})
