import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { faultDefinition, parseParams } from '../../../src/faults/index.ts'
import { aRequest, ExchangeFaults } from '../../support/exchange-context.ts'
import { refusalOf } from '../../support/http-fault.ts'

/** Latin-1 with its control characters, and a little beyond. */
const ANY = fc.integer({ min: 0, max: 0x120 }).map((code) => String.fromCharCode(code))

const TYPE = 'http_rewrite'

function rewritten(params: Readonly<Record<string, unknown>>, target: string, method = 'GET'): string | undefined {
  const head = new ExchangeFaults(TYPE, params).request(aRequest({ method, target }))?.head
  return head === undefined ? undefined : `${head.method} ${head.target}`
}

describe('method', () => {
  test('is replaced, and the rest of the head stays', () => {
    const came = aRequest()
    expect(new ExchangeFaults(TYPE, { method: 'POST' }).request(came)).toEqual({
      what: 'rewrite',
      head: { ...came, method: 'POST' },
    })
  })

  test.each([
    ['HEAD', '/x'],
    ['CONNECT', 'example.test:443'],
    ['OPTIONS', '*'],
    ['POST', '/x'],
  ])('%s %s stays', (method, target) => expect(rewritten({ method: 'POST' }, target, method)).toBeUndefined())
})

describe('path', () => {
  test.each([
    ['/new', '/old/x?a=1', 'GET /new?a=1'],
    ['/new', 'http://example.test/old?a=1', 'GET http://example.test/new?a=1'],
    ['/new', 'http://example.test', 'GET http://example.test/new'],
    [{ pattern: '^/api/v2/', replace: '/api/v1/' }, '/api/v2/x?y=/api/v2/', 'GET /api/v1/x?y=/api/v2/'],
    [{ pattern: '/(\\d+)/(?P<name>\\w+)', replace: '/$<name>-$1$$' }, '/7/cat/8/dog', 'GET /cat-7$/dog-8$'],
    [{ pattern: '[a-z]', replace: '<$&>' }, '/ab', 'GET /<a><b>'],
    [{ pattern: '[a-z]', replace: 'x', all: false }, '/ab', 'GET /xb'],
    [{ pattern: '^/', replace: '' }, '/ab', 'GET /ab'],
    [{ pattern: '^/a', replace: '' }, '/ab', 'GET /b'],
    [{ pattern: 'x*', replace: '-' }, '/axb', 'GET /-/-a--b-'],
  ])('%j of %s', (path, target, expected) => {
    const result = rewritten({ path }, target)
    expect(result ?? `GET ${target}`).toBe(expected)
  })

  test.each(['*', 'example.test:443'])('%s has none', (target) => {
    expect(rewritten({ path: '/x' }, target, 'OPTIONS')).toBeUndefined()
  })

  test('stays where it would become too long', () => {
    const path = { pattern: 'a', replace: 'b'.repeat(2000) }
    expect(rewritten({ path }, `/${'a'.repeat(4)}`)).toHaveLength('GET /'.length + 8000)
    expect(rewritten({ path }, `/${'a'.repeat(5)}`)).toBeUndefined()
  })
})

describe('query', () => {
  test.each([
    [{ set: { b: 'x y&z' } }, '/p?a=1&b=2&c=3&b=4', 'GET /p?a=1&b=x%20y%26z&c=3'],
    [{ set: { new: '' } }, '/p', 'GET /p?new='],
    [{ remove: ['a b'] }, '/p?a+b=1&a%20b=2&%zz=3', 'GET /p?%zz=3'],
    [{ remove: ['a'] }, '/p?a=1', 'GET /p'],
    [{ remove: ['a'], set: { a: '2' } }, '/p?a=1&b', 'GET /p?b&a=2'],
    [{ remove: ['none'] }, '/p?a=1&&b', 'GET /p?a=1&&b'],
  ])('%j of %s', (query, target, expected) => {
    expect(rewritten({ query }, target) ?? `GET ${target}`).toBe(expected)
  })
})

const PATH_TEXT = 'visible ASCII characters without ? and #, at most 2048 (others percent-encoded)'

describe('refusals', () => {
  const METHOD =
    "method: expected a method of at most 32 letters, digits and any of !#$%&'*+-.^_`|~, but not HEAD or CONNECT, whose responses have another shape"
  const PATTERN =
    'path.pattern: expected a regular expression (RE2: no look-around, no back-references) of at most 1000 characters'
  test.each([
    [{}, 'path is missing: expected at least one of method, path and query'],
    [{ method: 'GET X' }, `${METHOD}, got "GET X"`],
    [{ method: 'Head' }, `${METHOD}, got "Head"`],
    [
      { path: 'x' },
      `path: expected a path that begins with /, of ${PATH_TEXT}; or an object with pattern and replace, got "x"`,
    ],
    [{ path: '/a b' }, 'got "/a b"'],
    [{ path: '/a?b=1' }, 'got "/a?b=1"'],
    [{ path: '/a\r\nX: 1' }, 'got "/a\\r\\nX: 1"'],
    [{ path: { pattern: '(a', replace: '' } }, `${PATTERN}: missing closing ): \`(a\`, got "(a"`],
    [{ path: { pattern: '(?=a)', replace: '' } }, `${PATTERN}: invalid or unsupported Perl syntax: \`(?=\``],
    [{ path: { pattern: '(a)\\1', replace: '' } }, `${PATTERN}: invalid escape sequence: \`\\1\``],
    [{ path: { pattern: '((a{100}){100}){100}', replace: '' } }, `${PATTERN}: invalid repeat count`],
    [{ path: { pattern: '(?:ab|cd|ef){900}', replace: '' } }, `${PATTERN}: it is too big:`],
    [{ path: { pattern: 'x'.repeat(1001), replace: '' } }, PATTERN],
    [{ path: { pattern: 'a', replace: '/ b' } }, `path.replace: expected ${PATH_TEXT}, got "/ b"`],
    [{ path: { pattern: '(a)', replace: '$2' } }, 'path.replace: expected a group of the pattern, not $2, got "$2"'],
    [{ path: { pattern: '(a)', replace: '$<b>' } }, 'path.replace: expected a group of the pattern, not $<b>'],
    [{ path: { pattern: 'a', replace: '$x' } }, 'path.replace: expected $$ for a single $, got "$x"'],
    [{ query: {} }, 'query: expected at least one of set and remove, got {}'],
    [
      { query: { remove: [''] } },
      'query.remove[0]: expected the name of a query parameter, of 1 to 256 characters, got ""',
    ],
    [{ query: { set: { a: '\ud800' } } }, 'query.set.a: expected a text of at most 2048 characters'],
  ])('%j', (params, text) => expect(refusalOf(TYPE, params)).toContain(text))
})

test('what is removed and set again is warned about', () => {
  const params = parseParams(TYPE, { query: { remove: ['a'], set: { a: '1' } } })
  expect(faultDefinition(TYPE)?.warnings?.(params)).toEqual(['query.remove of a does nothing: set writes it again'])
})

test('a result is always a valid target with a path and a query', () => {
  const visible = fc.string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)) })
  const cases = fc.property(
    visible,
    visible,
    fc.string({ unit: ANY, maxLength: 10 }),
    fc.constantFrom('.', 'a|b', '/', '^', '$', '(.)(.)', '[^/]*'),
    (path, replace, value, pattern) => {
      const params = { path: { pattern, replace: replace.replaceAll(/[?#$]/g, '') } }
      const query = { set: { q: value.toWellFormed() } }
      const result = rewritten({ ...params, query }, `/${path.replaceAll(/[?#]/g, '')}`)
      expect(result).toMatch(/^GET \/[\u0021\u0022\u0024-\u003e\u0040-\u007e]*\?q=[\u0021-\u007e]*$/)
    },
  )
  fc.assert(cases)
})
