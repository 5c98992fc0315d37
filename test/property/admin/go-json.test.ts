import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { readGoJson, type JsonNode } from '../../../src/admin/go-json.ts'
import { FoulweatherError } from '../../../src/core/errors.ts'

/** What JSON.parse would have made of it. */
function plain(node: JsonNode): unknown {
  if (node.kind === 'null') return null
  if (node.kind === 'number') return Number(node.text)
  if (node.kind === 'array') return node.items.map(plain)
  if (node.kind === 'object') {
    const object: Record<string, unknown> = {}
    for (const { key, value } of node.members) {
      Object.defineProperty(object, key, { value: plain(value), enumerable: true, configurable: true, writable: true })
    }
    return object
  }
  return node.value
}

function read(body: Buffer): unknown {
  return plain(readGoJson(body))
}

const spaced = fc.constantFrom(undefined, 1, '\t', '  \n\r')

test('a valid document reads as JSON.parse reads it', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), spaced, (value, space) => {
      const text = JSON.stringify(value, undefined, space)
      // Half a surrogate pair is the one thing that the two read differently.
      expect(read(Buffer.from(text))).toEqual(JSON.parse(Buffer.from(text).toString().toWellFormed()))
    }),
    { numRuns: 500 },
  )
})

test('escapes of any kind read as JSON.parse reads them', () => {
  const unit = fc.oneof(
    fc.constantFrom('a', 'b', ' ', 'é', '\u{1F600}', '/'),
    fc.constantFrom(...String.raw`\" \\ \/ \b \f \n \r \t`.split(' ')),
    fc.nat(0xffff).map((code) => String.raw`\u${code.toString(16).padStart(4, '0')}`),
    fc.nat(0xffff).map((code) => String.raw`\u${code.toString(16).padStart(4, '0').toUpperCase()}`),
  )
  fc.assert(
    fc.property(fc.array(unit), (units) => {
      const json = `"${units.join('')}"`
      expect(read(Buffer.from(json))).toBe((JSON.parse(json) as string).toWellFormed())
    }),
    { numRuns: 500 },
  )
})

const REFUSED = 'refused'

/** What it reads, or that it was refused; anything else that is thrown is thrown on. */
function outcome(body: Buffer): unknown {
  try {
    return { read: read(body) }
  } catch (error) {
    if (error instanceof FoulweatherError) return REFUSED
    throw error
  }
}

/** The value of the one prefix that is an array: what follows the first value is ignored. */
function firstArray(json: string): unknown {
  for (let end = json.indexOf(']'); end >= 0; end = json.indexOf(']', end + 1)) {
    try {
      return { read: JSON.parse(json.slice(0, end + 1)) as unknown }
    } catch {
      // This bracket is not the one that closes the first.
    }
  }
  return REFUSED
}

test('a damaged document is read or refused as JSON.parse does', () => {
  const mutated = fc
    .tuple(
      fc.json({ maxDepth: 3 }),
      fc.nat(),
      fc.constantFrom('', ...String.raw`" \ { } [ ] , : 0 - + . e t n`.split(' ')),
    )
    .map(([json, at, insert]) => {
      const place = at % (json.length + 1)
      return json.slice(0, place) + insert + json.slice(place + 1)
    })
  fc.assert(
    fc.property(mutated, (text) => {
      const json = `[${text.toWellFormed()}]`
      expect(outcome(Buffer.from(json))).toEqual(firstArray(json))
    }),
    { numRuns: 2000 },
  )
})

test('any bytes are read or refused, never anything else', () => {
  const soup = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.array(fc.constantFrom(...Buffer.from('{}[]",:\\u0e-. tn')), { maxLength: 60 }),
  )
  fc.assert(
    fc.property(soup, (bytes) => {
      expect(outcome(Buffer.from(bytes))).toBeDefined()
    }),
    { numRuns: 2000 },
  )
})
