import { expect, test } from 'vitest'
import { Estimate, progressHead } from '../../../bench/main-progress.ts'

test('what earlier runs took is what is left', () => {
  const estimate = new Estimate(
    ['a', 'b'],
    new Map([
      ['a', 10],
      ['b', 20],
    ]),
  )
  expect(estimate.left(0)).toBe(30)
  estimate.begin('a', 5)
  expect(estimate.left(9)).toBe(26)
  // It takes longer than expected: what follows is what is left.
  expect(estimate.left(50)).toBe(20)
  estimate.begin('b', 51)
  expect(estimate.left(52)).toBe(19)
  estimate.end(70)
  expect(estimate.left(70)).toBe(0)
  expect([...estimate.done]).toEqual([
    ['a', 46],
    ['b', 19],
  ])
})

test('without an earlier run the cases that are done say what others will take', () => {
  const estimate = new Estimate(['a', 'b', 'c'], new Map())
  estimate.begin('a', 0)
  expect(estimate.left(4)).toBeUndefined()
  estimate.begin('b', 10)
  expect(estimate.left(14)).toBe(16)
})

test('a line begins with the time, and what is left in round figures', () => {
  expect(progressHead(12.3, undefined)).toBe('[  12 s]')
  expect(progressHead(12.3, 41)).toBe('[  12 s, about 50 s left]')
  expect(progressHead(1200, 170)).toBe('[1200 s, about 3 min left]')
})
