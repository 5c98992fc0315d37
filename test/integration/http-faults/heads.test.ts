import { describe, expect, test } from 'vitest'
import { FaultsRig, inChunks, message, OK, type FaultInput } from './rig.ts'

const GET = 'GET /a?b=1 HTTP/1.1\r\nHost: example.test\r\nX-One: 1\r\nx-one: 2\r\nAccept: */*\r\n\r\n'
const ANSWER = message(OK, ['ETag: "a"', 'Set-Cookie: a=1', 'Set-Cookie: b=2'], 'body')

const requestOf = (line: string, host = 'a'): string => `${line} HTTP/1.1\r\nHost: ${host}\r\n\r\n`

const headers = (more: object): FaultInput => ({ type: 'http_headers', ...more })

describe('http_headers on requests', () => {
  test.each([
    ['set', { set: { 'X-ONE': 'n', New: 'é' } }, 'Host: example.test\r\nX-One: n\r\nAccept: */*\r\nNew: \u00e9\r\n'],
    ['set Host', { set: { host: 'other:81' } }, 'Host: other:81\r\nX-One: 1\r\nx-one: 2\r\nAccept: */*\r\n'],
    ['remove', { remove: ['X-one', 'Host'] }, 'Accept: */*\r\n'],
    [
      'append',
      { append: { 'X-One': ['3', ''] } },
      'Host: example.test\r\nX-One: 1\r\nx-one: 2\r\nAccept: */*\r\nX-One: 3\r\nX-One: \r\n',
    ],
    ['rename', { rename: { 'x-one': 'Y', host: 'HOST' } }, 'HOST: example.test\r\nY: 1\r\nY: 2\r\nAccept: */*\r\n'],
  ])('%s', async (_title, request, fields) => {
    await using rig = await FaultsRig.start([headers({ request })])
    const line = await rig.line()
    await line.tellsTwice({ asks: GET, arrives: `GET /a?b=1 HTTP/1.1\r\n${fields}\r\n`, answers: ANSWER })
    expect(await rig.records('http_headers')).toEqual(['headers', 'headers'])
  })

  test('the body behind them is the same, whatever its framing', async () => {
    await using rig = await FaultsRig.start([headers({ request: { set: { 'X-A': '1' } } })])
    const line = await rig.line()
    const post = 'POST / HTTP/1.1'
    await line.tellsTwice({
      asks: message(post, ['Host: a'], '1234'),
      arrives: 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nX-A: 1\r\n\r\n1234',
      answers: ANSWER,
    })
    const asks = inChunks(post, ['Host: a'], ['1', '234'])
    const arrives = asks.toString('latin1').replace('chunked\r\n', 'chunked\r\nX-A: 1\r\n')
    await line.tellsTwice({ asks, arrives, answers: ANSWER })
    expect(rig.broken).toEqual([])
  })
})

describe('http_headers on responses', () => {
  const EDITS = { set: { ETag: '"b"' }, append: { 'Set-Cookie': 'c=3' }, rename: { 'set-cookie': 'X-Cookie' } }
  const EDITED = 'ETag: "b"\r\nX-Cookie: a=1\r\nX-Cookie: b=2\r\n'

  test('are there in order, and the body is the same', async () => {
    await using rig = await FaultsRig.start([headers({ response: EDITS })])
    const line = await rig.line()
    const gets = `${OK}\r\n${EDITED}Content-Length: 4\r\nSet-Cookie: c=3\r\n\r\nbody`
    await line.tellsTwice({ asks: GET, answers: ANSWER, gets })
    expect(rig.broken).toEqual([])
  })

  test('interim responses are not touched', async () => {
    await using rig = await FaultsRig.start([headers({ response: { set: { 'X-A': '1' } } })])
    const line = await rig.line()
    const early = 'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n'
    const gets = `${early}${OK}\r\nContent-Length: 2\r\nX-A: 1\r\n\r\nok`
    await line.tellsTwice({ asks: GET, answers: `${early}${message(OK, [], 'ok').toString()}`, gets })
    expect(rig.broken).toEqual([])
  })

  test.each([
    ['HEAD', 'HEAD / HTTP/1.1\r\nHost: a\r\n\r\n', `${OK}\r\nContent-Length: 1000\r\n`],
    ['204', GET, 'HTTP/1.1 204 No Content\r\n'],
    ['304', GET, 'HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\n'],
  ])('without a body: %s', async (_title, asks, head) => {
    await using rig = await FaultsRig.start([headers({ response: { set: { 'X-A': '1' } } })])
    const line = await rig.line()
    await line.tellsTwice({ asks, answers: `${head}\r\n`, gets: `${head}X-A: 1\r\n\r\n` })
    expect(rig.broken).toEqual([])
  })

  test('of a switch of protocols, and the bytes behind it go both ways', async () => {
    await using rig = await FaultsRig.start([headers({ response: { set: { 'X-A': '1' } } })])
    const line = await rig.line()
    const asks = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n'
    const head = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n'
    await line.tells({ asks, answers: `${head}\r\nhello`, gets: `${head}X-A: 1\r\n\r\nhello` })
    line.ask('\0GET')
    await line.arrives('\0GET')
    await line.answer('HTTP?')
    await line.gets('HTTP?')
    expect(rig.broken).toEqual([])
  })

  test('of one status alone', async () => {
    await using rig = await FaultsRig.start([
      headers({ match: { status: '5xx' }, response: { set: { 'Retry-After': '9' } } }),
    ])
    const line = await rig.line()
    const bad = 'HTTP/1.1 503 Service Unavailable'
    for (let turn = 0; turn < 2; turn++) {
      await line.tells({ asks: GET, answers: ANSWER })
      const gets = `${bad}\r\nContent-Length: 4\r\nRetry-After: 9\r\n\r\nbusy`
      await line.tells({ asks: GET, answers: message(bad, [], 'busy'), gets })
    }
    expect(await rig.records('http_headers')).toEqual(['headers', 'headers'])
  })

  test('mangle writes another length, and the proxy goes by the one that came', async () => {
    await using rig = await FaultsRig.start([headers({ mangle: true, response: { set: { 'Content-Length': '2' } } })])
    const line = await rig.line()
    await line.tellsTwice({
      asks: GET,
      answers: message(OK, [], 'body'),
      gets: `${OK}\r\nContent-Length: 2\r\n\r\nbody`,
    })
    expect(rig.broken).toEqual([])
  })
})

test('what was sent ahead is changed, too, and each gets its own answer', async () => {
  await using rig = await FaultsRig.start([
    headers({ request: { set: { Host: 'b' } }, response: { remove: ['etag'] } }),
  ])
  const line = await rig.line()
  line.ask(['/1', '/2', '/3'].map((path) => requestOf(`GET ${path}`, 'a')).join(''))
  for (const path of ['/1', '/2', '/3']) {
    await line.arrives(requestOf(`GET ${path}`, 'b'))
    await line.answer(message(OK, ['ETag: "x"'], path))
    await line.gets(message(OK, [], path))
  }
  expect(rig.broken).toEqual([])
})

test('several edit one after the other, in the order in which they were added', async () => {
  const first = headers({ name: 'first', request: { set: { 'X-A': '1' } }, response: { rename: { A: 'B' } } })
  const second = headers({
    name: 'second',
    request: { rename: { 'X-A': 'X-B' } },
    response: { set: { B: '2', A: '3' } },
  })
  const get = 'GET / HTTP/1.1\r\nHost: a\r\n'
  for (const [faults, asked, answered] of [
    [[first, second], 'X-B: 1\r\n', 'B: 2\r\nContent-Length: 0\r\nA: 3\r\n'],
    [[second, first], 'X-A: 1\r\n', 'B: 3\r\nContent-Length: 0\r\nB: 2\r\n'],
  ] as const) {
    await using rig = await FaultsRig.start(faults)
    const line = await rig.line()
    await line.tellsTwice({
      asks: `${get}\r\n`,
      arrives: `${get}${asked}\r\n`,
      answers: message(OK, ['A: 1']),
      gets: `${OK}\r\n${answered}\r\n`,
    })
    expect(rig.broken).toEqual([])
  }
})

const rewrite = (more: object): FaultInput => ({ type: 'http_rewrite', ...more })

describe('http_rewrite', () => {
  test.each([
    ['a method', { method: 'PURGE' }, 'GET /a?b=1', 'PURGE /a?b=1'],
    ['a path', { path: '/other' }, 'GET /a?b=1', 'GET /other?b=1'],
    [
      'a path by expression',
      { path: { pattern: '^/v(\\d)/', replace: '/w$1/' } },
      'GET /v2/%41?/v2/',
      'GET /w2/%41?/v2/',
    ],
    ['a query', { query: { set: { 'a b': 'c&d' }, remove: ['x'] } }, 'GET /?x=1&y=%20&x=2', 'GET /?y=%20&a%20b=c%26d'],
    ['the last of a query', { query: { remove: ['x'] } }, 'GET /?x=1', 'GET /'],
    ['an absolute target', { path: '/z' }, 'GET http://h:1/a?b', 'GET http://h:1/z?b'],
    ['not the method of a HEAD', { method: 'GET', path: '/z' }, 'HEAD /a', 'HEAD /z'],
    ['nothing of OPTIONS *', { method: 'GET', path: '/z' }, 'OPTIONS *', 'OPTIONS *'],
  ])('%s', async (_title, more, before, after) => {
    await using rig = await FaultsRig.start([rewrite(more)])
    const line = await rig.line()
    const answers = before.startsWith('HEAD') ? `${OK}\r\nContent-Length: 9\r\n\r\n` : ANSWER
    await line.tellsTwice({ asks: requestOf(before), arrives: requestOf(after), answers })
    expect(await rig.records('http_rewrite')).toHaveLength(before === after ? 0 : 2)
  })

  test('the body of a request is the same under another method', async () => {
    await using rig = await FaultsRig.start([rewrite({ method: 'GET', path: '/z' })])
    const line = await rig.line()
    const fields = ['Host: a']
    for (const make of [
      message,
      (first: string, more: readonly string[], body: string) => inChunks(first, more, [body]),
    ]) {
      await line.tells({
        asks: make('POST /a HTTP/1.1', fields, 'abc'),
        arrives: make('GET /z HTTP/1.1', fields, 'abc'),
        answers: ANSWER,
      })
    }
    await line.tells({
      asks: message('HEAD / HTTP/1.1', fields),
      arrives: message('HEAD /z HTTP/1.1', fields),
      answers: `${OK}\r\nContent-Length: 9\r\n\r\n`,
    })
    expect(rig.broken).toEqual([])
  })

  test('an expression that would explode is over soon, and the request goes on as it is', async () => {
    await using rig = await FaultsRig.start([rewrite({ path: { pattern: '(?:a?){200}b|(a+)+$', replace: 'x' } })])
    const line = await rig.line()
    const asks = `GET /${'a'.repeat(7000)}! HTTP/1.1\r\nHost: a\r\n\r\n`
    await line.tellsTwice({ asks, answers: ANSWER })
    expect(await rig.records('http_rewrite')).toEqual([])
  })

  test('of two, and with http_headers, each sees what the other has left', async () => {
    const set = headers({ match: { path: '/a' }, request: { set: { 'X-A': '1' } } })
    const one = rewrite({ name: 'one', path: { pattern: 'a', replace: 'bb' } })
    const two = rewrite({ name: 'two', path: { pattern: 'b', replace: 'a' } })
    for (const [faults, path] of [
      [[one, two, set], '/aa'],
      [[set, two, one], '/bb'],
    ] as const) {
      await using rig = await FaultsRig.start(faults)
      const line = await rig.line()
      // What is matched is what the client has sent.
      await line.tellsTwice({
        asks: 'GET /a HTTP/1.1\r\nHost: h\r\n\r\n',
        arrives: `GET ${path} HTTP/1.1\r\nHost: h\r\nX-A: 1\r\n\r\n`,
        answers: ANSWER,
      })
      expect(rig.broken).toEqual([])
    }
  })
})
