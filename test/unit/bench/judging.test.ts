import { describe, expect, test } from 'vitest'
import type { Toxic } from '../../../bench/admin.ts'
import { errors } from '../../../bench/cases/latency.ts'
import { judgeShare } from '../../../bench/cases/fidelity/http-error.ts'
import { parseWrk } from '../../../bench/cases/http/requests.ts'
import { randomToxic } from '../../../bench/cases/random-toxic.ts'
import type { Sample } from '../../../bench/cases/case.ts'
import { ratioOf, summaryOf } from '../../../bench/samples.ts'
import { quantile } from '../../../bench/statistics.ts'
import { judge, type Target } from '../../../bench/targets.ts'
import { randomFor } from '../../../src/core/random.ts'

const sample = (rival: string, round: number, cpu: number, variant = ''): Sample => ({
  case: 'bulk',
  variant,
  rival,
  round,
  metrics: { cpu },
})

test('a quantile between two values is taken in proportion', () => {
  expect(quantile([3, 1, 2], 0.5)).toBe(2)
  expect(quantile([4, 1, 2, 3], 0.5)).toBe(2.5)
  expect(quantile([10, 20], 0.99)).toBeCloseTo(19.9)
  expect(() => quantile([], 0.5)).toThrow('no values')
})

describe('ratios', () => {
  test('are taken within a round, so that a slow machine in one round does not count', () => {
    const samples = [
      sample('haproxy', 1, 1),
      sample('foulweather', 1, 2),
      sample('haproxy', 2, 10),
      sample('foulweather', 2, 20),
      sample('haproxy', 3, 1),
      sample('foulweather', 3, 4),
    ]
    expect(ratioOf(samples, 'foulweather', 'cpu')).toMatchObject({ median: 2, min: 2, max: 4, count: 3 })
  })

  test('are to another rival where one is named', () => {
    const samples = [sample('a', 1, 3), sample('b', 1, 2), sample('haproxy', 1, 1)]
    expect(ratioOf(samples, 'a', 'cpu', 'b')).toMatchObject({ median: 1.5 })
    expect(ratioOf(samples, 'a', 'cpu')).toMatchObject({ median: 3 })
  })

  test('are absent where the yardstick was not measured in that round', () => {
    expect(ratioOf([sample('haproxy', 1, 1), sample('pipe', 2, 1)], 'pipe', 'cpu')).toBeUndefined()
    expect(summaryOf([sample('haproxy', 1, 1)], 'pipe', 'cpu')).toBeUndefined()
  })
})

describe('targets', () => {
  const atMost: Target = {
    figure: 'f',
    case: 'bulk',
    metric: 'cpu',
    as: 'value',
    unit: '%',
    limit: 2,
    better: 'lower',
  }

  test('the worst variant is judged, and an error counts whatever its sign', () => {
    const samples = [sample('foulweather', 1, 1, 'up'), sample('foulweather', 1, -3, 'down')]
    expect(judge(atMost, samples)).toMatchObject({ measured: 3, met: false, target: '≤ 2 %' })
  })

  test('where more is better, the smallest counts', () => {
    const atLeast: Target = { ...atMost, better: 'higher', as: 'ratio', limit: 0.5 }
    const samples = [
      sample('foulweather', 1, 6, 'a'),
      sample('haproxy', 1, 10, 'a'),
      sample('foulweather', 1, 5, 'b'),
      sample('haproxy', 1, 10, 'b'),
    ]
    expect(judge(atLeast, samples)).toMatchObject({ measured: 0.5, met: true, target: '≥ 0.5 %' })
  })

  test('the rivals that a target names are the ones that are judged', () => {
    const samples = [sample('a', 1, 3), sample('b', 1, 2), sample('foulweather', 1, 9), sample('haproxy', 1, 1)]
    const named: Target = { ...atMost, as: 'ratio', rival: 'a', yardstick: 'b' }
    expect(judge(named, samples)).toMatchObject({ measured: 1.5, met: true })
    expect(judge({ ...named, as: 'value' }, samples)).toMatchObject({ measured: 3, met: false })
  })

  test('what was not measured is neither met nor missed', () => {
    expect(judge(atMost, [sample('pipe', 1, 1)])).toMatchObject({ measured: null, met: null })
  })
})

test('the error of a delay is told apart from the way without it', () => {
  const { median, p99, noise, messages } = errors([1, 1, 1, 2], [51, 51.5, 51, 54], 50)
  expect(median).toBeCloseTo(0.25)
  expect(p99).toBeGreaterThan(2.9)
  expect(noise).toBeLessThan(1)
  expect(messages).toBe(4)
})

describe('wrk', () => {
  const text = `  1 threads and 50 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   551.72us  384.19us  13.95ms   95.99%
    Req/Sec    85.50k     2.10k   90.00k    80.00%
  Latency Distribution
     50%  492.00us
     75%    0.61ms
     90%    0.80ms
     99%    1.82ms
  171893 requests in 2.01s, 37.70MB read
Requests/sec:  85518.90
   99.9% 3046.00us
`

  test('its requests, seconds and times are read', () => {
    const { p50, p99, p999, seconds, ...counts } = parseWrk(text)
    expect(counts).toEqual({ units: 171_893, bad: 0 })
    expect(seconds).toBeCloseTo(2.01)
    expect(p50).toBeCloseTo(0.492)
    expect(p99).toBeCloseTo(1.82)
    expect(p999).toBeCloseTo(3.046)
    expect(parseWrk(text.replace('2.01s', '980.5ms')).seconds).toBeCloseTo(0.9805)
    expect(parseWrk(text.replace('1.82ms', '1.01s')).p99).toBeCloseTo(1010)
  })

  test('bad answers are counted, errors of sockets are errors', () => {
    expect(parseWrk(`${text}  Non-2xx or 3xx responses: 7\n`).bad).toBe(7)
    expect(() => parseWrk(`${text}  Socket errors: connect 0, read 3, write 0, timeout 0\n`)).toThrow('read 3')
    expect(() => parseWrk('unable to connect')).toThrow('unable to connect')
    expect(() => parseWrk(text.replace('     99%', '     98%'))).toThrow('wrk answered')
    expect(() => parseWrk(text.replace('   99.9%', ''))).toThrow('wrk answered')
  })
})

function twoHundredToxics(): readonly Toxic[] {
  const random = randomFor(1, 'test')
  return Array.from({ length: 200 }, (_, i) => randomToxic(random, `t${i}`))
}

test('random toxics replay with their seed, and none of them loses bytes', () => {
  const toxics = twoHundredToxics()
  expect(twoHundredToxics()).toEqual(toxics)
  const types = new Set(toxics.map(({ type }) => type))
  expect([...types].sort()).toEqual(['bandwidth', 'latency', 'noop', 'slicer', 'slow_close'])
})

describe('the share of an error', () => {
  test('is judged by what chance may do to so many draws', () => {
    // Three standard errors of 10 000 draws of 30 % are 1.37 %.
    expect(judgeShare({ statuses: { 200: 6870, 503: 3130 } }, 30)).toMatchObject({ delivered: 31.3, ok: 1 })
    expect(judgeShare({ statuses: { 200: 6860, 503: 3140 } }, 30)).toMatchObject({ requests: 10_000, ok: 0 })
  })

  test('has no room where chance has none', () => {
    expect(judgeShare({ statuses: { 503: 1000 } }, 100)).toMatchObject({ delivered: 100, ok: 1 })
    expect(judgeShare({ statuses: { 200: 1, 503: 999 } }, 100)).toMatchObject({ ok: 0 })
  })

  test('a status that nobody asked for is an error', () => {
    expect(() => judgeShare({ statuses: { 200: 1, 502: 3, 503: 1 } }, 30)).toThrow('3 answers had status 502')
  })
})
