import { describe, expect, test } from 'vitest'
import type { Toxic } from '../../../bench/admin.ts'
import { errors } from '../../../bench/cases/latency.ts'
import { parseWrk } from '../../../bench/cases/http.ts'
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
  const text = '  2 threads and 50 connections\n  171893 requests in 2.01s, 37.70MB read\nRequests/sec:  85518.90\n'

  test('its requests and seconds are read', () => {
    expect(parseWrk(text)).toEqual({ units: 171_893, seconds: 2.01 })
    expect(parseWrk(text.replace('2.01s', '980.5ms')).seconds).toBeCloseTo(0.9805)
  })

  test('its errors are errors', () => {
    expect(() => parseWrk(`${text}  Non-2xx or 3xx responses: 7\n`)).toThrow('Non-2xx or 3xx responses: 7')
    expect(() => parseWrk('unable to connect')).toThrow('unable to connect')
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
