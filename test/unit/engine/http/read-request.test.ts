import { array, assert, constantFrom, integer, property, stringMatching, tuple } from 'fast-check'
import { expect, test } from 'vitest'
import { RequestFacts } from '../../../../src/core/exchange-match.ts'
import { plainRequest } from '../../../../src/core/http.ts'
import { ReadRequest } from '../../../../src/engine/http/read-request.ts'
import { FOUND } from '../../../../src/protocols/http1/events.ts'
import { RequestFramer } from '../../../../src/protocols/http1/request-framer.ts'

const name = constantFrom('X-A', 'x-a', 'X-AB', 'X_A', 'x^a', 'X', 'Accept')
const value = stringMatching(/^[\t !-~\xa0\xe4]{0,12}$/)
const target = constantFrom(
  '/',
  '/a',
  '/a?b',
  '/a?b=1&b=2&c=+%20',
  '/?',
  '*',
  'http://other:1/x?b=3',
  'http://u@[::1]:80?b=4',
)
const host = constantFrom('h', 'H.Example:8080', '[::1]:1', '', 'a.b')

const ASKED = ['x-a', 'x-ab', 'x_a', 'x^a', 'x', 'accept', 'host', 'x-a', 'missing', 'x-abc', 'x-a']

test('the answers are those that a list of all fields gives, however often one asks', () => {
  assert(
    property(target, host, array(tuple(name, value)), integer({ min: 1, max: ASKED.length }), (...given) => {
      const [wanted, authority, fields, looks] = given
      const lines = fields.map(([key, text]) => `${key}:${text}\r\n`).join('')
      const bytes = Buffer.from(`....GET ${wanted} HTTP/1.1\r\nHost: ${authority}\r\n${lines}\r\nx-a: body`, 'latin1')
      const framer = new RequestFramer()
      expect(framer.read(bytes, 4)).toBe(FOUND.head)
      const read = new ReadRequest(framer.head, '127.0.0.1:1')
      const found = {
        fields: ASKED.slice(0, looks).map((key) => read.header(key)),
        host: read.host,
        query: read.query('b'),
      }
      const plain = new RequestFacts(plainRequest(framer.head), '127.0.0.1:1')
      const right = {
        fields: ASKED.slice(0, looks).map((key) => plain.header(key)),
        host: plain.host,
        query: plain.query('b'),
      }
      expect(found).toEqual(right)
    }),
    { numRuns: 2000 },
  )
})

function hostOf(authority: string): string {
  const framer = new RequestFramer()
  framer.read(Buffer.from(`GET / HTTP/1.1\r\nHost: ${authority}\r\n\r\n`), 0)
  return new ReadRequest(framer.head, '127.0.0.1:1').host
}

test('many hosts do not stay, and a long one is none of them', () => {
  for (let i = 0; i < 3000; i++) expect(hostOf(`H${i}:80`)).toBe(`h${i}`)
  expect(hostOf(`${'A'.repeat(4000)}:80`)).toBe('a'.repeat(4000))
})
