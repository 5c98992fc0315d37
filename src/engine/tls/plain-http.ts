import { looksLike } from '../../protocols/tls/looks-like.ts'

export const PLAIN_HTTP_TEXT = 'the client sent plain HTTP to a TLS port'

const BODY = `${PLAIN_HTTP_TEXT}\n`

/** What web servers commonly say then: a person with a browser sees what is wrong. */
export const PLAIN_HTTP_ANSWER =
  'HTTP/1.1 400 Bad Request\r\n' +
  'Content-Type: text/plain; charset=utf-8\r\n' +
  `Content-Length: ${BODY.length}\r\n` +
  'Connection: close\r\n' +
  `\r\n${BODY}`

/** Enough to know a request by: the longest methods have seven letters. */
const ENOUGH = 8

/** Whether a client that has not begun a TLS handshake sends a request of HTTP; `perhaps` = more bytes will show. */
export function isPlainHttp(bytes: Buffer): boolean | 'perhaps' {
  if (looksLike(bytes) === 'an HTTP request') return true
  return bytes.length < ENOUGH && /^[A-Z]+$/.test(bytes.toString('latin1')) ? 'perhaps' : false
}
