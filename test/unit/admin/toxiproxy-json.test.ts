import { expect, test } from 'vitest'
import { errorJson, float32 } from '../../../src/admin/toxiproxy-json.ts'

test.each([
  [0.1, '0.1'],
  [0.99, '0.99'],
  [0.123456789, '0.12345679'],
  [1, '1'],
  [80, '80'],
  [-1, '-1'],
  [0, '0'],
  [-0, '-0'],
  [1e-7, '1e-7'],
  [0.000001, '0.000001'],
  [16777216, '16777216'],
  [3.4028235e38, '3.4028235e+38'],
  [1e21, '1e+21'],
  [1e20, '100000000000000000000'],
])('the 32-bit float of %d is written %s', (value, text) => {
  expect(float32(Math.fround(value))).toBe(text)
})

test('what HTML would take for markup is escaped, as Go does', () => {
  expect(errorJson('<a href="x">&\u2028', 400)).toBe(
    String.raw`{"error":"\u003ca href=\"x\"\u003e\u0026\u2028","status":400}`,
  )
})
