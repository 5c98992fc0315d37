import { describe, expect, test } from 'vitest'
import { MAX_DEPTH, readGoJson, type JsonNode } from '../../../src/admin/go-json.ts'

function read(body: string | Buffer): JsonNode {
  return readGoJson(Buffer.from(body))
}

test('numbers keep their text, objects their order and duplicates', () => {
  expect(read('{"b":1.50e+3,"a":-0,"b":9007199254740993}')).toEqual({
    kind: 'object',
    members: [
      { key: 'b', value: { kind: 'number', text: '1.50e+3' } },
      { key: 'a', value: { kind: 'number', text: '-0' } },
      { key: 'b', value: { kind: 'number', text: '9007199254740993' } },
    ],
  })
})

test.each(['{} junk', ' \t\r\n{}', '{}}', '{}\u0000'])('only the first value counts: %j', (body) => {
  expect(read(body)).toEqual({ kind: 'object', members: [] })
})

test.each(['01', '0x', '0 1'])('a number ends where it can: %j', (body) => {
  expect(read(body)).toEqual({ kind: 'number', text: '0' })
})

test.each([
  ['', 'EOF'],
  [' \n', 'EOF'],
  ['{', 'unexpected EOF'],
  ['[1,', 'unexpected EOF'],
  ['"abc', 'unexpected EOF'],
  ['-', 'unexpected EOF'],
  ['1.', 'unexpected EOF'],
  ['tru', 'unexpected EOF'],
  ['xyz', "invalid character 'x' looking for beginning of value"],
  ['\uFEFF{}', "invalid character 'ï' looking for beginning of value"],
  ['{1:2}', "invalid character '1' looking for beginning of object key string"],
  ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
  ['{"a" 1}', "invalid character '1' after object key"],
  ['{"a":1 "b"}', "invalid character '\"' after object key:value pair"],
  ['[1 2]', "invalid character '2' after array element"],
  ['[1,]', "invalid character ']' looking for beginning of value"],
  ["'a'", String.raw`invalid character '\'' looking for beginning of value`],
  ['"a\nb"', String.raw`invalid character '\n' in string literal`],
  ['"\u0001"', String.raw`invalid character '\x01' in string literal`],
  [String.raw`"\x"`, "invalid character 'x' in string escape code"],
  [String.raw`"\u12G4"`, String.raw`invalid character 'G' in \u hexadecimal character escape`],
  ['-a', "invalid character 'a' in numeric literal"],
  ['1.a', "invalid character 'a' after decimal point in numeric literal"],
  ['1e+a', "invalid character 'a' in exponent of numeric literal"],
  ['nul1', "invalid character '1' in literal null (expecting 'l')"],
])("%j is refused with Go's words", (body, text) => {
  expect(() => read(body)).toThrow(`bad request body: ${text}`)
})

describe('depth', () => {
  test('is taken up to the bound', () => {
    expect(read('['.repeat(MAX_DEPTH) + ']'.repeat(MAX_DEPTH)).kind).toBe('array')
  })

  test.each(['[', '{"a":'])('is refused beyond it: a megabyte of %j', (opening) => {
    expect(() => read(opening.repeat(2 ** 20 / opening.length))).toThrow('exceeded max depth')
  })
})

function text(body: Buffer | string): unknown {
  const node = read(body)
  return node.kind === 'string' ? node.value : node
}

describe('texts', () => {
  test('escapes are read', () => {
    expect(text(String.raw`"\"\\\/\b\f\n\r\t\u0041\ud83d\ude00"`)).toBe('"\\/\b\f\n\r\tA\u{1F600}')
  })

  test('half a surrogate pair becomes U+FFFD', () => {
    expect(text(String.raw`"a\ud83db\ude00"`)).toBe('a\uFFFDb\uFFFD')
  })

  test.each([
    [[0xff], '\uFFFD'],
    [[0xc3], '\uFFFD'],
    [[0xe2, 0x82], '\uFFFD\uFFFD'],
    [[0xe2, 0x82, 0x41], '\uFFFD\uFFFDA'],
    [[0xed, 0xa0, 0x80], '\uFFFD\uFFFD\uFFFD'],
    [[0xc0, 0x80], '\uFFFD\uFFFD'],
    [[0xf0, 0x9f, 0x98, 0x80, 0xff], '\u{1F600}\uFFFD'],
  ])('each byte that is not UTF-8 becomes U+FFFD: %j', (bytes, expected) => {
    expect(text(Buffer.from([0x22, ...bytes, 0x22]))).toBe(expected)
  })
})
