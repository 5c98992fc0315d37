import { describe, expect, test } from 'vitest'
import { compilePattern, LONGEST_PATTERN, lowerCasePattern, patternRefusal } from '../../../src/core/pattern.ts'

describe('a text with wildcards is the whole value', () => {
  test.each<[string, readonly string[], readonly string[]]>([
    ['', [''], ['a']],
    ['/api', ['/api'], ['/api/', '/API', 'x/api']],
    ['/api/*', ['/api/', '/api/a/b'], ['/api', '/apix']],
    ['*.png', ['.png', '/a/b.png'], ['.png?', '.PNG']],
    ['*', ['', 'a', '/a/b'], []],
    ['**', ['', 'a'], []],
    ['?', ['a', '*'], ['', 'ab']],
    ['/u/?/x', ['/u/1/x'], ['/u//x', '/u/12/x']],
    ['/*/v?/*', ['/a/v1/b', '/a/b/v1/', '/v0/v1/x'], ['/a/v/b', '/v1/x']],
    ['a*b*c', ['abc', 'a-b-b-c', 'abcbc'], ['ab', 'abcx', 'xabc', 'acb']],
    ['*a', ['a', 'ba', 'aaa'], ['ab', '']],
    // Characters that regular expressions know are nothing here.
    ['/a.b', ['/a.b'], ['/axb']],
    ['/a[0-9]+', ['/a[0-9]+'], ['/a1']],
    // A path, not an expression with flags.
    ['/a/g', ['/a/g'], ['a']],
    ['/', ['/'], ['//', '']],
    ['//', ['//'], ['', 'a']],
  ])('%s', (pattern, yes, no) => {
    const matches = compilePattern(pattern)
    expect([yes.filter((value) => !matches(value)), no.filter((value) => matches(value))]).toEqual([[], []])
  })
})

describe('between slashes a regular expression holds anywhere', () => {
  test.each<[string, readonly string[], readonly string[]]>([
    ['/api/', ['/v1/api', 'xapix'], ['/API']],
    ['/^\\/api\\//i', ['/api/x', '/API/'], ['/v1/api/']],
    ['/^/a/[0-9]{2}$/', ['/a/12'], ['/a/1', '/b/12']],
    ['/^(GET|POST)$/', ['GET'], ['PGET']],
    ['/\\p{L}é/', ['xé'], ['1é']],
  ])('%s', (pattern, yes, no) => {
    const matches = compilePattern(pattern)
    expect([yes.filter((value) => !matches(value)), no.filter((value) => matches(value))]).toEqual([[], []])
  })
})

test.each([
  ['/(/', 'a regular expression that compiles (missing closing ): `(`)'],
  ['/a(?=b)/', 'a regular expression that compiles (invalid or unsupported Perl syntax: `(?=`)'],
  ['/(a)\\1/', 'a regular expression that compiles (invalid escape sequence: `\\1`)'],
  ['/^a/gi', 'a regular expression with no flag but i'],
  [`/${'.{0,1000}'.repeat(3)}/`, 'a smaller regular expression (this one has at least 3000 steps of 500)'],
  ['x'.repeat(LONGEST_PATTERN + 1), 'a pattern of at most 1000 characters'],
])('%s is refused', (pattern, expected) => {
  expect(patternRefusal(pattern)).toBe(expected)
  expect(() => compilePattern(pattern)).toThrow(expect.objectContaining({ code: 'invalid_value', expected }) as Error)
})

test('what would be far too big is refused before it is made', () => {
  const sizes = ['a{1000}'.repeat(140), '((a{10}){10}){10}'.repeat(58), '(?:[a-z]|\\pL{9}){900}'.repeat(3)]
  expect(sizes.map((regex) => patternRefusal(`/${regex}/`))).toEqual([
    'a smaller regular expression (this one has at least 140000 steps of 500)',
    'a smaller regular expression (this one has at least 58000 steps of 500)',
    'a smaller regular expression (this one has at least 24300 steps of 500)',
  ])
})

test('what only looks big is taken', () => {
  const texts = [
    '[{1000}]'.repeat(30),
    '\\x{1000}'.repeat(30),
    '\\Q{1000}\\E'.repeat(30),
    '(?:a|b|c|d){190}',
    'a\\{1000}'.repeat(30),
  ]
  expect(texts.map((regex) => patternRefusal(`/${regex}/`))).toEqual(texts.map(() => undefined))
})

test('what is the longest is taken', () => {
  const longest = 'x'.repeat(LONGEST_PATTERN)
  expect(patternRefusal(longest)).toBeUndefined()
  expect(compilePattern(longest)(longest)).toBe(true)
})

test('what makes others count to the end of time ends at once', () => {
  const many = 'a'.repeat(16_000)
  expect(compilePattern('/^(a+)+$/')(`${many}!`)).toBe(false)
  expect(compilePattern('/(a|a)*(a|a)*(a|a)*b$/')(many)).toBe(false)
  expect(compilePattern(`${'a*'.repeat(400)}b`)(many)).toBe(false)
})

test.each([
  ['*.Example.COM', '*.example.com'],
  ['/Ex/', '/Ex/i'],
  ['/Ex/i', '/Ex/i'],
])('%s in lower case', (pattern, lower) => {
  expect(lowerCasePattern(pattern)).toBe(lower)
  expect(lowerCasePattern(lower)).toBe(lower)
})

test.each(['/(/I', String.raw`/\/F`, '/a/I', '/[/ABC', 'İ'.repeat(LONGEST_PATTERN)])(
  'what compiles, compiles in lower case, and to the same kind: %s',
  (pattern) => {
    compilePattern(pattern)
    const matches = compilePattern(lowerCasePattern(pattern))
    // What a regular expression finds anywhere, wildcards do not.
    expect(matches(`- ${pattern.toLowerCase()} -`)).toBe(false)
  },
)

test('the flag is not counted, and nothing else is left out', () => {
  const longest = `/aa${'(?:)'.repeat(249)}/`
  expect(longest).toHaveLength(LONGEST_PATTERN)
  expect(compilePattern(lowerCasePattern(longest))('-AA-')).toBe(true)
  expect(patternRefusal(`${'x'.repeat(LONGEST_PATTERN)}i`)).toContain('at most')
  expect(patternRefusal(`/${'(?:)'.repeat(249)}()/i`)).toBeUndefined()
  expect(patternRefusal(`/${'(?:)'.repeat(249)}(a)/i`)).toContain('at most')
})
