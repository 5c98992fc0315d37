import { describe, expect, it } from 'vitest'
import type { HeaderList, RequestHead, ResponseHead } from '../../../../src/core/http.ts'
import { FOUND } from '../../../../src/protocols/http1/events.ts'
import { RequestFramer } from '../../../../src/protocols/http1/request-framer.ts'
import { ResponseFramer } from '../../../../src/protocols/http1/response-framer.ts'
import { LAST_CHUNK, chunkOf, reasonOf, requestBytes, responseBytes } from '../../../../src/protocols/http1/write.ts'

const HEADERS: HeaderList = [
  ['Host', 'h'],
  ['X-Obs', '\xa0\xe4\xff\ta'],
  ['x-empty', ''],
  ['Content-Length', '3'],
]
const REQUEST: RequestHead = {
  method: 'POST',
  target: '/a?b=\xe4',
  minor: 1,
  headers: HEADERS,
  bodyKind: 'length',
  bodyLength: 3,
}
const RESPONSE: ResponseHead = {
  status: 404,
  reason: 'Nicht da: \xe4',
  minor: 0,
  headers: HEADERS,
  bodyKind: 'length',
  bodyLength: 3,
}

describe('a head that is written', () => {
  it('is a request that is read as it was', () => {
    const framer = new RequestFramer()
    expect(framer.read(requestBytes(REQUEST), 0)).toBe(FOUND.head)
    expect({ ...framer.head, headers: framer.head.headers }).toMatchObject(REQUEST)
  })

  it('is a response that is read as it was', () => {
    const framer = new ResponseFramer()
    framer.expect('GET')
    expect(framer.read(responseBytes(RESPONSE), 0)).toBe(FOUND.head)
    expect({ ...framer.head, reason: framer.head.reason, headers: framer.head.headers }).toMatchObject(RESPONSE)
  })

  it.each(['a\r\nX: y', 'a\nX: y', 'a\rX: y', 'a\0b', 'a\u010ab', 'a\u010d\u010aX: y', 'a\u{1f600}'])(
    'never has a line that a value has brought: %j',
    (text) => {
      const request = requestBytes({
        ...REQUEST,
        method: text,
        target: `/${text}`,
        headers: [[text, text], ...HEADERS],
      })
      const framer = new RequestFramer()
      expect(framer.read(request, 0)).toBe(FOUND.head)
      expect(framer.end).toBe(request.length)
      expect(framer.head.headers).toHaveLength(HEADERS.length + 1)

      const responses = new ResponseFramer()
      responses.expect('GET')
      const response = responseBytes({ ...RESPONSE, reason: text, headers: [[text, text], ...HEADERS] })
      expect(responses.read(response, 0)).toBe(FOUND.head)
      expect(responses.end).toBe(response.length)
      expect(responses.head.headers).toHaveLength(HEADERS.length + 1)
    },
  )

  it('has a target without spaces', () => {
    expect(requestBytes({ ...REQUEST, target: '/a b\u20ac', headers: [] }).toString('latin1')).toBe(
      'POST /a%20b%E2%82%AC HTTP/1.1\r\n\r\n',
    )
    expect(requestBytes({ ...REQUEST, target: '\ud800', headers: [] }).toString('latin1')).toBe(
      'POST %EF%BF%BD HTTP/1.1\r\n\r\n',
    )
  })
})

describe('chunks that are written', () => {
  it('are read as they were', () => {
    const framer = new RequestFramer()
    const head = requestBytes({
      ...REQUEST,
      headers: [
        ['Host', 'h'],
        ['Transfer-Encoding', 'chunked'],
      ],
    })
    const body = Buffer.concat([...chunkOf(Buffer.from('hello, chunk of 22')), ...chunkOf(Buffer.alloc(0)), LAST_CHUNK])
    expect(framer.read(head, 0)).toBe(FOUND.head)
    expect(body.toString()).toBe('12\r\nhello, chunk of 22\r\n0\r\n\r\n')
    expect(framer.skip(body, 0)).toBe(FOUND.end)
    expect(framer.end).toBe(body.length)
  })

  it('are not copied', () => {
    const bytes = Buffer.from('abc')
    expect(chunkOf(bytes)[1]).toBe(bytes)
  })
})

it('knows the standard reasons', () => {
  expect([reasonOf(503), reasonOf(404), reasonOf(799)]).toEqual(['Service Unavailable', 'Not Found', ''])
})
