import { describe, expect, test } from 'vitest'
import { choose, chooseCases, parseOptions, UsageError } from '../../../bench/options.ts'

describe('parseOptions', () => {
  test('nothing given: five rounds of everything', () => {
    expect(parseOptions([])).toMatchObject({ quick: false, rounds: 5, only: [], rivals: [], out: 'bench/results' })
  })

  test('--quick means fewer rounds, unless they are given', () => {
    expect(parseOptions(['--quick']).rounds).toBe(2)
    expect(parseOptions(['--quick', '--rounds', '7']).rounds).toBe(7)
  })

  test('lists are cut at commas', () => {
    expect(parseOptions(['--only', 'bulk, idle,', '--rivals=pipe']).only).toEqual(['bulk', 'idle'])
  })

  test('cases are named by themselves, with or without --only', () => {
    expect(parseOptions(['fidelity', '--quick', 'bulk,idle']).only).toEqual(['fidelity', 'bulk', 'idle'])
    expect(parseOptions(['bulk', '--only', 'idle']).only).toEqual(['bulk', 'idle'])
  })

  test.each([['0'], ['-1'], ['1.5'], ['many'], ['1000'], ['']])('--rounds=%s is refused', (rounds) => {
    expect(() => parseOptions([`--rounds=${rounds}`])).toThrow(UsageError)
  })

  test('an unknown option is refused by its name', () => {
    expect(() => parseOptions(['--fast'])).toThrow('--fast')
  })
})

describe('choose', () => {
  const all = [{ name: 'a' }, { name: 'b' }, { name: 'c' }]

  test('keeps the order of the whole; none named = all', () => {
    expect(choose(all, ['c', 'a'], '--only')).toEqual([{ name: 'a' }, { name: 'c' }])
    expect(choose(all, [], '--only')).toBe(all)
  })

  test('an unknown name is refused, and the known ones are told', () => {
    expect(() => choose(all, ['a', 'x'], '--only')).toThrow('--only names x: there are a, b, c')
  })
})

describe('chooseCases', () => {
  const all = [{ name: 'a' }, { name: 'g-1', group: 'g' }, { name: 'b' }, { name: 'g-2', group: 'g' }]
  const named = (...wanted: readonly string[]): readonly string[] => chooseCases(all, wanted).map(({ name }) => name)

  test('nothing named: what belongs to no group', () => {
    expect(named()).toEqual(['a', 'b'])
  })

  test('a group means its cases, and one of them can be named alone', () => {
    expect(named('g')).toEqual(['g-1', 'g-2'])
    expect(named('g-2', 'a')).toEqual(['a', 'g-2'])
    expect(named('g', 'g-1', 'b')).toEqual(['g-1', 'b', 'g-2'])
  })

  test('an unknown name is refused, and cases and groups are told', () => {
    expect(() => named('a', 'x')).toThrow('there is no case x: there are a, g-1, g, b, g-2')
  })
})
