import { expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { yamlInPieces } from '../../../src/admin/yaml-pieces.ts'

const ODD = [
  '',
  'a: b',
  '- c',
  'two\nlines\n',
  '  led\n\nby blanks',
  '#',
  '"',
  "'",
  'x'.repeat(200),
  '\t',
  '😀',
  'null',
]

test.each([
  [{}],
  [{ description: 'one\ntwo', proxies: {}, faults: [] }],
  [{ description: null, count: 1, yes: true }],
  [{ proxies: Object.fromEntries(ODD.map((name) => [name, { upstream: name, http: { host: name } }])) }],
  [{ faults: [...ODD, ...ODD.map((on) => ({ on: [on], body: on, match: { path: [on] } })), [[]], {}] }],
])('%j is written as in one piece', async (document) => {
  const text = await yamlInPieces(document)
  expect(text).toBe(Object.keys(document).length === 0 ? '' : stringify(document, { lineWidth: 0 }))
  expect(parse(text) ?? {}).toEqual(document)
})

test('others have their turns while a long one is written', async () => {
  let turns = 0
  const timer = setInterval(() => turns++)
  const faults = Array.from({ length: 5000 }, (_, at) => ({ on: ['p'], name: `f${at}`, type: 'latency', latency: at }))
  const text = await yamlInPieces({ faults })
  clearInterval(timer)
  expect(turns).toBeGreaterThan(0)
  expect(parse(text)).toEqual({ faults })
})
