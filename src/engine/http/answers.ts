import { STATUS_CODES } from 'node:http'
import type { Answer } from '../../core/exchange.ts'
import type { HeaderList } from '../../core/http.ts'
import { responseBytes } from '../../protocols/http1/write.ts'

/** What an answer has to fit. */
export interface AnswerFor {
  readonly method: string
  /** HTTP/1.0: who has asked for it has to be told that the connection stays open. */
  readonly minor: 0 | 1
  /** The connection is closed behind it. */
  readonly last: boolean
  /** Milliseconds since the epoch. */
  readonly wall: number
}

/** Statuses that never have a body (RFC 9110, section 6.4.1). */
function isBodiless(status: number): boolean {
  return status === 204 || status === 304 || status < 200
}

/** An answer as it goes on the wire: with its length, a date, and what becomes of the connection. */
export function answerBytes(
  { status, reason, headers, body }: Answer,
  { method, minor, last, wall }: AnswerFor,
): Buffer {
  const bodiless = isBodiless(status)
  const added: HeaderList = [
    ['Date', new Date(wall).toUTCString()],
    ...(bodiless ? [] : [['Content-Length', String(body.length)] as const]),
    ...(last ? [['Connection', 'close'] as const] : []),
    ...(last || minor === 1 ? [] : [['Connection', 'keep-alive'] as const]),
  ]
  const head = responseBytes({
    status,
    reason: reason ?? STATUS_CODES[status] ?? '',
    minor: 1,
    headers: [...headers, ...added],
    bodyKind: bodiless ? 'none' : 'length',
    bodyLength: body.length,
  })
  return bodiless || method === 'HEAD' ? head : Buffer.concat([head, body])
}

/** What the proxy itself has to say, in plain text. */
export function ownAnswer(status: number, text: string): Answer {
  return {
    status,
    headers: [
      ['Content-Type', 'text/plain; charset=utf-8'],
      ['X-Foulweather-Origin', 'proxy'],
    ],
    body: Buffer.from(`foulweather: ${text}\n`),
  }
}
