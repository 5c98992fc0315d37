import { describe, expect, test } from 'vitest'
import type { Outlet } from '../../../src/core/outlet.ts'
import { randomFor } from '../../../src/core/random.ts'
import { parseParams } from '../../../src/faults/index.ts'
import { latency } from '../../../src/faults/latency.ts'
import { SharedObjects } from '../../support/fault-chain.ts'
import { type Cdf, ksCritical, ksDistance, lag1Correlation, mean, normalCdfBySeries } from '../../support/statistics.ts'

/** Delays as the fault itself makes them: all chunks come at 0, each stamp is a delay. */
function delays(params: object, n: number, seed: number): number[] {
  const stamps: number[] = []
  const outlet: Outlet = {
    chunk: (_bytes, at) => {
      stamps.push(at)
      return 0
    },
    end: () => {},
    abort: () => {},
  }
  const context = {
    random: randomFor(seed, 'distributions'),
    counters: { seen: 0, selected: 0, applied: 0 },
    ending: { origin: 'injected', reason: 'slow' },
    direction: 'downstream',
    shared: new SharedObjects().of('slow'),
    cells: new SharedObjects().cellsOf('slow', 'latency'),
    record: () => {},
  } as const
  const stage = latency.stage?.(latency.params.parse(parseParams('latency', params)), context, undefined)
  if (stage === undefined) throw new Error('no stage')
  stage.next = outlet
  stage.open?.(0)
  const byte = Buffer.from('x')
  for (let i = 0; i < n; i++) stage.chunk(byte, 0)
  return stamps
}

const N = 20_000
const ALPHA = 0.001
const SEEDS = [1, 2, 3]
const MEAN = 100
const SPREAD = 20
const CAP = 32_767 / 8192

interface Case {
  readonly name: string
  readonly params: object
  readonly cdf: Cdf
  readonly below?: Cdf
}

/** netem's Pareto, mean 0 and scale 1, without the cap: X = (x − 1.5)·4/3 with P(x > t) = t⁻³. */
function paretoCdf(value: number): number {
  return 1 - Math.max(1, value * 0.75 + 1.5) ** -3
}

/** By bisection: ¼ normal + ¾ Pareto of the same share rises with the normal part. */
function paretonormalCdf(value: number): number {
  let low = -6.5
  let high = 6.5
  for (let i = 0; i < 45; i++) {
    const z = (low + high) / 2
    const pareto = Math.min(CAP, ((1 - normalCdfBySeries(z)) ** (-1 / 3) - 1.5) / 0.75)
    if (z / 4 + pareto * 0.75 <= value) low = z
    else high = z
  }
  return normalCdfBySeries(low)
}

/** Straight lines between (value, share) points. */
function linesThrough(...points: readonly (readonly [value: number, share: number])[]): Cdf {
  return (x) => {
    const after = points.findIndex(([value]) => value > x)
    if (after === 0) return 0
    const [value, share] = points.at(after) ?? [0, 0]
    const [valueBefore, shareBefore] = points.at(after - 1) ?? [0, 0]
    return after < 0 ? 1 : shareBefore + ((share - shareBefore) * (x - valueBefore)) / (value - valueBefore)
  }
}

const LOG_VARIANCE = Math.log(1 + (SPREAD / MEAN) ** 2)
const spread = (distribution: string) => ({ latency: MEAN, jitter: SPREAD, distribution })
const CLAMPED = { latency: 10, jitter: 20, distribution: 'normal' }
const even: Cdf = (x) => x
/** Larger than the largest delay only by what addition rounds. */
const atCap = (x: number) => (x - MEAN) / SPREAD > CAP - 1e-9

const CASES: readonly Case[] = [
  {
    name: 'uniform',
    params: { latency: MEAN, jitter: SPREAD },
    cdf: (x) => Math.min(1, Math.max(0, (x - MEAN + SPREAD) / (2 * SPREAD))),
  },
  { name: 'normal', params: spread('normal'), cdf: (x) => normalCdfBySeries((x - MEAN) / SPREAD) },
  {
    name: 'normal, the part below 0 at 0',
    params: CLAMPED,
    cdf: (x) => (x < 0 ? 0 : normalCdfBySeries((x - 10) / 20)),
    below: (x) => (x <= 0 ? 0 : normalCdfBySeries((x - 10) / 20)),
  },
  {
    name: 'lognormal',
    params: spread('lognormal'),
    cdf: (x) => normalCdfBySeries((Math.log(x) - Math.log(MEAN) + LOG_VARIANCE / 2) / Math.sqrt(LOG_VARIANCE)),
  },
  {
    name: 'exponential',
    params: spread('exponential'),
    cdf: (x) => (x < MEAN ? 0 : 1 - Math.exp(-(x - MEAN) / SPREAD)),
  },
  {
    name: 'pareto',
    params: spread('pareto'),
    cdf: (x) => (atCap(x) ? 1 : paretoCdf((x - MEAN) / SPREAD)),
    below: (x) => paretoCdf((x - MEAN) / SPREAD),
  },
  { name: 'paretonormal', params: spread('paretonormal'), cdf: (x) => paretonormalCdf((x - MEAN) / SPREAD) },
  {
    name: 'table of percentiles',
    params: { table: { p0: 10, p50: 20, 'p99.9': 400, p100: 2000 } },
    cdf: linesThrough([10, 0], [20, 0.5], [400, 0.999], [2000, 1]),
  },
  {
    name: 'table from a histogram',
    params: { table: 'upper_bound,count\n10ms,1\n20ms,0\n50ms,6\n1s,3' },
    cdf: linesThrough([0, 0], [10, 0.1], [20, 0.1], [50, 0.7], [1000, 1]),
  },
]

describe.each(CASES)('$name', ({ params, cdf, below }) => {
  test.each(SEEDS)('delays are distributed as they should be (Kolmogorov–Smirnov, seed %d)', (seed) => {
    expect(ksDistance(delays(params, N, seed), cdf, below)).toBeLessThan(ksCritical(N, ALPHA))
  })

  test('which the test would not say of other delays', () => {
    const shifted = delays(params, N, 1).map((delay) => (delay - MEAN) * 1.1 + MEAN)
    expect(ksDistance(shifted, cdf, below)).toBeGreaterThan(ksCritical(N, ALPHA))
  })
})

test('means and standard deviations are what the documentation says', () => {
  const about = {
    uniform: [MEAN, SPREAD / Math.sqrt(3)],
    normal: [MEAN, SPREAD],
    lognormal: [MEAN, SPREAD],
    exponential: [MEAN + SPREAD, SPREAD],
    pareto: [MEAN - 0.033 * SPREAD, 0.82 * SPREAD],
    paretonormal: [MEAN - 0.025 * SPREAD, 0.83 * SPREAD],
  }
  for (const [distribution, [middle = NaN, deviation = NaN]] of Object.entries(about)) {
    const sample = delays(spread(distribution), 200_000, 7)
    const found = mean(sample)
    expect(Math.abs(found - middle)).toBeLessThan((5 * deviation) / Math.sqrt(200_000))
    const foundDeviation = Math.sqrt(mean(sample.map((delay) => (delay - found) ** 2)))
    expect(Math.abs(foundDeviation / deviation - 1)).toBeLessThan(0.02)
  }
})

test('a table gives back its percentiles', () => {
  const table = { p5: 3, p50: 20, p90: 80, p99: 400, 'p99.9': 2000 }
  const n = 200_000
  const sample = delays({ table }, n, 11)
  for (const [name, value] of Object.entries(table)) {
    const share = Number(name.slice(1)) / 100
    const below = sample.filter((delay) => delay < value).length / n
    const upTo = sample.filter((delay) => delay <= value).length / n
    const error = 5 * Math.sqrt((share * (1 - share)) / n)
    expect(below).toBeLessThan(share + error)
    expect(upTo).toBeGreaterThan(share - error)
  }
  expect(Math.min(...new Set(sample.map((delay) => Math.floor(delay))))).toBe(3)
  expect(Math.max(...new Set(sample.map((delay) => Math.ceil(delay))))).toBe(2000)
})

describe('correlation', () => {
  const n = 200_000

  test.each([0, 0.25, 0.5, 0.9, 0.99])('of %d is that of neighbours, to within five standard errors', (correlation) => {
    // Bartlett: the variance of a lag-1 correlation of an AR(1) process is (1 − ρ²)/n.
    const error = 5 * Math.sqrt((1 - correlation ** 2) / n)
    const found = lag1Correlation(delays({ ...spread('normal'), correlation, latency: 1000 }, n, 5))
    expect(Math.abs(found - correlation)).toBeLessThan(error)
  })

  test.each([0.25, 0.5, 0.9])('of %d is, as one of ranks, (6/π)·asin(ρ/2)', (correlation) => {
    const found = lag1Correlation(delays({ latency: MEAN, jitter: SPREAD, correlation }, n, 6))
    const expected = (6 / Math.PI) * Math.asin(correlation / 2)
    expect(Math.abs(found - expected)).toBeLessThan(5 / Math.sqrt(n))
    expect(Math.abs(expected - correlation)).toBeLessThan(0.018)
  })

  /** So far apart that what is left of a correlation of 0.8 is 1e-4. */
  const APART = 42
  const thinned = (sample: readonly number[]) => sample.filter((_, index) => index % APART === 0)

  test.each(CASES)('keeps the distribution: $name', ({ params, cdf, below }) => {
    const sample = thinned(delays({ ...params, correlation: 0.8 }, N * APART, 9))
    expect(sample).toHaveLength(N)
    expect(ksDistance(sample, cdf, below)).toBeLessThan(ksCritical(N, ALPHA))
  })

  test('which blending even draws, as tc-netem does, would not', () => {
    const random = randomFor(9, 'blend')
    const weight = 0.5
    let last = random.next()
    const blended = Array.from({ length: N * 14 }, () => {
      last = weight * last + (1 - weight) * random.next()
      return last
    }).filter((_, index) => index % 14 === 0)
    expect(ksDistance(blended, even)).toBeGreaterThan(10 * ksCritical(N, ALPHA))
    const middle = mean(blended)
    const variance = mean(blended.map((x) => (x - middle) ** 2))
    expect(variance / (1 / 12)).toBeCloseTo(1 / 3, 1)
  })
})
