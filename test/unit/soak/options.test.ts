import { describe, expect, test } from 'vitest'
import { parseOptions, UsageError } from '../../../soak/options.ts'

describe('parseOptions', () => {
  test('nothing given: half an hour, and a seed that is drawn', () => {
    const options = parseOptions([])
    expect(options).toMatchObject({ minutes: 30, clients: 80, workers: undefined, server: 'src/main.ts', help: false })
    expect(Number.isInteger(options.seed)).toBe(true)
    const seeds = new Set(Array.from({ length: 20 }, () => parseOptions([]).seed))
    expect(seeds.size).toBeGreaterThan(1)
  })

  test('everything given', () => {
    const args = ['--minutes', '0.5', '--seed', '7', '--clients', '20', '--workers', 'auto', '--out', 'a.json']
    expect(parseOptions(args)).toMatchObject({ minutes: 0.5, seed: 7, clients: 20, workers: 'auto', out: 'a.json' })
    expect(parseOptions(['--workers=4']).workers).toBe('4')
  })

  test.each([
    ['--minutes', '0'],
    ['--minutes', 'long'],
    ['--minutes', ''],
    ['--seed', '1.5'],
    ['--seed', '-1'],
    ['--clients', '3'],
    ['--workers', '0'],
    ['--workers', 'many'],
  ])('%s %s is refused by its name', (option, value) => {
    expect(() => parseOptions([`${option}=${value}`])).toThrow(UsageError)
    expect(() => parseOptions([`${option}=${value}`])).toThrow(option)
  })

  test('an unknown option is refused by its name', () => {
    expect(() => parseOptions(['--fast'])).toThrow('--fast')
  })
})
