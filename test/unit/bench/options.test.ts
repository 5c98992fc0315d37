import { describe, expect, test } from 'vitest'
import { chooseCases, chooseRivals, parseOptions, UsageError } from '../../../bench/options.ts'

describe('parseOptions', () => {
  test('nothing given: five rounds of everything', () => {
    expect(parseOptions([])).toMatchObject({ quick: false, rounds: 5, only: [], rivals: [], publish: false })
    expect(parseOptions([])).not.toHaveProperty('out')
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

  test('two files are compared, with nothing else', () => {
    expect(parseOptions(['--compare', 'a.json', 'b.json'])).toMatchObject({ compare: ['a.json', 'b.json'], only: [] })
    expect(() => parseOptions(['--compare', 'a.json'])).toThrow('--compare wants two results files, and 1 are named')
    expect(() => parseOptions(['--compare', 'a', 'b', 'c'])).toThrow('3 are named')
    expect(() => parseOptions(['--compare', 'a', 'b', '--publish'])).toThrow(UsageError)
    expect(() => parseOptions(['--compare', 'a', 'b', '--plots', 'c'])).toThrow(UsageError)
  })

  test('a file is drawn whole', () => {
    expect(parseOptions(['--plots', 'a.json', '--out', 'x', '--publish'])).toMatchObject({
      plots: 'a.json',
      out: 'x',
      publish: true,
    })
    expect(() => parseOptions(['--plots', 'a.json', 'bulk'])).toThrow('such as bulk')
  })

  test('an unknown option is refused by its name', () => {
    expect(() => parseOptions(['--fast'])).toThrow('--fast')
  })
})

describe('chooseRivals', () => {
  const all = [{ name: 'a' }, { name: 'b', slow: true as const }, { name: 'c' }]
  const chosen = (wanted: readonly string[], quick: boolean): readonly string[] =>
    chooseRivals(all, wanted, quick).map(({ name }) => name)

  test('keeps the order of the whole; none named = all', () => {
    expect(chosen(['c', 'a'], false)).toEqual(['a', 'c'])
    expect(chosen([], false)).toEqual(['a', 'b', 'c'])
  })

  test('a quick run is without the slow ones, unless they are named', () => {
    expect(chosen([], true)).toEqual(['a', 'c'])
    expect(chosen(['b'], true)).toEqual(['b'])
  })

  test('an unknown name is refused, and the known ones are told', () => {
    expect(() => chosen(['a', 'x'], false)).toThrow('--rivals names x: there are a, b, c')
  })
})

describe('chooseCases', () => {
  const all = [{ name: 'a' }, { name: 'g-1', group: 'g' }, { name: 'b' }, { name: 'g-2', group: 'g' }]
  const named = (...wanted: readonly string[]): readonly string[] =>
    chooseCases(all, wanted, false).map(({ name }) => name)

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

  test('a quick run is without heavy cases, unless they are named by themselves', () => {
    const all = [{ name: 'a' }, { name: 'h', heavy: true as const }, { name: 'g-h', group: 'g', heavy: true as const }]
    const quick = (...wanted: readonly string[]): readonly string[] =>
      chooseCases(all, wanted, true).map(({ name }) => name)
    expect(quick()).toEqual(['a'])
    expect(chooseCases(all, [], false).map(({ name }) => name)).toEqual(['a', 'h'])
    expect(quick('h')).toEqual(['h'])
    expect(quick('g')).toEqual([])
    expect(quick('g-h')).toEqual(['g-h'])
  })
})
