import { describe, expect, test } from 'vitest'
import { rateLabel } from '../../../bench/cases/bandwidth.ts'
import { judgeQuantiles } from '../../../bench/cases/fidelity/latency.ts'
import { compareWithReal, summariseTimes } from '../../../bench/cases/fidelity/loss.ts'
import { judged, samplingError } from '../../../bench/cases/fidelity/tolerance.ts'
import { closedWindows, fitWindows, heldWindows } from '../../../bench/cases/fidelity/windows.ts'
import { quantile } from '../../../bench/statistics.ts'
import { randomFor } from '../../../src/core/random.ts'

const uniform = (q: number): number => 100 * q
const tail = (q: number): number => 40 - 10 * Math.log(1 - q)

describe('tolerance', () => {
  test('an error of exactly the tolerance is within it, on both sides', () => {
    expect(judged({ requested: 10, delivered: 12, tolerance: 2 })).toMatchObject({ error: 2, ok: 1 })
    expect(judged({ requested: 10, delivered: 8, tolerance: 2 })).toMatchObject({ error: -2, ok: 1 })
    expect(judged({ requested: 10, delivered: 12.01, tolerance: 2 })).toMatchObject({ ok: 0 })
  })

  test('sampling needs room as the distribution is thin, and less with more samples', () => {
    expect(samplingError(uniform, 0.5, 900)).toBeCloseTo(5)
    expect(samplingError(uniform, 0.5, 90_000)).toBeCloseTo(0.5)
    expect(samplingError(() => 50, 0.99, 10)).toBe(0)
    expect(samplingError(tail, 0.99, 1000)).toBeGreaterThan(10 * samplingError(tail, 0.5, 1000))
  })

  test('sampling error stays finite where the distribution does not', () => {
    expect(samplingError((q) => 1 / (1 - q), 0.99, 100)).toBeLessThan(200)
  })

  test('what is drawn from a distribution is within it nearly always, and what is 10 % off is not', () => {
    const random = randomFor(1, 'samples')
    const draw = (): number => tail(random.next())
    const off = Array.from({ length: 200 }, () => {
      const error = quantile(Array.from({ length: 1000 }, draw), 0.95) - tail(0.95)
      return Math.abs(error) > samplingError(tail, 0.95, 1000)
    })
    expect(off.filter(Boolean).length).toBeLessThan(5)
    const error = quantile(Array.from({ length: 10_000 }, draw), 0.95) * 1.1 - tail(0.95)
    expect(error).toBeGreaterThan(samplingError(tail, 0.95, 10_000))
  })
})

test('quantiles of delays are judged without the way there and back', () => {
  const times = Array.from({ length: 1001 }, (_, i) => 1 + 40 + i / 100)
  const rows = judgeQuantiles(times, [1, 1, 2], (u) => 40 + 10 * u)
  expect(rows.p50).toMatchObject({ requested: 45, ok: 1, messages: 1001 })
  expect(rows.p50['delivered']).toBeCloseTo(45)
  expect(rows.p99['noise']).toBeCloseTo(0.98)
  expect(rows.p99['delivered']).toBeCloseTo(49.9)
  expect(judgeQuantiles(times, [1], () => 40).p50).toMatchObject({ ok: 0 })
})

describe('windows', () => {
  test('answers are held from the first late tick on until it comes', () => {
    const ticks = [
      [0, 1],
      [10, 11],
      [20, 60],
      [30, 60],
      [58, 60],
      [61, 62],
      [120, 160],
      [161, 162],
    ] as const
    expect(heldWindows(ticks, 10)).toEqual([
      { begin: 20, end: 60 },
      { begin: 120, end: 160 },
    ])
  })

  test('a window that was under way at the beginning is left out', () => {
    const ticks = [
      [0, 50],
      [60, 61],
      [100, 150],
    ] as const
    expect(heldWindows(ticks, 10)).toEqual([{ begin: 100, end: 150 }])
  })

  test('closed is from the first refusal to the first success; what is cut off is left out', () => {
    const knocks = [
      [0, 0],
      [2, 1],
      [4, 0],
      [6, 0],
      [8, 1],
      [10, 1],
      [12, 0],
    ] as const
    expect(closedWindows(knocks)).toEqual([{ begin: 4, end: 8 }])
  })

  test('a fit tells the worst begin and end, whatever the phase, and a missed window shifts nothing', () => {
    const windows = [1000, 1500, 2502, 3000].map((begin) => ({ begin, end: begin + 100 }))
    const fit = fitWindows([...windows, { begin: 3500, end: 3593 }], { period: 500, length: 100 })
    expect(fit).toEqual({ period: 500, begin: 2, end: 93 })
  })

  test('a wrong period is seen', () => {
    const windows = [0, 510, 1020, 1530].map((begin) => ({ begin, end: begin + 100 }))
    expect(fitWindows(windows, { period: 500, length: 100 }).period).toBe(510)
  })

  test('fewer than two windows are an error', () => {
    const rhythm = { period: 500, length: 100 }
    expect(() => fitWindows([], rhythm)).toThrow('fewer than two windows')
    expect(() => fitWindows([{ begin: 0, end: 100 }], rhythm)).toThrow('fewer than two windows')
  })
})

describe('loss', () => {
  const real = { rtt: 20, percent: 5, mean: 40, p50: 20, p90: 30, p95: 200, p99: 300 }

  test('the mean is judged within 15 %, and quantiles stand beside the real ones', () => {
    const times = [...Array.from({ length: 90 }, () => 20), ...Array.from({ length: 10 }, () => 220)]
    expect(compareWithReal(times, real)).toMatchObject({
      requested: 40,
      delivered: 40,
      percent: 0,
      tolerance: 6,
      ok: 1,
      p50: 20,
      'real p50': 20,
      p99: 220,
      'real p99': 300,
      untouched: 90,
      expected: 90.25,
    })
    expect(compareWithReal(times, { ...real, mean: 30 })).toMatchObject({ ok: 0 })
  })

  test('mean and quantiles of times', () => {
    expect(summariseTimes([1, 2, 3, 4, 90])).toMatchObject({ mean: 20, p50: 3 })
  })
})

test('rates are written as people do', () => {
  expect([1, 100, 1000, 10_000, 1_000_000].map(rateLabel)).toEqual([
    '1 KB/s',
    '100 KB/s',
    '1 MB/s',
    '10 MB/s',
    '1 GB/s',
  ])
})
