import { expect, test } from 'vitest'
import { isPlainHttp, PLAIN_HTTP_ANSWER, PLAIN_HTTP_TEXT } from '../../../../src/engine/tls/plain-http.ts'

test.each([
  ['GET / HTTP/1.1\r\n', true],
  ['GET ', true],
  ['OPTIONS * HTTP/1.1', true],
  ['PRI * HTTP/2.0\r\n', true],
  ['G', 'perhaps'],
  ['OPTIONS', 'perhaps'],
  ['PROPFIND', false],
  ['get / HTTP/1.1', false],
  ['\x16\x03\x01', false],
  ['G\0', false],
])('%j: %s', (text, is) => {
  expect(isPlainHttp(Buffer.from(text, 'latin1'))).toBe(is)
})

test('the answer is a whole response', () => {
  const [head = '', body = ''] = PLAIN_HTTP_ANSWER.split('\r\n\r\n')
  expect(body).toBe(`${PLAIN_HTTP_TEXT}\n`)
  expect(head.split('\r\n')).toContain(`Content-Length: ${Buffer.byteLength(body)}`)
})
