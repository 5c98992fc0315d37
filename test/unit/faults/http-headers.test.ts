import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { faultDefinition, parseParams } from '../../../src/faults/index.ts'
import { aRequest, aResponse, ExchangeFaults, fields } from '../../support/exchange-context.ts'
import { refusalOf } from '../../support/http-fault.ts'

/** Latin-1 with its control characters, and a little beyond. */
const ANY = fc.integer({ min: 0, max: 0x120 }).map((code) => String.fromCharCode(code))

const TYPE = 'http_headers'

const REQUEST = aRequest({
  headers: [
    ['Host', 'example.test'],
    ['X-One', '1'],
    ['x-one', '2'],
    ['Accept', '*/*'],
  ],
})

const after = (request: Readonly<Record<string, unknown>>) =>
  new ExchangeFaults(TYPE, { request }).request(REQUEST)?.head?.headers

describe('edits', () => {
  test('set takes the place of every field of that name, or comes last', () => {
    expect(after({ set: { 'X-ONE': 'new', 'X-Two': 'b' } })).toEqual([
      ['Host', 'example.test'],
      ['X-One', 'new'],
      ['Accept', '*/*'],
      ['X-Two', 'b'],
    ])
  })

  test('remove takes every field of that name, in any letter case', () => {
    expect(after({ remove: ['X-oNe', 'host'] })).toEqual([['Accept', '*/*']])
  })

  test('append adds one field, or one for each value of a list', () => {
    expect(after({ append: { 'X-One': '3', 'Set-It': ['a', 'b'] } })?.slice(4)).toEqual([
      ['X-One', '3'],
      ['Set-It', 'a'],
      ['Set-It', 'b'],
    ])
  })

  test('rename keeps values and places', () => {
    expect(after({ rename: { 'x-one': 'Y' } })).toEqual([
      ['Host', 'example.test'],
      ['Y', '1'],
      ['Y', '2'],
      ['Accept', '*/*'],
    ])
  })

  test('are made in the order remove, rename, set, append, however they are written', () => {
    const edits = {
      append: { B: 'appended' },
      set: { B: 'set' },
      rename: { Accept: 'B', 'X-One': 'C' },
      remove: ['X-One'],
    }
    expect(after(edits)).toEqual([
      ['Host', 'example.test'],
      ['B', 'set'],
      ['B', 'appended'],
    ])
  })

  test('of Host reach the upstream', () => {
    expect(fields(after({ set: { Host: 'other.test' } }), 'host')).toEqual(['other.test'])
  })

  test('of responses leave status, framing and the body alone', () => {
    const came = aResponse({ status: 404, reason: 'Gone fishing' })
    const verdict = new ExchangeFaults(TYPE, { response: { set: { Server: 'x' } } }).response(came)
    expect(verdict).toEqual({
      what: 'headers',
      head: { ...came, headers: [...came.headers, ['Server', 'x']] },
    })
  })
})

describe('nothing is done, and nothing counts,', () => {
  test('where nothing changes', () => {
    const faults = new ExchangeFaults(TYPE, { request: { remove: ['X-None'], rename: { 'X-None': 'X' } } })
    expect(faults.request(REQUEST)).toBeUndefined()
  })

  test('on the message that no edits are for', () => {
    const faults = new ExchangeFaults(TYPE, { response: { remove: ['Host'] } })
    expect(faults.request(REQUEST)).toBeUndefined()
    expect(faults.response(aResponse())).toBeUndefined()
  })
})

const MANGLE =
  'expected `mangle: true` beside it: Content-Length, Transfer-Encoding, Connection and Upgrade say where the message ends and what becomes of the connection, and a second Host makes it ambiguous'

describe('refusals', () => {
  const VALUE =
    'expected the value of a field: a text of up to 8192 Latin-1 characters without line breaks and other control characters'
  const NAME = "expected the name of a field: letters, digits and any of !#$%&'*+-.^_`|~"

  test.each([
    [{}, 'response is missing: expected it, or request, or both'],
    [{ request: {} }, 'request: expected at least one of set, remove, append and rename, got {}'],
    [{ request: { set: { A: 'x\r\nEvil: 1' } } }, `request.set.A: ${VALUE}, got "x\\r\\nEvil: 1"`],
    [{ request: { set: { A: 'x\0' } } }, `request.set.A: ${VALUE}, got "x\\u0000"`],
    [{ request: { set: { A: '\u010a' } } }, `request.set.A: ${VALUE}, got "\u010a"`],
    [{ request: { set: { 'A B': 'x' } } }, `request.set.A B: ${NAME}, got "A B"`],
    [{ response: { remove: ['A:'] } }, `response.remove[0]: ${NAME}, got "A:"`],
    [{ response: { rename: { A: 'B\n' } } }, `response.rename.A: ${NAME}, got "B\\n"`],
    [{ response: { append: { A: ['x', 'y\n'] } } }, `response.append.A[1]: ${VALUE}, got "y\\n"`],
    [{ request: { put: {} } }, 'request.put: request has no such parameter (it has: set, remove, append, rename)'],
    [{ request: { set: { 'content-length': '5' } } }, `request.set.content-length: ${MANGLE}, got "content-length"`],
    [{ request: { remove: ['Transfer-Encoding'] } }, `request.remove[0]: ${MANGLE}, got "transfer-encoding"`],
    [{ response: { append: { Connection: 'close' } } }, `response.append.Connection: ${MANGLE}, got "connection"`],
    [{ response: { rename: { 'X-L': 'Content-Length' } } }, `response.rename.X-L: ${MANGLE}, got "content-length"`],
    [{ request: { append: { Host: 'b' } } }, `request.append.Host: ${MANGLE}, got "host"`],
    [{ request: { rename: { 'X-Host': 'Host' } } }, `request.rename.X-Host: ${MANGLE}, got "host"`],
    [
      { request: { set: { A: 'x'.repeat(8000), B: 'x'.repeat(8000), C: 'x'.repeat(600) } } },
      'expected edits of at most 16384 characters',
    ],
  ])('%j', (params, text) => expect(refusalOf(TYPE, params)).toContain(text))
})

test('Host may get another letter case, or another name', () => {
  expect(after({ rename: { host: 'HOST' } })?.[0]).toEqual(['HOST', 'example.test'])
  expect(after({ rename: { Host: 'X-Host' } })?.[0]).toEqual(['X-Host', 'example.test'])
})

test('with mangle the fields that frame are written, and the framing that is gone by stays', () => {
  const params = {
    response: { set: { 'Content-Length': '7' }, append: { 'Transfer-Encoding': 'chunked' } },
    mangle: true,
  }
  const verdict = new ExchangeFaults(TYPE, params).response(aResponse())
  expect(verdict?.head).toEqual({
    ...aResponse(),
    headers: [
      ['Content-Length', '7'],
      ['Transfer-Encoding', 'chunked'],
    ],
  })
})

test('combinations that do nothing are warned about', () => {
  const params = parseParams(TYPE, {
    request: { remove: ['A', 'B'], set: { a: '1' }, rename: { b: 'C' } },
    mangle: true,
  })
  expect(faultDefinition(TYPE)?.warnings?.(params)).toEqual([
    'request.remove of A does nothing: set writes it again',
    'request.rename of b does nothing: remove takes it away before',
    'mangle does nothing: no field that frames a message is touched',
  ])
})

const actsOnResponse = (params: Readonly<Record<string, unknown>>) =>
  faultDefinition(TYPE)?.actsOnResponse?.(parseParams(TYPE, params))

test('a rule for the status of the response needs edits of the response alone', () => {
  expect(actsOnResponse({ response: { remove: ['A'] } })).toBe(true)
  expect(actsOnResponse({ request: { remove: ['A'] }, response: { remove: ['A'] } })).toBe(false)
})

test('whatever is taken never ends a line of the head', () => {
  const text = fc.string({ unit: ANY, maxLength: 20 })
  const cases = fc.property(text, text, (name, value) => {
    const params = { request: { set: { [name]: value } } }
    let faults: ExchangeFaults
    try {
      faults = new ExchangeFaults(TYPE, params)
    } catch {
      return
    }
    const lines = faults.request(REQUEST)?.head?.headers.map((field) => field.join(': ')) ?? []
    for (const line of lines) expect(line).toMatch(/^[\t\u0020-\u007e\u0080-\u00ff]+$/)
  })
  fc.assert(cases, { numRuns: 2000 })
})
