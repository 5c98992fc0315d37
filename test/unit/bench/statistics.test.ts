import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { overlap, quantile, spreadOf, summarise } from '../../../bench/statistics.ts'

/** Without -0, which is no other figure than 0. */
const value = fc.double({ min: -1e9, max: 1e9, noNaN: true }).map((value) => value + 0)
const values = fc.array(value, { minLength: 1, maxLength: 30 })
const share = fc.double({ min: 0, max: 1, noNaN: true })

test('a quantile lies between the smallest and the largest value, whatever their order', () => {
  fc.assert(
    fc.property(values, share, (all, q) => {
      const found = quantile(all, q)
      expect(found).toBeGreaterThanOrEqual(Math.min(...all))
      expect(found).toBeLessThanOrEqual(Math.max(...all))
      expect(quantile(all.toReversed(), q)).toBe(found)
    }),
  )
})

test('quantiles rise with their share', () => {
  fc.assert(
    fc.property(values, share, share, (all, a, b) => {
      const size = Math.max(...all.map(Math.abs))
      // But for the last digit of what is between two values.
      const slack = size * 1e-12
      expect(quantile(all, Math.min(a, b))).toBeLessThanOrEqual(quantile(all, Math.max(a, b)) + slack)
    }),
  )
})

test('the values themselves are the quantiles of their places', () => {
  fc.assert(
    fc.property(values, (all) => {
      const sorted = all.toSorted((a, b) => a - b)
      expect(quantile(all, 0)).toBe(sorted[0])
      expect(quantile(all, 1)).toBe(sorted.at(-1))
      const odd = [...all, ...all.slice(1)]
      expect(quantile(odd, 0.5)).toBe(odd.toSorted((a, b) => a - b)[all.length - 1])
    }),
  )
})

test('overlapping is mutual, and ranges overlap exactly when they share a value', () => {
  fc.assert(
    fc.property(values, values, (a, b) => {
      const [one, other] = [summarise(a), summarise(b)]
      const shared = [one.min, one.max, other.min, other.max].some(
        (value) => value >= one.min && value <= one.max && value >= other.min && value <= other.max,
      )
      expect(overlap(one, other)).toBe(shared)
      expect(overlap(other, one)).toBe(shared)
    }),
  )
})

test('a spread is a part of the median, of either sign', () => {
  expect(spreadOf(summarise([9, 10, 12]))).toBeCloseTo(0.3)
  expect(spreadOf(summarise([-9, -10, -12]))).toBeCloseTo(0.3)
  expect(spreadOf(summarise([5]))).toBe(0)
  expect(spreadOf(summarise([-1, 0, 1]))).toBe(Infinity)
  expect(spreadOf(summarise([0, 0]))).toBe(0)
})
