import { expect, test } from 'vitest'
import type { SeenMessage } from '../../../scripts/generated/http-message.ts'
import { httpTranscript } from '../../../scripts/generated/http-transcript.ts'
import type { HttpRun } from '../../../scripts/generated/run-http.ts'

const NOON = Date.UTC(2026, 0, 31, 12)
const RESPONSE = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'

function seen(text: string, more: Partial<SeenMessage> = {}): SeenMessage {
  const [head = '', body = ''] = text.split('\r\n\r\n')
  const common = { head: head.split('\r\n'), headAt: 0, pieces: [{ at: 0, bytes: body.length }], length: body.length }
  return { ...common, body: Buffer.from(body), overAt: 0, ending: undefined, ...more }
}

function run(more: Partial<HttpRun> = {}): HttpRun {
  const sentRequest = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
  return {
    request: { method: 'GET', target: '/', headers: { Host: 'a' }, body: '', from: undefined },
    startedAt: 0,
    wall: NOON,
    sentRequest,
    upstreamGot: seen(sentRequest),
    sentResponse: { at: 0, text: RESPONSE },
    clientGot: seen(RESPONSE),
    ...more,
  }
}

const UNTOUCHED = `client sends    GET / HTTP/1.1
                Host: a
upstream gets   unchanged
upstream sends  HTTP/1.1 200 OK
                Content-Length: 5

                hello
client gets     unchanged`

test('what goes on as it came is called unchanged, and no times are shown where there are none', () => {
  expect(httpTranscript([run()])).toBe(UNTOUCHED)
})

test('messages of the exchange before are not shown again, and exchanges like the one before are counted', () => {
  const again = `client sends    as before
upstream gets   unchanged
upstream sends  as before
client gets     unchanged
(2 times)`
  expect(httpTranscript([run(), run(), run()])).toBe(`${UNTOUCHED}\n\n${again}`)
})

test('times are counted from when the client sends', () => {
  const late = run({
    startedAt: 1000,
    upstreamGot: undefined,
    sentResponse: undefined,
    clientGot: seen(RESPONSE, { headAt: 1200, overAt: 1200 }),
  })
  expect(httpTranscript([late])).toBe(`    0 ms  client sends    GET / HTTP/1.1
                          Host: a
    0 ms  upstream gets   nothing
  200 ms  client gets     HTTP/1.1 200 OK
                          Content-Length: 5

                          hello`)
})

test('a body that comes in pieces is told of by these, or by the last one where they are many', () => {
  const fewer = seen(RESPONSE, {
    pieces: [
      { at: 0, bytes: 2 },
      { at: 90, bytes: 5 },
    ],
    overAt: 90,
  })
  expect(httpTranscript([run({ clientGot: fewer })])).toMatch(
    / 0 ms {2}client gets {5}2 bytes of the body\n +90 ms {2}client gets {5}the last 3 bytes of the body$/,
  )
  const many = seen(RESPONSE, { pieces: [1, 2, 3, 4, 5].map((bytes) => ({ at: bytes * 10, bytes })), overAt: 50 })
  expect(httpTranscript([run({ clientGot: many })])).toMatch(
    /Content-Length: 5\n +50 ms {2}client gets {5}the last of the 5 bytes of the body$/,
  )
})

test('an end before the end of the body says how much is missing', () => {
  const short = { body: Buffer.from('he'), pieces: [{ at: 0, bytes: 2 }], overAt: undefined }
  const closed = seen(RESPONSE, { ...short, ending: { at: 0, how: 'closed' } })
  expect(httpTranscript([run({ clientGot: closed })])).toMatch(
    /client gets {5}2 bytes of the body\nclient gets {5}the end of the connection, 3 bytes too early$/,
  )
  const reset = seen('', {
    head: [],
    body: Buffer.alloc(0),
    pieces: [],
    overAt: undefined,
    ending: { at: 0, how: 'reset' },
  })
  expect(httpTranscript([run({ clientGot: reset })])).toMatch(/client gets {5}a reset \(RST\), and no answer$/)
})

test('times of the day are told of by their distance, and long bodies by their length', () => {
  const dated = (ms: number): string => `Date: ${new Date(NOON + ms).toUTCString()}`
  const head = ['HTTP/1.1 200 OK', dated(1000), dated(-7_200_000).replace('Date', 'Expires'), dated(600_000)]
  const reset = `X-RateLimit-Reset: ${NOON / 1000 + 10}`
  const text = `${[...head, reset].join('\r\n')}\r\n\r\n${'x'.repeat(101)}`
  const shown = httpTranscript([run({ clientGot: seen(text) })])
  expect(shown).toMatch(
    /Date: <now>\n +Expires: <2 h ago>\n +Date: <in 10 min>\n +X-RateLimit-Reset: <in 10 s>\n\n +\(101 bytes\)$/,
  )
})
