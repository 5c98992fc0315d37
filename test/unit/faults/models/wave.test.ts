import { expect, test } from 'vitest'
import { waveAt, type WaveShape } from '../../../../src/faults/models/wave.ts'

const QUARTERS: readonly (readonly [WaveShape, readonly number[]])[] = [
  ['sine', [0, 1, 0, -1]],
  ['square', [1, 1, -1, -1]],
  ['saw', [-1, -0.5, 0, 0.5]],
  ['triangle', [0, 1, 0, -1]],
]

test.each(QUARTERS)('%s: quarters of the period, in any period, before the beginning too', (shape, expected) => {
  const wave = { shape, amplitude: 8, period: 100 }
  for (const start of [0, 100, 1_000_000, -100, -300]) {
    for (const [quarter, value] of expected.entries()) {
      expect(waveAt(wave, start + quarter * 25)).toBeCloseTo(value * 8, 12)
    }
  }
})

const at = (shape: WaveShape, time: number) => waveAt({ shape, amplitude: 1, period: 8 }, time)

test('between the quarters', () => {
  expect(at('sine', 1)).toBeCloseTo(Math.SQRT1_2, 12)
  expect([1, 3, 5, 7].map((time) => at('triangle', time))).toEqual([0.5, 0.5, -0.5, -0.5])
  expect([1, 3, 5, 7].map((time) => at('saw', time))).toEqual([-0.75, -0.25, 0.25, 0.75])
  expect([3.999, 4, 7.999].map((time) => at('square', time))).toEqual([1, -1, -1])
})

test('adds nothing where time has no phase', () => {
  for (const shape of ['sine', 'square', 'saw', 'triangle'] as const) {
    expect(waveAt({ shape, amplitude: 1, period: 8 }, Infinity)).toBe(0)
    expect(waveAt({ shape, amplitude: 1, period: 5e-324 }, 1000)).toBe(0)
  }
})
