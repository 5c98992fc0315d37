import { describe, expect, test } from 'vitest'
import { type LatencyTable, latencyTable, tableQuantile } from '../../../../src/faults/models/percentile-table.ts'

const schema = latencyTable()

function quantilesOf(table: LatencyTable, ...shares: readonly number[]): number[] {
  return shares.map(tableQuantile(table))
}

/** What was wrong, and where. */
function mistake(table: unknown): { readonly message: string; readonly path: readonly PropertyKey[]; got?: unknown } {
  const issue = schema.safeParse(table).error?.issues[0]
  if (issue === undefined) throw new Error('no mistake')
  const { message, path } = issue
  return issue.code === 'custom' && issue.params !== undefined
    ? { message, path, got: issue.params['got'] }
    : { message, path }
}

describe('percentiles', () => {
  test('are joined by straight lines on the inverse distribution function', () => {
    const table = { p0: 10, p50: 20, p90: 100, p100: 200 }
    expect(quantilesOf(table, 0, 0.25, 0.5)).toEqual([10, 15, 20])
    const [middle, ninetieth, above] = quantilesOf(table, 0.7, 0.9, 0.95)
    expect(middle).toBeCloseTo(60, 9)
    expect(ninetieth).toBeCloseTo(100, 9)
    expect(above).toBeCloseTo(150, 9)
  })

  test('are those of all beyond the first and the last', () => {
    const table = { p50: 20, p99: 400 }
    expect(quantilesOf(table, 0, 0.3, 0.5, 0.99, 0.9999)).toEqual([20, 20, 20, 400, 400])
    expect(quantilesOf({ p50: 7 }, 0, 0.5, 0.999)).toEqual([7, 7, 7])
    expect(quantilesOf({ p0: 7 }, 0, 0.5)).toEqual([7, 7])
    expect(quantilesOf({ p100: 7 }, 0, 0.999)).toEqual([7, 7])
  })

  test('may be given in any order, with decimals, as durations', () => {
    const table = schema.parse({ 'p99.9': '2s', p50: '20ms', 'p0.5': 3, p100: '3s' })
    expect(table).toEqual({ 'p99.9': 2000, p50: 20, 'p0.5': 3, p100: 3000 })
    const [low, middle, high] = quantilesOf(table, 0.005, 0.5, 0.999)
    expect([low, middle]).toEqual([3, 20])
    expect(high).toBeCloseTo(2000, 9)
    expect(schema.parse(table)).toEqual(table)
  })

  test('may stay the same for a while', () => {
    expect(quantilesOf({ p10: 5, p50: 5, p100: 10 }, 0.2, 0.5, 0.75)).toEqual([5, 5, 7.5])
  })

  test.each(['p', '50', 'p101', 'p100.1', 'p-1', 'p5.', 'P50', 'p1e1', 'p 5', 'median'])('%s is none', (name) => {
    const [issue] = schema.safeParse({ [name]: 5 }).error?.issues ?? []
    expect(JSON.stringify(issue)).toContain('expected a percentile from p0 to p100, such as p50 or p99.9')
  })

  test('that fall, come twice or are none are refused', () => {
    expect(mistake({ p50: 20, p99: 10 })).toEqual({
      message: 'expected no less than p50, which is 20 ms',
      path: ['p99'],
    })
    expect(mistake({ p99: 10, p50: 20 }).path).toEqual(['p99'])
    expect(mistake({ p50: 20, 'p50.0': 20 })).toEqual({
      message: 'expected each percentile once, and p50 is the same one',
      path: ['p50.0'],
    })
    expect(mistake({}).message).toContain('expected at least one percentile')
  })
})

describe('a histogram', () => {
  test('spreads each bucket evenly, the first from 0', () => {
    const table = '10ms,1\n20ms,2\n1s,1'
    expect(quantilesOf(table, 0, 0.125, 0.25, 0.5, 0.75, 0.875)).toEqual([0, 5, 10, 15, 20, 510])
  })

  test('may have a header, blanks, empty lines, plain milliseconds and counts with decimals', () => {
    const plain = quantilesOf('10ms,1\n20ms,3', 0.1, 0.5, 0.9)
    const shares = [0.1, 0.5, 0.9]
    expect(quantilesOf(schema.parse('upper_bound,count\n10ms,1\n20ms,3\n'), ...shares)).toEqual(plain)
    expect(quantilesOf(schema.parse('\n Upper_Bound , Count \r\n10 , 0.5\r\n\r\n 20ms , 1.5\r\n'), ...shares)).toEqual(
      plain,
    )
  })

  test('leaves out buckets without a count', () => {
    const table = '10ms,0\n20ms,1\n100ms,0\n200ms,1'
    expect(quantilesOf(table, 0, 0.25, 0.5, 0.75)).toEqual([10, 15, 100, 150])
    expect(quantilesOf('10ms,1\n20ms,0', 0.999_999)[0]).toBeCloseTo(10, 3)
  })

  test('may begin with a bucket of no delay at all', () => {
    expect(quantilesOf('0,1\n10ms,1', 0, 0.4, 0.75)).toEqual([0, 0, 5])
  })

  test('is kept as it was written', () => {
    const text = 'upper_bound,count\n10ms,1\n'
    expect(schema.parse(text)).toBe(text)
  })

  test.each([
    ['10ms,1\nfast,2', 'line 2 to be an upper bound (a duration) and a count, such as "20ms,5"', 'fast,2'],
    ['upper_bound,count\n\n10ms;1', 'line 3 to be an upper bound (a duration) and a count, such as "20ms,5"', '10ms;1'],
    ['10ms,1,5', 'line 1 to be an upper bound (a duration) and a count, such as "20ms,5"', '10ms,1,5'],
    ['10ms,1\nupper_bound,count', 'line 2 to be an upper bound (a duration) and a count', 'upper_bound,count'],
    ['bound,n\n10ms,1', 'line 1 to be an upper bound (a duration) and a count', 'bound,n'],
    ['10ms,-1', 'line 1 to be an upper bound and a count that is a number', '10ms,-1'],
    ['10ms,', 'line 1 to be an upper bound and a count that is a number', '10ms,'],
    ['10ms,1\n10ms,1', 'line 2 to be a bucket that ends above 10 ms', '10ms,1'],
    ['10ms,1\n+Inf,1', 'line 2 to be an upper bound (a duration)', '+Inf,1'],
    ['', 'a histogram with a count above 0', ''],
    ['upper_bound,count', 'a histogram with a count above 0', 'upper_bound,count'],
    ['10ms,0', 'a histogram with a count above 0', '10ms,0'],
    [`10ms,${'9'.repeat(400)}`, 'a histogram with a count above 0', `10ms,${'9'.repeat(400)}`],
    [`${'9'.repeat(400)},1`, 'line 1 to be an upper bound (a duration)', `${'9'.repeat(400)},1`],
  ])('%j is refused, with the line', (text, expected, got) => {
    const found = mistake(text)
    expect(found.message).toContain(`expected ${expected}`)
    expect(found.got).toBe(got)
  })
})

const lines = (count: number) => Array.from({ length: count }, (_, index) => `${index + 1},1`).join('\n')

// A megabyte of lines kept the event loop for 150 ms, for every step of a ramp again.
test('a table is not longer than it can be of use', () => {
  expect(schema.safeParse(lines(10_000)).success).toBe(true)
  expect(mistake(lines(10_001)).message).toBe('expected at most 10000 lines')
  expect(mistake('\n'.repeat(10_000) + '5,1').message).toBe('expected at most 10000 lines')
  const percentiles = Object.fromEntries(
    Array.from({ length: 10_001 }, (_, index) => [`p${(index / 200).toFixed(3)}`, 5]),
  )
  expect(mistake(percentiles).message).toBe('expected at most 10000 percentiles')
})

test('a bound as large as no duration may be is refused', () => {
  expect(mistake(`${'9'.repeat(40)},1`).message).toContain('expected line 1 to be an upper bound')
})
