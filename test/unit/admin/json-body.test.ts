import { expect, test } from 'vitest'
import { readJsonObject } from '../../../src/admin/json-body.ts'

const read = (text: string) => readJsonObject(Buffer.from(text))

test.each([
  ['brackets', '['.repeat(2 ** 20)],
  ['braces', '{"a":'.repeat(1000)],
  ['both', '{"a":['.repeat(33)],
  ['a whole document', `{"a":${'['.repeat(64)}${']'.repeat(64)}}`],
])('what is too deep is refused before it is parsed: %s', (_, text) => {
  expect(() => read(text)).toThrow('the body is nested more than 64 deep; expected a JSON object')
})

test.each([
  ['as deep as may be', `{"a":${'['.repeat(63)}${']'.repeat(63)}}`],
  ['brackets in texts', JSON.stringify({ a: '['.repeat(100), ['[[{'.repeat(50)]: '\\"{'.repeat(80) })],
  ['many beside each other', `{"a":[${'[],'.repeat(1000)}[]],"b":[${'{},'.repeat(1000)}{}]}`],
])('what is not is read: %s', (_, text) => {
  expect(read(text)).toEqual(JSON.parse(text))
})
