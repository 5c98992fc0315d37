import { describe, expect, test } from 'vitest'
import { randomFor, type Random } from '../../../src/core/random.ts'

const PLACE = ['pg', 1, 'downstream', 'slow'] as const

function draws(random: Random, count: number): number[] {
  return Array.from({ length: count }, () => random.next())
}

/** Pearson's statistic of how evenly numbers in [0, 1) fall into equal bins. */
function chiSquare(numbers: readonly number[], bins: number): number {
  const counts = Array.from({ length: bins }, () => 0)
  for (const number of numbers) {
    const bin = Math.floor(number * bins)
    counts[bin] = (counts[bin] ?? 0) + 1
  }
  const expected = numbers.length / bins
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
}

/** 99.99 % of truly even samples stay below this with 99 degrees of freedom. */
const CHI_SQUARE_99 = 161.4

function dot(p: readonly number[], q: readonly number[]): number {
  return p.reduce((sum, value, i) => sum + value * (q[i] ?? 0), 0)
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const x = a.map((number) => number - 0.5)
  const y = b.map((number) => number - 0.5)
  return dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y))
}

test('recorded seeds replay for ever', () => {
  // These numbers may never change: every decision that somebody has noted with its seed depends on them.
  expect(draws(randomFor(42, ...PLACE), 5)).toEqual([
    0.4108465595636517, 0.7137208497151732, 0.30951694143004715, 0.03618129901587963, 0.4901703216601163,
  ])
})

test('the same place draws the same again', () => {
  expect(draws(randomFor(7, ...PLACE), 100)).toEqual(draws(randomFor(7, ...PLACE), 100))
})

test.each([1, 2, 42, -5, 2 ** 40])('the numbers of seed %d are in [0, 1) and spread evenly', (seed) => {
  const numbers = draws(randomFor(seed, ...PLACE), 100_000)
  expect(Math.min(...numbers.slice(0, 50_000))).toBeGreaterThanOrEqual(0)
  expect(Math.max(...numbers.slice(0, 50_000))).toBeLessThan(1)
  expect(chiSquare(numbers, 100)).toBeLessThan(CHI_SQUARE_99)
})

test('the first numbers of neighbouring sessions spread evenly', () => {
  // What a probability is drawn from: one number of each of many places that differ in the ordinal alone.
  const firsts = Array.from({ length: 100_000 }, (_, ordinal) => randomFor(1, 'pg', ordinal, 'upstream', 'slow').next())
  expect(chiSquare(firsts, 100)).toBeLessThan(CHI_SQUARE_99)
  expect(Math.abs(correlation(firsts.slice(1), firsts.slice(0, -1)))).toBeLessThan(0.015)
})

describe('other places draw other numbers', () => {
  const mine = draws(randomFor(1, ...PLACE), 20_000)
  test.each([
    ['seed', randomFor(2, ...PLACE)],
    ['proxy', randomFor(1, 'pg2', 1, 'downstream', 'slow')],
    ['session', randomFor(1, 'pg', 2, 'downstream', 'slow')],
    ['direction', randomFor(1, 'pg', 1, 'upstream', 'slow')],
    ['fault', randomFor(1, 'pg', 1, 'downstream', 'slow2')],
    ['parts cut elsewhere', randomFor(1, 'pg1', '', 'downstream', 'slow')],
  ])('%s', (_, random) => {
    const others = draws(random, mine.length)
    expect(others.filter((number, i) => number === mine[i]).length).toBeLessThan(5)
    // Four standard deviations.
    expect(Math.abs(correlation(mine, others))).toBeLessThan(4 / Math.sqrt(mine.length))
  })
})

test('parts of a place are kept apart', () => {
  expect(randomFor(1, 'ab', 'c').next()).not.toBe(randomFor(1, 'a', 'bc').next())
  expect(randomFor(1, 'a|1:b').next()).not.toBe(randomFor(1, 'a', 'b').next())
})
