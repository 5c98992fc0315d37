import { describe, expect, it } from 'vitest'
import { FOUND } from '../../../../src/protocols/http1/events.ts'
import { ResponseFramer } from '../../../../src/protocols/http1/response-framer.ts'

const NAMES = Object.fromEntries(Object.entries(FOUND).map(([name, found]) => [found, name]))

/** What is found, with its bytes, until there is nothing more, or for ever the same. */
function allOf(framer: ResponseFramer, text: string): readonly string[] {
  const bytes = Buffer.from(text, 'latin1')
  const told: string[] = []
  for (let at = 0; ; at = framer.end) {
    const found = framer.read(bytes, at)
    told.push(`${NAMES[found]} ${JSON.stringify(text.slice(at, framer.end))}`)
    if (found === FOUND.nothing || found === FOUND.tunnel || found === FOUND.refused) return told
  }
}

function expecting(method: string): ResponseFramer {
  const framer = new ResponseFramer()
  framer.expect(method)
  return framer
}

/** Without the head in front. */
function behindHead(method: string, head: string, body: string): readonly string[] {
  return allOf(expecting(method), `${head}\r\n${body}`).slice(1)
}

const OK = 'HTTP/1.1 200 OK\r\n'
const LENGTH = `${OK}Content-Length: 2\r\n`

describe('where a response ends', () => {
  it('by its length', () => {
    expect(behindHead('GET', LENGTH, 'ab')).toEqual(['data "ab"', 'end ""', 'nothing ""'])
    expect(behindHead('GET', `${OK}Content-Length: 0\r\n`, '')).toEqual(['end ""', 'nothing ""'])
  })

  it('by its last chunk', () => {
    expect(behindHead('GET', `${OK}Transfer-Encoding: Chunked\r\n`, '2\r\nab\r\n0\r\n\r\n')).toEqual([
      'framing "2\\r\\n"',
      'data "ab"',
      'framing "\\r\\n0\\r\\n\\r\\n"',
      'end ""',
      'nothing ""',
    ])
  })

  it('with its connection', () => {
    const framer = expecting('GET')
    expect(allOf(framer, `${OK}\r\nab`).slice(1)).toEqual(['data "ab"', 'nothing ""'])
    expect(framer.head).toMatchObject({ bodyKind: 'close', bodyLength: 0, keepAlive: false })
    expect(framer.finish()).toBe('complete')
  })

  it.each([
    ['HEAD', LENGTH],
    ['HEAD', `${OK}Transfer-Encoding: chunked\r\n`],
    ['HEAD', OK],
    ['GET', 'HTTP/1.1 204 No Content\r\n'],
    ['GET', 'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n'],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n'],
  ])('with its head: %s, %j', (method, head) => {
    const framer = expecting(method)
    expect(allOf(framer, `${head}\r\n`)).toEqual([`head ${JSON.stringify(`${head}\r\n`)}`, 'end ""', 'nothing ""'])
    expect(framer.head).toMatchObject({ bodyKind: 'none', bodyLength: 0, keepAlive: true })
  })

  it('of CONNECT: nowhere if it says yes, as of any other if not', () => {
    expect(behindHead('CONNECT', LENGTH, 'ab')).toEqual(['tunnel ""'])
    expect(behindHead('CONNECT', 'HTTP/1.1 407 No\r\nContent-Length: 2\r\n', 'ab')).toEqual([
      'data "ab"',
      'end ""',
      'nothing ""',
    ])
  })

  it('with 101: never, there is a tunnel behind it', () => {
    const framer = expecting('GET')
    const head = 'HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: a\r\n\r\n'
    expect(allOf(framer, `${head}bytes`)).toEqual([`head ${JSON.stringify(head)}`, 'tunnel ""'])
    expect([framer.interim, framer.inBody, framer.head.upgrade, framer.finish()]).toEqual([false, false, true, 'idle'])
  })
})

describe('interim responses', () => {
  it('are heads without an end, and the final one comes behind them', () => {
    const framer = expecting('HEAD')
    const early = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'
    expect(framer.read(Buffer.from(`${early}${LENGTH}\r\n`), 0)).toBe(FOUND.head)
    expect([framer.interim, framer.inBody, framer.head.status]).toEqual([true, false, 103])
    expect(allOf(framer, `HTTP/1.1 100 Continue\r\n\r\n${LENGTH}\r\n`)).toEqual([
      'head "HTTP/1.1 100 Continue\\r\\n\\r\\n"',
      `head ${JSON.stringify(`${LENGTH}\r\n`)}`,
      'end ""',
      'nothing ""',
    ])
    expect([framer.interim, framer.head.status]).toEqual([false, 200])
  })
})

describe('what nobody asked for', () => {
  it('is refused: at the start, and behind each response', () => {
    const framer = new ResponseFramer()
    expect(framer.read(Buffer.alloc(0), 0)).toBe(FOUND.nothing)
    framer.expect('GET')
    expect(allOf(framer, `${LENGTH}\r\nab`).at(-1)).toBe('nothing ""')
    framer.expect('GET')
    expect(allOf(framer, `${LENGTH}\r\nab${LENGTH}\r\nab`).slice(-2)).toEqual(['end ""', 'refused ""'])
    expect(framer.refusal).toMatchObject({ rule: 'unexpected_response', status: 502 })
    expect(allOf(new ResponseFramer(), 'H')).toEqual(['refused ""'])
  })
})

function keeps(head: string): boolean {
  const framer = expecting('HEAD')
  allOf(framer, `${head}\r\n\r\n`)
  return framer.head.keepAlive
}

describe('a head', () => {
  it.each([
    ['HTTP/1.1 200 OK', 200, 'OK', 1],
    ['HTTP/1.0 404 Not  Found \xe4', 404, 'Not  Found \xe4', 0],
    ['HTTP/1.1 999 ', 999, '', 1],
    ['HTTP/1.1 200', 200, '', 1],
  ])('is told as it came: %j', (line, status, reason, minor) => {
    const framer = expecting('GET')
    allOf(framer, `${line}\r\nA: b\r\nContent-Length: 0\r\n\r\n`)
    expect({ ...framer.head, reason: framer.head.reason, headers: framer.head.headers }).toEqual({
      status,
      reason,
      minor,
      bodyKind: 'length',
      bodyLength: 0,
      keepAlive: minor === 1,
      upgrade: false,
      rawLength: line.length + 29,
      headers: [
        ['A', 'b'],
        ['Content-Length', '0'],
      ],
    })
  })

  it('says what becomes of the connection', () => {
    expect(keeps('HTTP/1.1 200 OK')).toBe(true)
    expect(keeps('HTTP/1.1 200 OK\r\nConnection: close')).toBe(false)
    expect(keeps('HTTP/1.0 200 OK')).toBe(false)
    expect(keeps('HTTP/1.0 200 OK\r\nConnection: keep-alive')).toBe(true)
  })
})

describe('the end of the source', () => {
  it.each([
    ['', 'idle'],
    ['HTTP', 'cut'],
    ['HTTP/1.1 100 Continue\r\n\r\n', 'idle'],
    [`${LENGTH}\r\na`, 'cut'],
    [`${LENGTH}\r\nab`, 'idle'],
    [`${OK}Transfer-Encoding: chunked\r\n\r\n0\r\n`, 'cut'],
    [`${OK}\r\n`, 'complete'],
  ])('behind %j is %s', (text, finish) => {
    const framer = expecting('GET')
    allOf(framer, text)
    expect(framer.finish()).toBe(finish)
  })
})
