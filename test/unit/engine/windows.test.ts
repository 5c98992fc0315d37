import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { FaultPlan, FaultSchedule } from '../../../src/core/plan.ts'
import { rampAt, rampedAt, windowAt } from '../../../src/engine/windows.ts'

describe('a schedule', () => {
  test.each([
    ['none', undefined, [[0, 'working', Infinity]]],
    [
      'a late beginning',
      { after: 100 },
      [
        [0, 'waiting', 100],
        [99.9, 'waiting', 100],
        [100, 'working', Infinity],
      ],
    ],
    [
      'one window',
      { for: 50 },
      [
        [0, 'working', 50],
        [49, 'working', 50],
        [50, 'over', Infinity],
        [1e9, 'over', Infinity],
      ],
    ],
    [
      'windows again and again',
      { after: 10, for: 5, every: 20 },
      [
        [9, 'waiting', 10],
        [10, 'working', 15],
        [15, 'waiting', 30],
        [29, 'waiting', 30],
        [30, 'working', 35],
        [2_011, 'working', 2_015],
      ],
    ],
  ] as const)('%s', (_name, schedule, moments) => {
    for (const [age, state, until] of moments) expect(windowAt(schedule, age)).toEqual({ state, until })
  })

  test('changes at the very times that it names, whatever the times are', () => {
    const times = fc.double({ min: 0.1, max: 1e6, noNaN: true })
    const cases = fc.property(
      times,
      times,
      times,
      fc.double({ min: 0, max: 1e9, noNaN: true }),
      (after, length, rest, began) => {
        const schedule: FaultSchedule = { after, for: length, every: length + rest }
        let age = 0
        const states: string[] = []
        for (let step = 0; step < 9; step++) {
          const window = windowAt(schedule, age)
          states.push(window.state)
          // As the engine has it: reckoned to a time of the clock and back.
          age = began + window.until - began
        }
        expect(states).toEqual(['waiting', ...Array.from({ length: 4 }, () => ['working', 'waiting']).flat()])
      },
    )
    // Below what a clock that has run for some days can tell apart, nothing is promised.
    fc.assert(cases, { numRuns: 500 })
  })
})

describe('a ramp', () => {
  const ramp = { from: 100, to: 300, over: 1000 }

  test('goes in even steps of a quarter of a second, and stays where it ends', () => {
    expect([0, 249, 250, 500, 750, 999].map((age) => rampAt(ramp, age))).toEqual([
      { value: 100, until: 250 },
      { value: 100, until: 250 },
      { value: 150, until: 500 },
      { value: 200, until: 750 },
      { value: 250, until: 1000 },
      { value: 250, until: 1000 },
    ])
    expect(rampAt(ramp, 1000)).toEqual({ value: 300, until: Infinity })
    expect(rampAt({ ...ramp, over: 0 }, 0)).toEqual({ value: 300, until: Infinity })
  })

  test('takes 200 steps at most', () => {
    expect(rampAt({ from: 0, to: 1, over: 3_600_000 }, 0).until).toBe(18_000)
  })

  test('down, and in whole values where only these mean something', () => {
    expect(rampAt({ from: 10, to: 0, over: 1000, whole: true }, 250).value).toBe(8)
    expect(rampAt({ from: 10, to: 0, over: 1000 }, 250).value).toBe(7.5)
  })

  test('changes a parameter or the probability of its fault, from the beginning of the schedule on', () => {
    const plan: FaultPlan = {
      name: 'slow',
      type: 'latency',
      direction: 'both',
      owner: 'api',
      revision: 1,
      draw: 0,
      probability: 0,
      params: { latency: 0, jitter: 7 },
      schedule: { after: 5000 },
      ramp: { latency: { from: 0, to: 100, over: 1000 }, probability: { from: 0, to: 1, over: 2000 } },
    }
    expect(rampedAt(plan, 0)).toMatchObject({
      plan: { probability: 0, params: { latency: 0, jitter: 7 } },
      until: 5250,
    })
    expect(rampedAt(plan, 5500)).toMatchObject({
      plan: { probability: 0.25, params: { latency: 50, jitter: 7 } },
      until: 5750,
    })
    expect(rampedAt(plan, 9000)).toMatchObject({ plan: { probability: 1, params: { latency: 100 } }, until: Infinity })
    const still = { ...plan }
    delete (still as { ramp?: unknown }).ramp
    expect(rampedAt(still, 5500).plan).toBe(still)
  })
})
