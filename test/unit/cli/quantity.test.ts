import { expect, test } from 'vitest'
import { z } from 'zod'
import { showField, showQuantity } from '../../../src/cli/quantity.ts'
import { duration, readDurationText, readRateText, readSizeText } from '../../../src/faults/params.ts'

test.each([
  ['ms', 0, '0ms'],
  ['ms', 250, '250ms'],
  ['ms', 1500, '1.5s'],
  ['ms', 90_000, '1.5m'],
  ['ms', 7_200_000, '2h'],
  ['ms', 0.8, '800us'],
  ['ms', 2.25, '2250us'],
  ['bytes', 64 * 1024, '64KiB'],
  ['bytes', 1_000_000, '1MB'],
  ['bytes', 1460, '1460B'],
  ['bytes/s', 20_000, '20KB/s'],
  ['bytes/s', 1_250_000, '1250KB/s'],
  ['0…1', 0.3, '30%'],
  ['0…1', 0.001, '0.1%'],
  ['%', 2.5, '2.5%'],
  ['/s', 200, '200/s'],
  ['count', 10, '10'],
  [undefined, 'sine', 'sine'],
  ['ms', '5m', '5m'],
  ['ms', null, '-'],
])('%s %s is shown as %s', (unit, value, text) => {
  expect(showQuantity(unit, value)).toBe(text)
})

test.each([1, 3, 17.5, 250, 999, 61_000, 3_599_000, 86_400_000])(
  '%d ms, bytes and bytes/s can be typed as they are shown',
  (value) => {
    expect(readDurationText(showQuantity('ms', value))).toBe(value)
    expect(readSizeText(showQuantity('bytes', Math.round(value)))).toBe(Math.round(value))
    expect(readRateText(showQuantity('bytes/s', Math.round(value)))).toBe(Math.round(value))
  },
)

test('the parts of an object are shown each in its own unit', () => {
  const schema = z.toJSONSchema(
    z.object({ period: duration(), shape: z.string(), inner: z.object({ rest: duration() }) }),
    { io: 'input' },
  )
  const value = { period: 10_000, shape: 'sine', inner: { rest: 500 } }
  expect(showField(schema, value)).toBe('period=10s,shape=sine,inner.rest=500ms')
})
