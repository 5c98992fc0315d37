import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { drawFrom } from '../../../fuzz/draw.ts'
import { mutated } from '../../../fuzz/mutate.ts'
import { mutateDocument } from '../../../fuzz/mutate-document.ts'
import type { FuzzTarget } from '../../../fuzz/target.ts'
import { randomFor } from '../../../src/core/random.ts'

const target: FuzzTarget = {
  name: 't',
  about: '',
  code: [],
  tokens: [],
  longest: 100,
  open: () => ({ run: () => undefined }),
}
const JSON_TEXT = Buffer.from('{"a":{"b":[1,"x",{"c":null}]},"d":true}')
const material = { inputs: [JSON_TEXT, Buffer.from('POST 17 /'), Buffer.alloc(0)], tokens: [Buffer.from('word')] }

function many(input: Buffer, of: FuzzTarget, seed: number): readonly string[] {
  const draw = drawFrom(randomFor(seed, 'test'))
  return Array.from({ length: 2500 }, () => mutated(input, of, material, draw).toString('latin1'))
}

test('the same draws make the same inputs, of all kinds, none of them too long, and the one they are made of stays', () => {
  const input = Buffer.from('GET /17 x')
  const inputs = many(input, target, 1)
  expect(many(input, target, 1)).toEqual(inputs)
  expect(input.toString()).toBe('GET /17 x')
  expect(new Set(inputs).size).toBeGreaterThan(1250)
  expect(Math.max(...inputs.map(({ length }) => length))).toBe(100)
  const parts = ['word', 'POST', '65536', 'GET GET', '18 x']
  expect(parts.filter((part) => !inputs.some((each) => each.includes(part)))).toEqual([])
})

test('something can be made of nothing', () => {
  expect(new Set(many(Buffer.alloc(0), target, 1)).size).toBeGreaterThan(250)
})

test.each(['json', 'yaml'] as const)('a document in %s stays one, behind what stands in front of it', (form) => {
  const draw = drawFrom(randomFor(1, form))
  const input = Buffer.concat([Buffer.from('PUT /x\n\n'), JSON_TEXT])
  const documents = { form, from: (bytes: Buffer) => bytes.indexOf('\n\n') + 2 }
  const trees = Array.from({ length: 1000 }, () => {
    const changed = mutateDocument(input, documents, { ...material, inputs: [input] }, draw).toString()
    expect(changed.startsWith('PUT /x\n\n')).toBe(true)
    const text = changed.slice(8)
    return JSON.stringify(form === 'json' ? JSON.parse(text) : parse(text, { logLevel: 'silent', strict: false }))
  })
  expect(new Set(trees).size).toBeGreaterThan(100)
  // Gone, put there, wrapped, renamed.
  const parts = ['{"d":true}', '"__proto__"', '[[1,', '"word":']
  expect(parts.filter((part) => !trees.some((each) => each.includes(part)))).toEqual([])
})

test('what is no document is left to the mutations of bytes', () => {
  const input = Buffer.from('{"a":')
  expect(mutateDocument(input, { form: 'json' }, material, drawFrom(randomFor(1)))).toBe(input)
})
