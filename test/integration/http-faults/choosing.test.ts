import { describe, expect, test } from 'vitest'
import { undated } from '../../support/http-rig.ts'
import { FaultsRig, inChunks, message, OK, type Line } from './rig.ts'

const get = (...fields: readonly string[]): string => `${['GET / HTTP/1.1', 'Host: a', ...fields].join('\r\n')}\r\n\r\n`

/** Asks, and answers if it arrives; answers the head that the client gets. */
async function headOf(line: Line, asks: string, isRefused: boolean): Promise<string> {
  line.ask(asks)
  if (!isRefused) {
    await line.arrives(asks)
    await line.answer(message(OK, [], 'ok'))
  }
  const { head } = await line.message()
  return head
}

describe('http_rate_limit', () => {
  test('counts all connections of a client together, and each key by itself', async () => {
    await using rig = await FaultsRig.start([
      { type: 'http_rate_limit', limit: 2, window: '1h', key: 'header:X-Key', announce: 'always' },
    ])
    const lines = [await rig.line(), await rig.line()] as const
    const met: string[] = []
    for (const [at, key, refused] of [
      [0, 'a', false],
      [1, 'a', false],
      [0, 'a', true],
      [1, 'b', false],
      [1, 'a', true],
      [0, 'b', false],
      [0, 'b', true],
    ] as const) {
      const head = await headOf(lines[at], get(`X-Key: ${key}`), refused)
      met.push(`${key} ${head.slice(9, 12)} ${/RateLimit: "default";r=(\d+)/.exec(head)?.[1]}`)
    }
    expect(met).toEqual(['a 200 1', 'a 200 0', 'a 429 0', 'b 200 1', 'a 429 0', 'b 200 0', 'b 429 0'])
    expect(lines.map((line) => line.nothingArrives)).toEqual([true, true])
  })

  test('a refusal says when to come back, and takes a body that is still on its way', async () => {
    await using rig = await FaultsRig.start([{ type: 'http_rate_limit', limit: 0, window: '1h' }])
    const line = await rig.line()
    const post = 'POST / HTTP/1.1'
    for (const asks of [
      message(post, ['Host: a'], 'x'.repeat(100_000)),
      inChunks(post, ['Host: a'], ['abc', 'd'.repeat(70_000)]),
    ]) {
      line.ask(asks)
      const { head, body } = await line.message()
      const [first, ...fields] = undated(head).trim().split('\r\n')
      expect(first).toBe('HTTP/1.1 429 Too Many Requests')
      expect(fields.map((field) => field.replace(/\d{9,}$/, 'N').replace(/3600|3599/, 'S'))).toEqual([
        'Content-Type: text/plain; charset=utf-8',
        'Retry-After: S',
        'RateLimit-Policy: "default";q=0;w=S',
        'RateLimit: "default";r=0;t=S',
        'X-RateLimit-Limit: 0',
        'X-RateLimit-Remaining: 0',
        'X-RateLimit-Reset: N',
        'Content-Length: 18',
      ])
      expect(body.toString()).toBe('Too Many Requests\n')
    }
    expect(line.nothingArrives).toBe(true)
  })

  test('takes the place of what the upstream says of its own', async () => {
    await using rig = await FaultsRig.start([
      { type: 'http_rate_limit', limit: 9, window: '1h', announce: 'always', fields: 'x_ratelimit' },
    ])
    const line = await rig.line()
    line.ask(get())
    await line.arrives(get())
    await line.answer(message(OK, ['x-ratelimit-limit: 1', 'X-RateLimit-Remaining: 0', 'x-ratelimit-limit: 2'], 'ok'))
    const { head, body } = await line.message()
    expect(head.replace(/\d{9,}/, 'N')).toBe(
      `${OK}\r\nx-ratelimit-limit: 9\r\nX-RateLimit-Remaining: 8\r\nContent-Length: 2\r\nX-RateLimit-Reset: N\r\n\r\n`,
    )
    expect(body.toString()).toBe('ok')
  })
})

describe('header faults', () => {
  test('the upstream is sent none of the fields, and an answer is as long as it is', async () => {
    await using rig = await FaultsRig.start([], { header_faults: true, tell: true })
    const line = await rig.line()
    for (let turn = 0; turn < 2; turn++) {
      line.ask(get('X-Foulweather-Abort: 418', 'x-foulweather-abort-body: caf\u00c3\u00a9'))
      const { head, body } = await line.message()
      expect(undated(head)).toBe(
        "HTTP/1.1 418 I'm a Teapot\r\nContent-Type: text/plain; charset=utf-8\r\nX-Foulweather: x-foulweather-abort\r\nContent-Length: 5\r\n\r\n",
      )
      expect(body.toString()).toBe('café')
      await line.tells({ asks: get('A: 1'), answers: message(OK, [], 'ok') })
      await line.tells({
        asks: get('X-Foulweather-Delay: 1ms', 'A: 1'),
        arrives: get('A: 1'),
        answers: message(OK, [], 'ok'),
        gets: `${OK}\r\nContent-Length: 2\r\nX-Foulweather: x-foulweather-delay\r\n\r\nok`,
      })
    }
  })

  test('a lost answer, and one without a body', async () => {
    await using rig = await FaultsRig.start([], { header_faults: true })
    const line = await rig.line()
    for (const [status, more] of [
      [502, 'Content-Type: text/plain; charset=utf-8\r\nContent-Length: 12\r\n\r\nBad Gateway\n'],
      [204, '\r\n'],
    ] as const) {
      const asks = message('POST / HTTP/1.1', [`X-Foulweather-Response-Abort: ${status}`, 'Host: a'], 'work')
      line.ask(asks)
      await line.arrives(message('POST / HTTP/1.1', ['Host: a'], 'work'))
      await line.answer(inChunks(OK, [], ['done', 'and more']))
      const { head, body } = await line.message()
      expect(undated(head + body.toString())).toContain(more)
      expect(head.slice(9, 12)).toBe(`${status}`)
      await line.tells({ asks: get(), answers: message(OK, [], 'ok') })
    }
  })

  test('faults that are configured work on what is left', async () => {
    const faults = [
      { type: 'http_headers', request: { rename: { A: 'B' } } },
      { type: 'http_body', replace: 'new' },
    ]
    await using rig = await FaultsRig.start(faults, { header_faults: true, tell: true })
    const line = await rig.line()
    const gets = `${OK}\r\nContent-Length: 3\r\nX-Foulweather: http_headers, http_body, x-foulweather-delay\r\n\r\nnew`
    await line.tellsTwice({
      asks: get('x-foulweather-delay: 1ms', 'A: 1'),
      arrives: get('B: 1'),
      answers: message(OK, [], 'ok'),
      gets,
    })
    expect(rig.broken).toEqual([])
  })

  test('what cannot be taken is a 400', async () => {
    await using rig = await FaultsRig.start([], { header_faults: true })
    for (const field of [
      'X-Foulweather-Abort: 99',
      'X-Foulweather-Abrot: 500',
      'X-Foulweather-Delay: 2h',
      'X-Foulweather-Abort-Body: x',
    ]) {
      const line = await rig.line()
      line.ask(get(field))
      const { head, body } = await line.message()
      expect(head).toContain('HTTP/1.1 400 Bad Request')
      expect(body.toString().toLowerCase()).toContain(field.split(':')[0]?.toLowerCase())
    }
  })
})

describe('tell', () => {
  test('names those that have done something, in order, also where that is to the body', async () => {
    const faults = [
      { type: 'http_headers', name: 'a,b', response: { set: { A: '1' } } },
      { type: 'http_body', name: 'never', replace: 'x', match: { method: 'PUT' } },
      { type: 'http_body', name: 'changes', replace: 'x' },
      { type: 'http_rewrite', name: 'same', path: '/' },
    ]
    await using rig = await FaultsRig.start(faults, { tell: true })
    const line = await rig.line()
    const gets = `${OK}\r\nA: 1\r\nContent-Length: 1\r\nX-Foulweather: a%2Cb, changes\r\n\r\nx`
    await line.tellsTwice({ asks: get(), answers: inChunks(OK, [], ['body']), gets })
    expect(rig.broken).toEqual([])
  })
})

describe('outcomes', () => {
  test('each exchange gets one of them, as often as the weights say, and no other', async () => {
    const outcomes = [
      { weight: 1, response: { set: { A: '1' } } },
      { weight: 1, request: { set: { A: '2' } }, response: null },
      { weight: 1, pass: true },
    ]
    await using rig = await FaultsRig.start([{ type: 'http_headers', response: { set: { A: '0' } }, outcomes }])
    const line = await rig.line()
    const met: Record<string, number> = {}
    for (let turn = 0; turn < 60; turn++) {
      line.ask(get())
      const { head: asked } = await line.request()
      await line.answer(message(OK, [], 'ok'))
      const { head } = await line.message()
      const which = `${/^A: (.*)\r$/m.exec(asked)?.[1]} ${/^A: (.*)\r$/m.exec(head)?.[1]}`
      met[which] = (met[which] ?? 0) + 1
    }
    expect(Object.keys(met).sort()).toEqual(['2 undefined', 'undefined 1', 'undefined undefined'])
    for (const count of Object.values(met)) expect(count).toBeGreaterThan(8)
  })
})

describe('sticky_by', () => {
  test('the same key always gets the same, on every connection, and bodies are whole', async () => {
    await using rig = await FaultsRig.start([
      { type: 'http_body', replace: 'bad', probability: 0.5, sticky_by: 'header:X-User' },
    ])
    const met: string[][] = []
    for (let round = 0; round < 3; round++) {
      const line = await rig.line()
      const answers: string[] = []
      for (let user = 0; user < 16; user++) {
        const asks = get(`X-User: ${user}`)
        line.ask(asks)
        await line.arrives(asks)
        await line.answer(message(OK, [], 'good'))
        const { body } = await line.message()
        answers.push(body.toString())
      }
      met.push(answers)
    }
    expect(met[1]).toEqual(met[0])
    expect(met[2]).toEqual(met[0])
    expect(new Set(met[0])).toEqual(new Set(['good', 'bad']))
  })
})

test('an answer goes before a change, whichever comes first, and the next exchange is changed', async () => {
  const error = { type: 'http_error', status: 503, count: { max: 1 } }
  const change = { type: 'http_headers', request: { set: { A: '1' } }, response: { set: { B: '1' } } }
  for (const faults of [
    [error, change],
    [change, error],
  ]) {
    await using rig = await FaultsRig.start(faults)
    const line = await rig.line()
    line.ask(get())
    const { head } = await line.message()
    expect(head).toContain('HTTP/1.1 503')
    expect(line.nothingArrives).toBe(true)
    await line.tellsTwice({
      asks: get(),
      arrives: get('A: 1'),
      answers: message(OK, [], 'ok'),
      gets: `${OK}\r\nContent-Length: 2\r\nB: 1\r\n\r\nok`,
    })
  }
})
