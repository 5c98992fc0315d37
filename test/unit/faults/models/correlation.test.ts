import { expect, test } from 'vitest'
import { CorrelatedDraws } from '../../../../src/faults/models/correlation.ts'
import { normalCdf } from '../../../../src/faults/models/normal.ts'
import { ManualRandom } from '../../../support/manual-random.ts'

test('is an AR(1) process behind even numbers', () => {
  const random = new ManualRandom(normalCdf(1), normalCdf(-2), normalCdf(0.5))
  const draws = new CorrelatedDraws(0.8)
  const [a, b, c] = [draws.next(random), draws.next(random), draws.next(random)]
  expect(a).toBeCloseTo(normalCdf(1), 12)
  expect(b).toBeCloseTo(normalCdf(0.8 - 0.6 * 2), 12)
  expect(c).toBeCloseTo(normalCdf(0.8 * -0.4 + 0.6 * 0.5), 12)
})

test('goes on from where another one is, with a correlation of its own', () => {
  const random = new ManualRandom(normalCdf(2), 0.5)
  const before = new CorrelatedDraws(0.8)
  before.next(random)
  expect(new CorrelatedDraws(0.5, before).next(random)).toBeCloseTo(normalCdf(1), 12)
})

test('stays within 0 and 1, and gets away from the ends', () => {
  for (const end of [0, 1 - 2 ** -32]) {
    const draws = new CorrelatedDraws(0.5)
    const extreme = new ManualRandom(end)
    for (let i = 0; i < 1000; i++) {
      const u = draws.next(extreme)
      expect(u >= 0 && u < 1).toBe(true)
    }
    const middling = new ManualRandom(0.5)
    for (let i = 0; i < 20; i++) draws.next(middling)
    expect(draws.next(middling)).toBeCloseTo(0.5, 4)
  }
})
