import { expect, test } from 'vitest'
import { NEAREST, normalCdf, normalQuantile } from '../../../../src/faults/models/normal.ts'
import { normalCdfBySeries } from '../../../support/statistics.ts'

// Published tables, and R's qnorm.
test.each([
  [0.5, 0],
  [0.25, -0.6744897501960817],
  [0.975, 1.959963984540054],
  [0.001, -3.090232306167813],
  [1e-6, -4.753424308822899],
  [1e-9, -5.997807015007687],
])('the quantile of %d is %d', (p, x) => {
  expect(normalQuantile(p)).toBeCloseTo(x, 12)
  expect(normalCdf(x)).toBeCloseTo(p, 14)
})

test('the distribution function agrees with its series', () => {
  for (let x = -6; x <= 6; x += 0.01) expect(Math.abs(normalCdf(x) - normalCdfBySeries(x))).toBeLessThan(2e-15)
})

test('far out the distribution function agrees with published values', () => {
  expect(normalCdf(-7.5) / 3.190891672910892e-14).toBeCloseTo(1, 7)
  expect(normalCdf(-10) / 7.619853024160527e-24).toBeCloseTo(1, 7)
  expect([normalCdf(-40), normalCdf(40)]).toEqual([0, 1])
})

test('the quantile takes back the distribution function', () => {
  for (let x = -6; x <= 0; x += 0.01) {
    expect(normalQuantile(normalCdf(x))).toBeCloseTo(x, 7)
    expect(normalCdf(normalQuantile(1 - normalCdf(x)))).toBeCloseTo(1 - normalCdf(x), 14)
  }
})

test('no draw is infinite', () => {
  expect(normalQuantile(0)).toBe(normalQuantile(NEAREST))
  expect(normalQuantile(1)).toBe(-normalQuantile(0))
  expect(normalQuantile(0)).toBeCloseTo(-6.34, 2)
})
