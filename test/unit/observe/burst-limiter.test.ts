import { expect, test } from 'vitest'
import { BurstLimiter } from '../../../src/observe/burst-limiter.ts'

test('one event per interval passes, and it says how many were held back', () => {
  let now = 0
  const limiter = new BurstLimiter(1000, () => now)
  expect(limiter.admit('a')).toBe(0)
  now = 400
  expect(limiter.admit('a')).toBeUndefined()
  now = 999
  expect(limiter.admit('a')).toBeUndefined()
  now = 1000
  expect(limiter.admit('a')).toBe(2)
  now = 1500
  expect(limiter.admit('a')).toBeUndefined()
  now = 2100
  expect(limiter.admit('a')).toBe(1)
  now = 9000
  expect(limiter.admit('a')).toBe(0)
})

test('keys do not hold each other back', () => {
  const limiter = new BurstLimiter(1000, () => 5)
  expect(limiter.admit('a')).toBe(0)
  expect(limiter.admit('b')).toBe(0)
  expect(limiter.admit('a')).toBeUndefined()
})
