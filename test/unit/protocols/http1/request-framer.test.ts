import { describe, expect, it } from 'vitest'
import { FOUND } from '../../../../src/protocols/http1/events.ts'
import type { FramerLimits } from '../../../../src/protocols/http1/events.ts'
import { RequestFramer } from '../../../../src/protocols/http1/request-framer.ts'

const NAMES = Object.fromEntries(Object.entries(FOUND).map(([name, found]) => [found, name]))

function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}

/** What is found, with its bytes, until there is nothing more, or for ever the same. */
function allOf(framer: RequestFramer, text: string): readonly string[] {
  const bytes = bytesOf(text)
  const told: string[] = []
  for (let at = 0; ; at = framer.end) {
    const found = framer.read(bytes, at)
    told.push(`${NAMES[found]} ${JSON.stringify(text.slice(at, framer.end))}`)
    if (found === FOUND.nothing || found === FOUND.tunnel || found === FOUND.refused) return told
  }
}

function framerOf(text: string, limits?: FramerLimits): RequestFramer {
  const framer = new RequestFramer(limits)
  allOf(framer, text)
  return framer
}

const GET = 'GET /a?b HTTP/1.1\r\nHost: h\r\n\r\n'
const CHUNKED = 'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n'

describe('what is told', () => {
  it('of requests one behind the other', () => {
    const post = 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n'
    expect(allOf(new RequestFramer(), `${GET}\r\n${post}hello${GET}`)).toEqual([
      `head ${JSON.stringify(GET)}`,
      'end ""',
      'skip "\\r\\n"',
      `head ${JSON.stringify(post)}`,
      'data "hello"',
      'end ""',
      `head ${JSON.stringify(GET)}`,
      'end ""',
      'nothing ""',
    ])
  })

  it('of chunks: data apart from what is around them', () => {
    expect(allOf(new RequestFramer(), `${CHUNKED}3;x=y\r\nabc\r\n1\r\nd\r\n0\r\nX-Sum: 1\r\n\r\n`).slice(1)).toEqual([
      'framing "3;x=y\\r\\n"',
      'data "abc"',
      'framing "\\r\\n1\\r\\n"',
      'data "d"',
      'framing "\\r\\n0\\r\\nX-Sum: 1\\r\\n\\r\\n"',
      'end ""',
      'nothing ""',
    ])
  })

  it('of a body that comes bit by bit, each bit', () => {
    const framer = framerOf('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhe')
    expect(framer.inBody).toBe(true)
    expect(allOf(framer, 'll')).toEqual(['data "ll"', 'nothing ""'])
    expect(allOf(framer, 'oGET')).toEqual(['data "o"', 'end ""', 'nothing ""'])
    expect(framer.inBody).toBe(false)
    expect(framer.finish()).toBe('cut')
  })

  it('of a head that is not whole: nothing, and nothing of it is taken', () => {
    const framer = new RequestFramer()
    for (let length = 0; length < GET.length; length++) {
      expect(framer.read(bytesOf(GET.slice(0, length)), 0)).toBe(FOUND.nothing)
      expect(framer.end).toBe(0)
    }
    // The memory that it is given again in begins elsewhere.
    expect(framer.read(bytesOf(`....${GET}`), 4)).toBe(FOUND.head)
    expect(framer.end).toBe(4 + GET.length)
    expect(framer.head.host).toBe('h')
  })

  it('of bytes behind the last request: that they are none of any', () => {
    const last = 'GET / HTTP/1.0\r\n\r\n'
    expect(allOf(new RequestFramer(), `${last}${GET}`)).toEqual([
      `head ${JSON.stringify(last)}`,
      'end ""',
      `skip ${JSON.stringify(GET)}`,
      'nothing ""',
    ])
  })

  it('of a tunnel, for ever', () => {
    const framer = framerOf('CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n')
    framer.becomeTunnel()
    expect(allOf(framer, 'anything')).toEqual(['tunnel ""'])
    expect(framer.skip(bytesOf('x'), 0)).toBe(FOUND.tunnel)
    expect(framer.finish()).toBe('idle')
  })

  it('of what is refused, for ever, and why', () => {
    const framer = framerOf('GET / HTTP/1.1\n')
    expect(framer.refusal).toEqual({
      rule: 'bare_lf',
      status: 400,
      text: 'A line must end with CR LF; there is an LF without a CR.',
    })
    expect(allOf(framer, GET)).toEqual(['refused ""'])
    expect(framer.skip(bytesOf(GET), 0)).toBe(FOUND.refused)
    expect(framer.finish()).toBe('cut')
  })
})

describe('skipping', () => {
  it('goes to the end of the message, over all its chunks', () => {
    const framer = framerOf(CHUNKED)
    const body = bytesOf(`3\r\nabc\r\n0\r\n\r\n${GET}`)
    expect(framer.skip(body, 0)).toBe(FOUND.end)
    expect(body.toString('latin1', framer.end)).toBe(GET)
    expect(framer.inBody).toBe(false)
  })

  it('takes everything where more is to come', () => {
    const framer = framerOf('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n')
    expect([framer.skip(bytesOf('12345'), 0), framer.end]).toEqual([FOUND.nothing, 5])
    expect([framer.skip(bytesOf('6789GET'), 0), framer.end]).toEqual([FOUND.end, 4])
    expect([framer.skip(bytesOf('6789GET'), 4), framer.end]).toEqual([FOUND.nothing, 4])
  })
})

describe('the end of the source', () => {
  it.each([
    ['', 'idle'],
    [GET, 'idle'],
    [`${GET}\r\n`, 'idle'],
    ['GET / HTTP/1.0\r\n\r\nanything', 'idle'],
    ['G', 'cut'],
    ['POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\na', 'cut'],
    [`${CHUNKED}0\r\n`, 'cut'],
    [`${CHUNKED}0\r\n\r\n`, 'idle'],
  ])('behind %j is %s', (text, finish) => {
    expect(framerOf(text).finish()).toBe(finish)
  })
})

describe('a head', () => {
  const text =
    'POST /a?b#c HTTP/1.1\r\nHost:  h:80\t\r\nX-Empty:\r\nx-obs: \xa0\xe4 \t\r\nExpect: 100-Continue\r\ncontent-LENGTH: 007\r\nX-Empty: 2\r\n\r\n'

  it('is told as it came', () => {
    const { head } = framerOf(text)
    expect({ ...head, headers: head.headers, host: head.host }).toEqual({
      method: 'POST',
      target: '/a?b#c',
      minor: 1,
      bodyKind: 'length',
      bodyLength: 7,
      keepAlive: true,
      upgrade: false,
      expectContinue: true,
      rawLength: text.length,
      host: 'h:80',
      headers: [
        ['Host', 'h:80'],
        ['X-Empty', ''],
        ['x-obs', '\xa0\xe4'],
        ['Expect', '100-Continue'],
        ['content-LENGTH', '007'],
        ['X-Empty', '2'],
      ],
    })
    expect(head.headers).toBe(head.headers)
  })

  it('is that of the next message once that is read, unless it is kept', () => {
    const next = 'PUT /next HTTP/1.0\r\nHost: other\r\n\r\n'
    const readTwo = (keeps: boolean) => {
      const framer = new RequestFramer()
      const bytes = bytesOf(`${GET}${next}`)
      framer.read(bytes, 0)
      const first = framer.head
      if (keeps) first.keep()
      framer.skip(bytes, framer.end)
      framer.read(bytes, framer.end)
      const { method, target, host } = framer.head
      expect([method, target, host, framer.head.headers]).toEqual(['PUT', '/next', 'other', [['Host', 'other']]])
      return first
    }
    expect(readTwo(false).method).toBe('PUT')
    const kept = readTwo(true)
    expect([kept.method, kept.host, kept.headers.length]).toEqual(['GET', 'h', 1])
  })

  it('with the target of the one before is held to the rules for its own method', () => {
    const framer = framerOf('GET / HTTP/1.1\r\nHost: h\r\n\r\n')
    framer.skip(bytesOf(''), 0)
    framer.read(bytesOf('CONNECT / HTTP/1.1\r\nHost: h\r\n\r\n'), 0)
    expect(framer.refusal?.rule).toBe('bad_target')
  })

  it('stays as it is when its memory is used again, once it is kept', () => {
    const framer = new RequestFramer()
    const bytes = bytesOf(text)
    framer.read(bytes, 0)
    framer.head.keep()
    bytes.fill('x')
    expect([framer.head.method, framer.head.target, framer.head.host, framer.head.headers.length]).toEqual([
      'POST',
      '/a?b#c',
      'h:80',
      6,
    ])
  })

  it.each(['GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'get', 'GETT', 'PAT', "!#$%&'*+-.^_`|~0z"])(
    'has the method %s',
    (method) => {
      expect(framerOf(`${method} / HTTP/1.1\r\nHost: h\r\n\r\n`).head.method).toBe(method)
    },
  )

  it.each(['/', '*', '/"<>{}|^`\\', '/\xc3\xa4', 'http://u:p@h:1/?q', 'a+b-1.c://h', 'http://[::1]'])(
    'has the target %s',
    (target) => {
      expect(framerOf(`GET ${target} HTTP/1.1\r\nHost: h\r\n\r\n`).head.target).toBe(target)
    },
  )

  it.each([
    ['1.1', '', true],
    ['1.1', 'Connection: close\r\n', false],
    ['1.1', 'Connection: keep-alive\r\n', true],
    ['1.1', 'Connection: a ,\tCLOSE\t, b\r\n', false],
    ['1.1', 'Connection: keep-alive\r\nConnection: close\r\n', false],
    ['1.1', 'Connection: closed\r\n', true],
    ['1.1', 'Connection:\r\n', true],
    ['1.1', 'Proxy-Connection: close\r\n', true],
    ['1.0', '', false],
    ['1.0', 'Connection: Keep-Alive\r\n', true],
    ['1.0', 'Connection: close, keep-alive\r\n', false],
  ])('of HTTP/%s with %j keeps the connection: %s', (version, fields, keepAlive) => {
    expect(framerOf(`GET / HTTP/${version}\r\nHost: h\r\n${fields}\r\n`).head.keepAlive).toBe(keepAlive)
  })

  it.each([
    ['1.1', 'Connection: Upgrade\r\nUpgrade: websocket\r\n', true],
    ['1.1', 'upgrade: a\r\nconnection: keep-alive, upgrade\r\n', true],
    ['1.1', 'Connection: Upgrade\r\n', false],
    ['1.1', 'Upgrade: websocket\r\n', false],
    ['1.1', 'Connection: Upgrade\r\nUpgrade: \r\n', false],
    ['1.0', 'Connection: Upgrade\r\nUpgrade: websocket\r\n', false],
  ])('of HTTP/%s with %j asks for an upgrade: %s', (version, fields, upgrade) => {
    expect(framerOf(`GET / HTTP/${version}\r\nHost: h\r\n${fields}\r\n`).head.upgrade).toBe(upgrade)
  })

  it('forgets what the one before it had', () => {
    const framer = framerOf(
      `POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nConnection: upgrade\r\nUpgrade: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    )
    expect(framer.head.upgrade).toBe(true)
    allOf(framer, 'GET / HTTP/1.0\r\n\r\n')
    const { bodyKind, expectContinue, upgrade, host, keepAlive, headers } = framer.head
    expect({ bodyKind, expectContinue, upgrade, host, keepAlive, headers }).toEqual({
      bodyKind: 'none',
      expectContinue: false,
      upgrade: false,
      host: undefined,
      keepAlive: false,
      headers: [],
    })
  })
})

/** A head of that many bytes. */
function filled(length: number): string {
  return `GET / HTTP/1.1\r\nHost: h\r\nX: ${'x'.repeat(length - 32)}\r\n\r\n`
}

/** A head with that many fields. */
function fields(count: number): string {
  return `GET / HTTP/1.1\r\nHost: h\r\n${'A:\r\n'.repeat(count - 1)}\r\n`
}

describe('bounds', () => {
  const limits = { maxHead: 64, maxHeaders: 3 }

  it('a head may be as large as it may be, and no larger', () => {
    expect(filled(64)).toHaveLength(64)
    expect(framerOf(filled(64), limits).refusal).toBeUndefined()
    expect(framerOf(filled(65), limits).refusal).toMatchObject({ rule: 'head_too_large', status: 431 })
    // Without waiting for its end.
    expect(framerOf(filled(80).slice(0, 64), limits).refusal).toMatchObject({ rule: 'head_too_large' })
    expect(framerOf(filled(80).slice(0, 63), limits).refusal).toBeUndefined()
  })

  it('16 KiB by default', () => {
    expect(framerOf(filled(16_384)).refusal).toBeUndefined()
    expect(framerOf(filled(16_385)).refusal).toMatchObject({ rule: 'head_too_large' })
  })

  it('a first line that takes all of it is a target that is too long', () => {
    expect(framerOf(`GET /${'a'.repeat(60)}`, limits).refusal).toMatchObject({ rule: 'target_too_long', status: 414 })
  })

  it('so many fields and no more', () => {
    expect(framerOf(fields(3), limits).refusal).toBeUndefined()
    expect(framerOf(fields(4), limits).refusal).toMatchObject({ rule: 'too_many_headers', status: 431 })
    expect(framerOf(fields(128)).refusal).toBeUndefined()
    expect(framerOf(fields(129)).refusal).toMatchObject({ rule: 'too_many_headers' })
  })

  it.each([
    [`0\r\nX: ${'x'.repeat(57)}\r\n\r\n`, undefined],
    [`0\r\nX: ${'x'.repeat(58)}\r\n\r\n`, 'trailers_too_large'],
    ['0\r\nA:\r\nA:\r\nA:\r\n\r\n', undefined],
    ['0\r\nA:\r\nA:\r\nA:\r\nA:\r\n\r\n', 'too_many_trailers'],
    [`1;${'x'.repeat(63)}\r\na\r\n0\r\n\r\n`, undefined],
    [`1;${'x'.repeat(64)}\r\na\r\n0\r\n\r\n`, 'chunk_extensions_too_large'],
    // Of all chunks together.
    [`${'1;x=123456\r\na\r\n'.repeat(8)}0\r\n\r\n`, 'chunk_extensions_too_large'],
    [`${'1;x=12345\r\na\r\n'.repeat(8)}0\r\n\r\n`, undefined],
    ['1fffffffffffff\r\n', undefined],
    ['001fffffffffffff\r\n', undefined],
  ])('a chunked body of %j → %s', (body, rule) => {
    const framer = framerOf('POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n', {
      ...limits,
      maxHead: 64,
    })
    allOf(framer, body)
    expect(framer.refusal?.rule).toBe(rule)
  })

  it('looks at no byte of a head twice, however it comes', () => {
    let looks = 0
    const text = filled(8000)
    const whole = bytesOf(text)
    const framer = new RequestFramer()
    for (let length = 1; length <= text.length; length++) {
      const bytes = new Proxy(whole.subarray(0, length), {
        get(target, key) {
          if (typeof key === 'string' && /^\d+$/.test(key)) looks++
          const value: unknown = Reflect.get(target, key, target)
          return typeof value === 'function' ? value.bind(target) : value
        },
      })
      framer.read(bytes, 0)
    }
    expect(framer.head.rawLength).toBe(8000)
    // Once each, a few times the first line, the names and the value of Host.
    expect(looks).toBeLessThan(8000 * 2.5)
  })
})
