import { expect, test } from 'vitest'
import { Histogram } from '../../../src/engine/histogram.ts'

test('an observation is counted under the first bound that is not below it', () => {
  const histogram = new Histogram([1, 5, 10])
  for (const value of [0, 1, 1.001, 5, 9, 10, 10.5, 1e9]) histogram.observe(value)
  expect(histogram.data()).toEqual({
    bounds: [1, 5, 10],
    counts: [2, 2, 2, 2],
    sum: 0 + 1 + 1.001 + 5 + 9 + 10 + 10.5 + 1e9,
  })
})

test('data once given out does not change any more', () => {
  const histogram = new Histogram([1])
  const before = histogram.data()
  histogram.observe(0)
  expect(before.counts).toEqual([0, 0])
  expect(histogram.data().counts).toEqual([1, 0])
})
