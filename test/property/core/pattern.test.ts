import * as fc from 'fast-check'
import { RE2JS } from 're2js'
import { expect, test } from 'vitest'
import { compilePattern, patternRefusal } from '../../../src/core/pattern.ts'

const value = fc.string({ unit: fc.constantFrom('a', 'b', '/', '.', '\n', 'é'), maxLength: 12 })
const glob = fc
  .string({ unit: fc.constantFrom('a', 'b', '/', '.', '*', '*', '?'), maxLength: 10 })
  .filter((text) => !/^\/.+\/i?$/.test(text))

/** What a glob means, written as slowly as can be. */
function means(pattern: string, text: string): boolean {
  const [first, ...rest] = pattern
  if (first === undefined) return text === ''
  if (first === '*') return means(rest.join(''), text) || (text !== '' && means(pattern, text.slice(1)))
  return text !== '' && (first === '?' || first === text[0]) && means(rest.join(''), text.slice(1))
}

test('wildcards mean what they mean', () => {
  fc.assert(
    fc.property(glob, value, (pattern, text) => {
      expect(compilePattern(pattern)(text)).toBe(means(pattern, text))
    }),
    { numRuns: 20_000 },
  )
})

test('a value with some of it replaced by wildcards matches that', () => {
  fc.assert(
    fc.property(value, fc.nat(12), fc.nat(12), (text, from, length) => {
      const pattern = `${text.slice(0, from)}*${text.slice(from + length)}`
      fc.pre(!/^\/.+\/i?$/.test(pattern))
      expect(compilePattern(pattern)(text)).toBe(true)
    }),
  )
})

test('a regular expression is the engine of JavaScript’s, where both know it', () => {
  const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^/]', '(a|b)', '(ab)?', 'a*', 'b+', 'a{1,2}', '\\/', '\\.')
  const regex = fc.array(atom, { minLength: 1, maxLength: 5 }).map((atoms) => atoms.join(''))
  fc.assert(
    fc.property(regex, fc.boolean(), fc.boolean(), value, (body, start, end, text) => {
      const source = `${start ? '^' : ''}${body}${end ? '$' : ''}`
      expect(compilePattern(`/${source}/`)(text)).toBe(new RegExp(source, 'u').test(text))
    }),
    { numRuns: 3000 },
  )
})

test('any text is a pattern or refused, and never anything else', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), fc.string({ unit: 'binary' }), (text, value) => {
      for (const pattern of [text, `/${text}/`, `/${text}/i`]) {
        const refusal = patternRefusal(pattern)
        const kind = refusal === undefined ? typeof compilePattern(pattern)(value) : typeof refusal
        expect(kind).toBe(refusal === undefined ? 'boolean' : 'string')
      }
    }),
    { numRuns: 3000 },
  )
})

test('a regular expression is refused for its size alone, however it is estimated', () => {
  const atom = fc.constantFrom('a', '.', '[a-z{9}]', '\\pL', '\\x{1000}', '^', '\\b', '(?:)', '(?i)a', '\\Qa{9}\\E')
  const repeat = fc.constantFrom('', '', '*', '+?', '{9}', '{3,30}', '{0,100}', '{90,}', '{0}', '{1000}')
  const { regex } = fc.letrec<{ regex: string; piece: string }>((tie) => ({
    piece: fc.oneof(
      { depthSize: 'small' },
      fc.tuple(atom, repeat).map(([what, times]) => what + (/^(?:\^|\\b|\(\?i)/.test(what) ? '' : times)),
      fc
        .tuple(fc.constantFrom('(', '(?:', '(?P<n>'), tie('regex'), repeat)
        .map(([open, all, times]) => `${open}${all})${times}`),
    ),
    regex: fc
      .array(
        fc.array(tie('piece'), { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join('')),
        { minLength: 1, maxLength: 3 },
      )
      .map((alternatives) => alternatives.join('|')),
  }))
  let close = 0
  fc.assert(
    fc.property(regex, (text) => {
      fc.pre(text.length < 900)
      const refusal = patternRefusal(`/${text}/`)
      const size = sizeOf(text)
      fc.pre(size !== undefined)
      if (size !== undefined && size > 500) close++
      expect(`${text} of ${size}: ${refusal?.slice(0, 9) ?? 'taken'}`).toBe(
        `${text} of ${size}: ${(size ?? 0) <= 500 ? 'taken' : 'a smaller'}`,
      )
    }),
    { numRuns: 1000 },
  )
  expect(close).toBeGreaterThan(10)
})

/** Steps; `undefined` = it does not compile. */
function sizeOf(regex: string): number | undefined {
  try {
    return RE2JS.compile(regex).programSize()
  } catch {
    return undefined
  }
}
