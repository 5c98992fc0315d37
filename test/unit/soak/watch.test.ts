import { describe, expect, test } from 'vitest'
import { countersOf, labelsOf, sumOf, wentBack } from '../../../soak/watch/counters.ts'
import { lowest, secondHalf, slope } from '../../../soak/watch/trend.ts'

const PAGE = `# HELP a_total Some.
# TYPE a_total counter
a_total{proxy="p",origin="client",reason="a b"} 3
a_total{proxy="p",origin="injected",reason="x"} 4
a_total{proxy="q",origin="client",reason="closed"} 0
# TYPE now gauge
now 17
# TYPE took histogram
took_bucket{le="1"} 2
took_bucket{le="+Inf"} 5
took_sum 7.5
took_count 5
`

describe('counters', () => {
  const counters = countersOf(PAGE)

  test('are all that only goes up, and nothing else', () => {
    expect([...counters.values()]).toEqual([3, 4, 0, 2, 5, 7.5, 5])
    expect([...counters.keys()].some((name) => name.startsWith('now'))).toBe(false)
  })

  test('are added up by label', () => {
    expect(sumOf(counters, 'a_total')).toBe(7)
    expect(sumOf(counters, 'a_total', 'proxy="p"', 'origin="injected"')).toBe(4)
    expect(labelsOf(counters, 'a_total', 'proxy')).toEqual(['p', 'q'])
  })

  test('that go back, or away, are told; those that never counted may go', () => {
    expect(wentBack(counters, counters)).toEqual([])
    const back = countersOf(PAGE.replace('reason="x"} 4', 'reason="x"} 3').replace('took_count 5', ''))
    expect(wentBack(counters, back)).toEqual([
      'a_total{proxy="p",origin="injected",reason="x"} was 4 and is 3',
      'took_count was 5 and is gone',
    ])
    expect(wentBack(counters, countersOf(PAGE.replace(/.*"q".*\n/, '')))).toEqual([])
  })
})

describe('trends', () => {
  test('the slope of a line is its slope, noise or not', () => {
    const line = Array.from({ length: 100 }, (_, at) => ({ at, value: 5 + 3 * at }))
    expect(slope(line)).toBeCloseTo(3)
    const noisy = line.map(({ at, value }) => ({ at, value: value + (at % 2 === 0 ? 10 : -10) }))
    expect(slope(noisy)).toBeCloseTo(3, 1)
    expect(slope(line.map(({ at }) => ({ at, value: 7 })))).toBe(0)
    expect(slope([])).toBe(0)
    expect(slope([{ at: 1, value: 1 }])).toBe(0)
  })

  test('the lowest of each window leaves out what was there for a moment', () => {
    const points = [5, 90, 6, 7, 80, 8].map((value, at) => ({ at, value }))
    expect(lowest(points, 3).map(({ value }) => value)).toEqual([5, 7])
  })

  test('the second half is that of the time', () => {
    const points = [0, 1, 2, 90, 95, 100].map((at) => ({ at, value: at }))
    expect(secondHalf(points).map(({ at }) => at)).toEqual([90, 95, 100])
  })
})
