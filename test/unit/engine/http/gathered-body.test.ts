import { expect, test } from 'vitest'
import type { ChangedBody } from '../../../../src/core/exchange.ts'
import type { HeaderList } from '../../../../src/core/http.ts'
import { PlainBody } from '../../../../src/engine/http/body-sink.ts'
import { GatheredBody } from '../../../../src/engine/http/gathered-body.ts'

const CAME: HeaderList = [
  ['Transfer-Encoding', 'chunked'],
  ['Content-Type', 'text/plain'],
]

/** What goes on, in order: the head, when it is written, and the body behind it. */
function gathered(
  atMost: number,
  change: (body: string) => (Omit<ChangedBody, 'body'> & { body: string }) | undefined,
) {
  const lines: string[] = []
  const one = {
    atMost,
    change: (body: Buffer): ChangedBody | undefined => {
      const changed = change(body.toString())
      return changed === undefined ? undefined : { ...changed, body: Buffer.from(changed.body) }
    },
  }
  const body = new GatheredBody([one], (head) => {
    lines.push(head === undefined ? 'as it came' : `${JSON.stringify(head.headers(CAME))} ${head.length} ${head.wrong}`)
    return new PlainBody((bytes) => {
      lines.push(bytes.toString())
      return -Infinity
    })
  })
  return { body, lines }
}

test('a changed body goes with its length, and the head waits for it', () => {
  const { body, lines } = gathered(100, (text) => ({ body: text.toUpperCase() }))
  body.framing(Buffer.from('3\r\n'), 0)
  body.data(Buffer.from('abc'), 0)
  body.framing(Buffer.from('\r\n2\r\n'), 0)
  body.data(Buffer.from('de'), 0)
  expect(lines).toEqual([])
  expect(body.kept).toBe(5)
  body.framing(Buffer.from('\r\n0\r\n\r\n'), 0)
  body.end(0)
  expect(lines).toEqual(['[["Content-Type","text/plain"],["Content-Length","5"]] 5 false', 'ABCDE'])
  expect(body.kept).toBe(0)
})

test('a length that is announced wrong is known to be', () => {
  const { body, lines } = gathered(100, (text) => ({ body: text, announce: 9 }))
  body.data(Buffer.from('abc'), 0)
  body.end(0)
  expect(lines).toEqual(['[["Content-Type","text/plain"],["Content-Length","9"]] 3 true', 'abc'])
})

test.each([
  ['that nobody wants to change', 100],
  ['that is too long', 2],
])('a body %s goes on as it came', (_which, atMost) => {
  const { body, lines } = gathered(atMost, () => undefined)
  body.framing(Buffer.from('3\r\n'), 0)
  body.data(Buffer.from('abc'), 0)
  body.framing(Buffer.from('\r\n0\r\n\r\n'), 0)
  body.end(0)
  expect(lines).toEqual(['as it came', '3\r\n', 'abc', '\r\n0\r\n\r\n'])
})

test('a body that comes in more pieces than are worth keeping goes on as it came', () => {
  const { body, lines } = gathered(1_000_000, (text) => ({ body: text.toUpperCase() }))
  for (let sent = 0; sent < 70_000; sent++) body.data(Buffer.from('a'), 0)
  body.end(0)
  expect(lines[0]).toBe('as it came')
  expect(lines.slice(1).join('')).toBe('a'.repeat(70_000))
  expect(body.kept).toBe(0)
})
