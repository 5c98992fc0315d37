import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { parse, parseDocument, stringify } from 'yaml'
import type { Place } from '../../../src/core/errors.ts'
import { parseProfile } from '../../../src/profiles/parse.ts'

const name = fc.stringMatching(/^[a-z][a-z0-9_-]{0,8}$/)
const scalar = fc.oneof(
  fc.integer(),
  fc.boolean(),
  // YAML's writer has `-0` for what JavaScript writes as `0`.
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((number) => !Object.is(number, -0)),
  fc.string({
    maxLength: 20,
    unit: fc.constantFrom('a', 'é', '😀', ' ', '"', "'", ':', '#', '-', '\n', '\t', '{', '$', '\\'),
  }),
)
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: 'small' },
    scalar,
    fc.array(tie('any'), { maxLength: 4 }),
    fc.dictionary(name, tie('any'), { maxKeys: 4 }),
  ),
})).any

const document = fc.record({
  description: fc.string({ maxLength: 20 }),
  proxies: fc.dictionary(name, fc.dictionary(name, value, { maxKeys: 4 }), { maxKeys: 4 }),
  faults: fc.array(fc.record({ on: name, x: value, y: value }), { maxLength: 4 }),
})

const styles = fc.record({
  collectionStyle: fc.constantFrom('any' as const, 'flow' as const, 'block' as const),
  defaultStringType: fc.constantFrom(
    'PLAIN' as const,
    'QUOTE_DOUBLE' as const,
    'QUOTE_SINGLE' as const,
    'BLOCK_LITERAL' as const,
  ),
  indent: fc.integer({ min: 2, max: 6 }),
  lineWidth: fc.constantFrom(0, 30, 80),
})

/** Every value of a tree with its path, and its key where it has one. */
function* pathsOf(
  tree: unknown,
  path = '',
  key?: string,
): Generator<{ path: string; key: string | undefined; value: unknown }> {
  yield { path, key, value: tree }
  if (Array.isArray(tree)) for (const [at, each] of tree.entries()) yield* pathsOf(each, `${path}[${at}]`)
  else if (typeof tree === 'object' && tree !== null) {
    for (const [each, inside] of Object.entries(tree))
      yield* pathsOf(inside, path === '' ? each : `${path}.${each}`, each)
  }
}

function offsetOf(text: string, { line, column }: Place): number {
  const lines = text.split('\n')
  expect(line).toBeLessThanOrEqual(lines.length)
  expect(column).toBeLessThanOrEqual((lines[line - 1] ?? '').length + 1)
  return lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0) + column - 1
}

/** What can stand at the place of a value in any style: a scalar itself, a collection by its name. */
function beginnings(key: string | undefined, value: unknown): readonly string[] {
  if (typeof value === 'object') return key === undefined ? [''] : [key, `"${key}"`, `'${key}'`]
  return typeof value === 'string'
    ? ['"', "'", '|', '>', value.slice(0, 1)]
    : [(JSON.stringify(value) ?? '').slice(0, 1)]
}

test('the place of every path is where it is written', () => {
  fc.assert(
    fc.property(document, styles, (tree, style) => {
      const text = stringify(tree, style)
      // The writer has mistakes of its own: some texts do not survive it, and others come back as something else.
      fc.pre(parseDocument(text).errors.length === 0)
      fc.pre(JSON.stringify(parse(text)) === JSON.stringify(tree))
      const outcome = parseProfile(text, { name: 'p' })
      if (!outcome.ok) throw new Error(outcome.problems.map(({ message }) => message).join('\n'))
      const { places } = outcome.value
      let paths = 0
      for (const { path, key, value } of pathsOf(tree)) {
        const place = places.get(path)
        if (place === undefined) throw new Error(`${path} is nowhere`)
        const rest = text.slice(offsetOf(text, place))
        paths += 1
        expect(beginnings(key, value).filter((start) => rest.startsWith(start))).not.toEqual([])
      }
      expect(places.size).toBe(paths)
      expect(outcome.value.faults).toEqual(JSON.parse(JSON.stringify(parse(text).faults)))
    }),
    { numRuns: 300 },
  )
})
