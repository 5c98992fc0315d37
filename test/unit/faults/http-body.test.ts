import * as fc from 'fast-check'
import {
  gunzipSync,
  gzipSync,
  brotliCompressSync,
  brotliDecompressSync,
  deflateRawSync,
  deflateSync,
  inflateRawSync,
  inflateSync,
  zstdCompressSync,
  zstdDecompressSync,
} from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { HeaderList } from '../../../src/core/http.ts'
import { faultDefinition, parseParams } from '../../../src/faults/index.ts'
import { aRequest, aResponse, changeOf, ExchangeFaults, fields } from '../../support/exchange-context.ts'
import { refusalOf } from '../../support/http-fault.ts'
import { ManualRandom } from '../../support/manual-random.ts'

const TYPE = 'http_body'

type Params = Readonly<Record<string, unknown>>

/** What a response with this body and these fields becomes: body and fields, or why it is left alone. */
function changed(params: Params, body: Buffer | string, headers: HeaderList = []) {
  const faults = new ExchangeFaults(TYPE, params)
  const bytes = Buffer.from(body)
  const head = aResponse({ headers }, bytes.length || 1)
  const change = changeOf(faults.response(head), bytes)
  if (change === undefined) return faults.records.join()
  return { body: change.body, headers: change.headers?.(headers) ?? headers, announce: change.announce }
}

function textOf(params: Params, body: Buffer | string, headers?: HeaderList): string {
  const result = changed(params, body, headers)
  return typeof result === 'string' ? result : result.body.toString()
}

const encoded = (name: string): HeaderList => [['Content-Encoding', name]]
const leftAlone = (reason: string): string => `left_alone @ 0 {"reason":"${reason}"}`

const CODINGS = [
  ['gzip', gzipSync, gunzipSync],
  ['x-gzip', gzipSync, gunzipSync],
  ['deflate', deflateSync, inflateSync],
  ['deflate', deflateRawSync, inflateRawSync],
  ['br', brotliCompressSync, brotliDecompressSync],
  ['zstd', zstdCompressSync, zstdDecompressSync],
] as const

describe('replace', () => {
  test('sends a text, or bytes, in the place of the body', () => {
    expect(textOf({ replace: 'grün' }, 'blue')).toBe('grün')
    expect(changed({ replace_base64: '/wD+' }, 'blue')).toMatchObject({ body: Buffer.from([255, 0, 254]) })
    expect(changed({ replace: '' }, 'blue')).toMatchObject({ body: Buffer.alloc(0) })
  })

  test('takes an empty body too', () => expect(textOf({ replace: 'x' }, '')).toBe('x'))

  test('says what it is', () => {
    const result = changed({ replace: '{}', content_type: 'application/json' }, 'x', [['content-type', 'text/html']])
    expect(result).toMatchObject({ headers: [['content-type', 'application/json']] })
  })

  test.each(CODINGS.filter(([, , decode]) => decode !== inflateRawSync))(
    'is encoded as %s was',
    (name, encode, decode) => {
      const result = changed({ replace: 'new' }, encode('old'), encoded(name))
      if (typeof result === 'string') throw new Error(result)
      expect(decode(result.body).toString()).toBe('new')
      expect(result.headers).toEqual(encoded(name))
    },
  )

  test.each(['compress', 'gzip, br'])('is plain where the encoding is %s', (name) => {
    expect(changed({ replace: 'new' }, 'old', encoded(name))).toMatchObject({ body: Buffer.from('new'), headers: [] })
  })
})

describe('merge_patch', () => {
  test.each([
    ['{"a":"b"}', { a: 'c' }, '{"a":"c"}'],
    ['{"a":"b"}', { b: 'c' }, '{"a":"b","b":"c"}'],
    ['{"a":"b","b":"c"}', { a: null }, '{"b":"c"}'],
    ['{"a":["b"]}', { a: 'c' }, '{"a":"c"}'],
    ['{"a":"c"}', { a: ['b'] }, '{"a":["b"]}'],
    ['{"a":{"b":"c"}}', { a: { b: 'd', c: null } }, '{"a":{"b":"d"}}'],
    ['{"a":[{"b":"c"}]}', { a: [1] }, '{"a":[1]}'],
    ['[1,2]', { a: 'b', c: null }, '{"a":"b"}'],
    ['{"e":null}', { a: 1 }, '{"e":null,"a":1}'],
    ['{}', { a: { bb: { ccc: null } } }, '{"a":{"bb":{}}}'],
    ['{"n":12345678901234567890,"f":1.0,"e":1e400}', { a: 1 }, '{"n":12345678901234567890,"f":1.0,"e":1e400,"a":1}'],
    ['{"__proto__":{"x":1},"b":2}', { b: 3 }, '{"__proto__":{"x":1},"b":3}'],
    ['{"a":1}', JSON.parse('{"__proto__":{"x":1}}'), '{"a":1,"__proto__":{"x":1}}'],
  ])('%s with %j', (body, merge_patch, expected) => expect(textOf({ merge_patch }, body)).toBe(expected))

  test.each([
    ['<html>', 'no_json'],
    ['{"a":1', 'no_json'],
    [`${'['.repeat(200_000)}${']'.repeat(200_000)}`, 'no_json'],
    [Buffer.from([0x22, 0xff, 0x22]), 'no_utf8'],
    ['{"b":2}', 'no_change'],
    ['', 'empty'],
  ])('leaves %.20s alone and records it', (body, reason) => {
    expect(textOf({ merge_patch: { b: 2 } }, body)).toBe(leftAlone(reason))
  })
})

describe('regex', () => {
  test.each([
    [{ pattern: '\\d+', replace: '<$&>' }, 'a1b22', 'a<1>b<22>'],
    [{ pattern: '\\d', replace: '', all: false }, 'a1b2', 'ab2'],
    [{ pattern: '(?i)GRÜN(.)', replace: '$1$$' }, 'x grün! y', 'x !$ y'],
    [{ pattern: '(?P<k>\\w)=(\\w)', replace: '$2=$<k>' }, 'a=b c=d', 'b=a d=c'],
    [{ pattern: '(?m)^', replace: '> ' }, 'a\nb', '> a\n> b'],
    [{ pattern: 'x*', replace: '-' }, '😀x', '-😀--'],
    [{ pattern: 'a[^z]*z', replace: 'y' }, `a${'b'.repeat(5000)}z!`, 'y!'],
    [{ pattern: '$', replace: '!' }, 'b'.repeat(1000), `${'b'.repeat(1000)}!`],
  ])('%j', (regex, body, expected) => {
    expect(textOf({ regex }, body)).toBe(expected)
  })

  test('agrees with the regular expressions of the language', () => {
    const cases = fc.property(
      fc.array(fc.constantFrom('a', 'b', ' ', '\n', '😀'), { minLength: 1, maxLength: 600 }).map((all) => all.join('')),
      fc.constantFrom('a+', 'a b', '[^a]', 'b*', '(?:ab)+', '\\b', 'a{2,3}'),
      (text, pattern) => {
        const expected = text.replaceAll(new RegExp(pattern, 'gu'), '<$&>')
        const result = textOf({ regex: { pattern, replace: '<$&>' } }, text)
        expect(result.startsWith('left_alone') ? text : result).toBe(expected)
      },
    )
    fc.assert(cases)
  })

  test.each([
    ['no_match', 'x', 'aaa'],
    ['too_much_work', 'a*b|a', 'a'.repeat(2 ** 20)],
    ['too_much_work', '(?:a?){500}b|(a)', 'a'.repeat(65_536)],
    ['no_utf8', 'a', Buffer.from([0x61, 0xff])],
    ['no_change', 'a', 'ba'],
  ])('leaves a body alone: %s', (reason, pattern, body) => {
    expect(textOf({ regex: { pattern, replace: 'a' } }, body)).toBe(leftAlone(reason))
  })

  test('that would blow a body up leaves it alone', () => {
    const regex = { pattern: 'a', replace: 'b'.repeat(60_000) }
    expect(textOf({ regex }, 'a'.repeat(1000))).toBe(leftAlone('too_long'))
  })
})

describe('encodings', () => {
  test.each(CODINGS)('%s is decoded and encoded again', (name, encode, decode) => {
    const result = changed({ merge_patch: { a: 2 } }, encode('{"a":1}'), encoded(name))
    if (typeof result === 'string') throw new Error(result)
    expect(decode(result.body).toString()).toBe('{"a":2}')
    expect(result.headers).toEqual(encoded(name))
  })

  test.each([
    ['unknown_encoding', Buffer.from('{}'), 'compress'],
    ['unknown_encoding', gzipSync('{}'), 'gzip, br'],
    ['broken_encoding', Buffer.from('{}'), 'gzip'],
    ['broken_encoding', gzipSync('{}').subarray(0, 15), 'gzip'],
    ['too_long', gzipSync(Buffer.alloc(2 ** 20 + 1, ' ')), 'gzip'],
    ['too_long', brotliCompressSync(Buffer.alloc(64 * 2 ** 20)), 'br'],
  ])('%s: the body stays', (reason, body, name) => {
    expect(textOf({ merge_patch: { a: 1 } }, body, encoded(name))).toBe(leftAlone(reason))
  })
})

const different = (a: Buffer, b: Buffer): number => a.reduce((sum, byte, at) => sum + (byte === b[at] ? 0 : 1), 0)

describe('corrupt', () => {
  test('turns one bit each of exactly so many bytes, and keeps the length', () => {
    const cases = fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 300 }),
      fc.integer({ min: 1, max: 400 }),
      (given, bytes) => {
        const body = Buffer.from(given)
        const before = Buffer.from(body)
        const result = changed({ corrupt: { bytes } }, body)
        if (typeof result === 'string') throw new Error(result)
        expect(body.equals(before)).toBe(true)
        expect(result.body).toHaveLength(body.length)
        expect(different(body, result.body)).toBe(Math.min(bytes, body.length))
        for (const [at, byte] of result.body.entries())
          expect([0, 1, 2, 4, 8, 16, 32, 64, 128]).toContain(byte ^ (body[at] ?? 0))
      },
    )
    fc.assert(cases)
  })

  test('with a share turns about that many', () => {
    const body = Buffer.alloc(100_000)
    const result = changed({ corrupt: { share: '10%' } }, body)
    if (typeof result === 'string') throw new Error(result)
    // Four standard deviations of a binomial one.
    expect(Math.abs(different(body, result.body) - 10_000)).toBeLessThan(4 * Math.sqrt(9000))
    expect(textOf({ corrupt: { share: 1 } }, 'abc')).not.toMatch(/[abc]/)
    expect(textOf({ corrupt: { share: 1e-9 } }, 'abc')).toBe(leftAlone('no_change'))
  })

  test('hits where the draws say', () => {
    const faults = new ExchangeFaults(TYPE, { corrupt: { bytes: 1 } }, () => new ManualRandom(0.5, 0))
    expect(changeOf(faults.response(aResponse()), '0123')?.body.toString()).toBe('0133')
  })

  test('takes the bytes as they are on the wire', () => {
    const result = changed({ corrupt: { bytes: 2 } }, gzipSync('x'), encoded('gzip'))
    expect(result).toMatchObject({ headers: encoded('gzip') })
  })
})

describe('wrong_encoding', () => {
  test.each([
    ['announced', 'plain', undefined, 'plain', 'gzip'],
    ['announced', gzipSync('plain'), 'gzip', 'plain', 'gzip'],
    ['announced', brotliCompressSync('plain'), 'br', 'plain', 'gzip'],
    ['hidden', gzipSync('plain'), 'gzip', gzipSync('plain'), undefined],
    ['mislabelled', gzipSync('plain'), 'gzip', gzipSync('plain'), 'br'],
    ['mislabelled', brotliCompressSync('plain'), 'br', brotliCompressSync('plain'), 'gzip'],
  ])('%s', (wrong_encoding, body, came, sent, said) => {
    const result = changed({ wrong_encoding }, body, came === undefined ? [] : encoded(came))
    if (typeof result === 'string') throw new Error(result)
    expect(result.body).toEqual(Buffer.from(sent))
    expect(fields(result.headers, 'content-encoding')).toEqual(said === undefined ? [] : [said])
  })

  test.each([
    ['hidden', undefined],
    ['mislabelled', 'br'],
  ])('%s encodes a plain body', (wrong_encoding, said) => {
    const result = changed({ wrong_encoding }, 'plain')
    if (typeof result === 'string') throw new Error(result)
    expect(gunzipSync(result.body).toString()).toBe('plain')
    expect(fields(result.headers, 'content-encoding')).toEqual(said === undefined ? [] : [said])
  })
})

describe('which bodies', () => {
  test('those of responses, unless the phase is request', () => {
    const request = aRequest({ method: 'POST', bodyKind: 'chunked' })
    const response = aResponse()
    const one = new ExchangeFaults(TYPE, { replace: 'x' })
    expect(one.request(request)).toBeUndefined()
    expect(changeOf(one.response(response), 'y')?.body.toString()).toBe('x')
    const other = new ExchangeFaults(TYPE, { phase: 'request', replace: 'x' })
    expect(changeOf(other.request(request), 'y')?.body.toString()).toBe('x')
    expect(other.response(response)).toBeUndefined()
  })

  test('none is invented, and one that is known to be too long is not gathered', () => {
    const faults = new ExchangeFaults(TYPE, { replace: 'x', limit: 100 })
    expect(faults.response(aResponse({}, 0))).toBeUndefined()
    expect(faults.response(aResponse({}, 101))).toBeUndefined()
    expect(faults.response(aResponse({}, 100))?.body?.atMost).toBe(100)
    expect(faults.response(aResponse({ bodyKind: 'chunked', bodyLength: 0 }))?.body?.atMost).toBe(100)
  })
})

test('with mangle another length is announced, whatever is sent', () => {
  expect(changed({ replace: 'abc', mangle: { announce: '1KiB' } }, 'x')).toMatchObject({ announce: 1024 })
  expect(changed({ replace: 'abc' }, 'x')).toMatchObject({ announce: undefined })
})

describe('refusals', () => {
  const ONE = 'exactly one of replace, replace_base64, merge_patch, regex, corrupt and wrong_encoding'
  test.each([
    [{}, `replace is missing: expected ${ONE}`],
    [{ replace: '', regex: { pattern: 'a', replace: '' } }, `regex: expected ${ONE}, without replace beside it`],
    [{ replace: 'x'.repeat(2 ** 20 + 1) }, 'replace: expected a text of at most 1048576 bytes'],
    [{ replace_base64: 'a' }, 'replace_base64: expected base64 of at most 1048576 bytes, got "a"'],
    [
      { merge_patch: [1] },
      'merge_patch: expected an object of JSON values, at most 32 levels deep and 65536 characters long, got [1]',
    ],
    [{ merge_patch: { a: NaN } }, 'merge_patch: expected an object of JSON values'],
    [{ merge_patch: { a: new Map() } }, 'merge_patch: expected an object of JSON values'],
    [{ merge_patch: { a: 'x'.repeat(70_000) } }, 'merge_patch: expected an object of JSON values'],
    [{ regex: { pattern: '', replace: '' } }, 'regex.pattern: expected a regular expression'],
    [{ regex: { pattern: 'a(', replace: '' } }, 'regex.pattern: expected a regular expression'],
    [{ regex: { pattern: 'a', replace: '$1' } }, 'regex.replace: expected a group of the pattern, not $1, got "$1"'],
    [
      { regex: { pattern: 'a', replace: 'x'.repeat(65_537) } },
      'regex.replace: expected a text of at most 65536 characters',
    ],
    [{ corrupt: {} }, 'corrupt: expected exactly one of bytes and share, got {}'],
    [{ corrupt: { share: 0 } }, 'corrupt.share: expected a share above 0, at most 1, or a text such as "0.1%", got 0'],
    [{ corrupt: { bytes: 0 } }, 'corrupt.bytes: expected a whole number of bytes, 1 to 1000000, got 0'],
    [{ wrong_encoding: 'zip' }, 'wrong_encoding: expected announced, hidden or mislabelled, got "zip"'],
    [
      { wrong_encoding: 'hidden', content_type: 'a' },
      'content_type: expected replace or replace_base64 beside it, got "a"',
    ],
    [{ replace: 'x', content_type: 'a\r\nb: c' }, 'content_type: expected the value of a field'],
    [{ replace: 'x', limit: '17MiB' }, 'limit: expected a size of 1 byte to 16 MiB, such as "1MiB", got "17MiB"'],
    [{ replace: 'x', limit: 0 }, 'limit: expected a size of 1 byte to 16 MiB'],
    [{ replace: 'x', mangle: {} }, 'mangle.announce is missing: expected bytes or a size'],
    [{ replace: 'x', mangle: { announce: '2GiB' } }, 'mangle.announce: expected a size of at most 1 GiB, got "2GiB"'],
    [{ replace: 'x', phase: 'body' }, 'phase: expected response or request, got "body"'],
  ])('%.80j', (params, text) => expect(refusalOf(TYPE, params)).toContain(text))
})

test('parameters are plain data that is taken again without change', () => {
  for (const given of [
    { merge_patch: { a: null, b: [{ c: -0 }] } },
    { regex: { pattern: 'a', replace: 'b' } },
    { corrupt: { share: '5%' } },
  ]) {
    const params = parseParams(TYPE, given)
    expect(structuredClone(params)).toEqual(params)
    expect(parseParams(TYPE, params)).toEqual(params)
  }
})

const warningsOf = (params: Readonly<Record<string, unknown>>) =>
  faultDefinition(TYPE)?.warnings?.(parseParams(TYPE, params))

test('what does nothing is warned about', () => {
  expect(warningsOf({ merge_patch: {} })).toEqual(['an empty merge_patch changes nothing in a body that is an object'])
  expect(warningsOf({ replace: 'x', limit: 10 })).toEqual([
    'bodies of more than 10 bytes are not replaced: limit is about the body that comes',
  ])
  expect(warningsOf({ replace: 'x' })).toEqual([])
})

const actsOnResponse = (params: Readonly<Record<string, unknown>>) =>
  faultDefinition(TYPE)?.actsOnResponse?.(parseParams(TYPE, params))

test('a rule for the status needs the phase response', () => {
  expect([actsOnResponse({ replace: '' }), actsOnResponse({ replace: '', phase: 'request' })]).toEqual([true, false])
})
