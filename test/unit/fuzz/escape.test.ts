import { expect, test } from 'vitest'
import { escaped } from '../../../fuzz/escape.ts'

test('an input is shown as a text of JavaScript, byte by byte', () => {
  const input = Buffer.from([0, 9, 13, 10, 34, 92, 65, 127, 128, 255])
  expect(escaped(input)).toBe(String.raw`"\u0000\t\r\n\"\\A\x7f\x80\xff"`)
})

test('a long one is cut', () => {
  expect(escaped(Buffer.alloc(2500, 'a'))).toBe(`"${'a'.repeat(2000)}" and 500 bytes more`)
})
