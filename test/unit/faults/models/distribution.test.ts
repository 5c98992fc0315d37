import { describe, expect, test } from 'vitest'
import { DISTRIBUTIONS, PARETO_CAP, quantileOf } from '../../../../src/faults/models/distribution.ts'
import { normalQuantile } from '../../../../src/faults/models/normal.ts'

describe.each(DISTRIBUTIONS)('%s', (distribution) => {
  test('rises, and is finite wherever the generator comes', () => {
    const quantile = quantileOf(distribution, 50, 10)
    let before = -Infinity
    for (const u of [0, 2 ** -32, 0.001, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98]) {
      const value = quantile(u)
      expect(value).toBeGreaterThan(before)
      before = value
    }
    for (const u of [0, 1 - 2 ** -32, 1 - 2 ** -33]) expect(Math.abs(quantile(u))).toBeLessThan(10_000)
  })

  test('moves with latency and stretches with jitter', () => {
    const quantile = quantileOf(distribution, 200, 40)
    const half = quantileOf(distribution, 100, 20)
    for (const u of [0.01, 0.3, 0.7, 0.99]) expect(quantile(u)).toBeCloseTo(half(u) * 2, 9)
  })
})

test('uniform is Toxiproxy’s, to the last bit', () => {
  const quantile = quantileOf('uniform', 0.1, 0.7)
  for (const u of [0, 0.1, 1 / 3, 0.999]) expect(quantile(u)).toBe(0.1 + (u * 2 - 1) * 0.7)
})

/** tc-netem's tables: 4096 steps, in 8192ths, at most 32767 of them. Answers the share up to a step, and its entry. */
function netemTable(entry: (share: number) => number): (readonly [share: number, value: number])[] {
  return Array.from({ length: 4096 }, (_, step) => [step / 4096, entry(step / 4096)])
}

const paretoEntry = (share: number) => Math.min(32_767, Math.round(((1 - share) ** (-1 / 3) - 1.5) * (4 / 3) * 8192))

test('pareto is netem’s, to half a unit of its table', () => {
  const quantile = quantileOf('pareto', 0, 1)
  for (const [share, value] of netemTable((u) => paretoEntry(u) / 8192)) {
    expect(Math.abs(quantile(share) - value)).toBeLessThanOrEqual(0.5 / 8192 + 1e-12)
  }
  expect(quantile(0)).toBeCloseTo(-2 / 3, 12)
  expect(quantile(1 - 2 ** -32)).toBe(PARETO_CAP)
})

test('paretonormal is netem’s, to the width of a step', () => {
  const quantile = quantileOf('paretonormal', 0, 1)
  // netem takes the upper end of each step of its normal table, which has 16384 of them.
  const table = netemTable((u) => (normalQuantile(u + 0.5 / 16_384) * 8192 + 3 * paretoEntry(u)) / 4 / 8192)
  for (const [share, value] of table.slice(1)) expect(Math.abs(quantile(share) - value)).toBeLessThan(0.01)
})

test('lognormal: without a mean there is no delay, whatever its spread', () => {
  for (const mean of [0, 5e-324]) expect(quantileOf('lognormal', mean, 10)(0.999)).toBe(0)
  for (const u of [0, 0.5, 1 - 2 ** -32]) {
    expect(quantileOf('lognormal', 1e-90, 1)(u)).toBeGreaterThanOrEqual(0)
    expect(quantileOf('lognormal', 1, 1e-20)(u)).toBeCloseTo(1, 12)
  }
})
