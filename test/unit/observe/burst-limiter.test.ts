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

test('more keys than it keeps are held back until there is room', () => {
  let now = 0
  const limiter = new BurstLimiter(1000, () => now)
  const admitted = (from: number): number =>
    Array.from({ length: 3000 }, (_, n) => limiter.admit(`key ${from + n}`)).filter((count) => count === 0).length
  expect(admitted(0)).toBe(1024)
  now = 500
  expect(admitted(3000)).toBe(0)
  expect(limiter.admit('key 0')).toBeUndefined()
  now = 1000
  expect(limiter.admit('key 0')).toBe(1)
  expect(admitted(10_000)).toBe(1023)
  expect(limiter.admit('key 0')).toBeUndefined()
  now = 2000
  expect(limiter.admit('key 0')).toBe(1)
  expect(admitted(20_000)).toBe(1023)
})

test('keys do not hold each other back', () => {
  const limiter = new BurstLimiter(1000, () => 5)
  expect(limiter.admit('a')).toBe(0)
  expect(limiter.admit('b')).toBe(0)
  expect(limiter.admit('a')).toBeUndefined()
})
