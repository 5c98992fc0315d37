import { describe, expect, test } from 'vitest'
import { bodyFault, chunked, get, httpFault, HttpRig, ok, request, undated } from '../../../support/http-rig.ts'
import { eventually } from '../../../support/wait.ts'
import { setTimeout as sleep } from 'node:timers/promises'

/** Does nothing, and makes every exchange one that is looked at. */
const LOOKED_AT = [
  ['nobody', []],
  [
    'a fault on bodies',
    [bodyFault('latency', { latency: 0 }), bodyFault('latency', { latency: 0 }, { name: 'up', direction: 'upstream' })],
  ],
  ['a fault on heads', [httpFault('http_latency', { latency: 0 })]],
] as const

const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'

/** Requests and the responses to them; each pair has to go through as it is. */
const PAIRS: readonly (readonly [title: string, request: string, response: string])[] = [
  ['a GET', get(), ok('hello')],
  ['an empty body', get(), ok('')],
  ['a POST', request('POST', '/', 'question'), ok('answer')],
  ['a HEAD', request('HEAD', '/'), 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n'],
  ['a 204', get(), 'HTTP/1.1 204 No Content\r\n\r\n'],
  ['a 304 with a length', get(), 'HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\n\r\n'],
  ['an early hint', get(), `HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n${ok('later')}`],
  ['two interim responses', get(), `HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n${ok()}`],
  ['a chunked response', get(), `${CHUNKED}${chunked(['a', 'bc', 'd'.repeat(300)])}`],
  ['an empty chunked response', get(), `${CHUNKED}${chunked([])}`],
  ['trailers of a response', get(), `${CHUNKED}${chunked(['abc'], ['Sum: 1', 'Other: 2'])}`],
  ['trailers without a body', get(), `${CHUNKED}${chunked([], ['Sum: 1'])}`],
  [
    'trailers of a request',
    `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunked(['abc', 'de'], ['Sum: 1'])}`,
    ok(),
  ],
  [
    'HTTP/1.0 that stays open',
    'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
    'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok',
  ],
]

describe.each(LOOKED_AT)('with %s', (_who, faults) => {
  test.each(PAIRS)('%s goes through as it is, and the connection is used again', async (_title, asks, answers) => {
    await using rig = await HttpRig.start({ faults })
    const { client, server } = await rig.sends(asks)
    server.write(answers)
    await client.reads(answers)
    client.write(asks)
    await server.reads(asks + asks)
    server.write(answers)
    await client.reads(answers + answers)
    await eventually('both are logged', () => rig.exchanges().length === 2)
    expect(rig.exchanges().map(({ bytes }) => bytes)).toEqual(
      [0, 1].map(() => ({ request: asks.length, response: answers.length })),
    )
    expect(rig.upstream.peers).toHaveLength(1)
  })

  test('chunk extensions go through where nobody looks at the body, and are no data otherwise', async () => {
    await using rig = await HttpRig.start({ faults })
    const { client, server } = await rig.sends(get())
    const body = '5;name="value"\r\nhello\r\n0;last\r\nSum: 1\r\n\r\n'
    server.write(`${CHUNKED}${body}`)
    const plain = faults.every(({ part }) => part !== 'body')
    await client.reads(`${CHUNKED}${plain ? body : chunked(['hello'], ['Sum: 1'])}`)
    await eventually('it is logged', () => rig.log.length === 1)
    expect(client.error).toBeUndefined()
  })

  test('cut at every byte, both messages go through as they are', async () => {
    await using rig = await HttpRig.start({ faults })
    const asks = `POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunked(['ab'], ['T: 1'])}`
    const answers = `HTTP/1.1 100 Continue\r\n\r\n${CHUNKED}${chunked(['xyz', '1'], ['T: 2'])}`
    const client = await rig.client()
    for (const byte of asks) {
      client.write(byte)
      await sleep(1)
    }
    const server = await rig.upstream.peer()
    await eventually('the request is there', () => payload(server.text) === payload(asks))
    expect(server.text.endsWith('0\r\nT: 1\r\n\r\n')).toBe(true)
    for (const byte of answers) {
      server.write(byte)
      await sleep(1)
    }
    await eventually('the response is there', () => client.text.endsWith('0\r\nT: 2\r\n\r\n'))
    expect(payload(client.text)).toBe(payload(answers))
    expect(rig.log).toHaveLength(1)
  })

  test('a body up to the end of the connection ends with it', async () => {
    await using rig = await HttpRig.start({ faults })
    const { client, server } = await rig.sends(get())
    server.write('HTTP/1.0 200 OK\r\n\r\nall of ')
    server.write('it')
    server.end()
    await client.reads('HTTP/1.0 200 OK\r\n\r\nall of it')
    expect(await client.ending()).toBe('FIN')
    await eventually('it is logged', () => rig.log.length === 1)
    expect(rig.log[0]).toContain('GET / 200 upstream:answered')
    client.end()
    await rig.rig.allEnded()
  })

  test('pipelined requests are sent on one after the other, and answered in order', async () => {
    await using rig = await HttpRig.start({ faults })
    const all = [get('/1'), request('POST', '/2', 'body'), get('/3')]
    const { client, server } = await rig.sends(all.join(''), all[0])
    for (const [index] of all.entries()) {
      await server.reads(all.slice(0, index + 1).join(''))
      server.write(ok(`${index}`))
    }
    await client.reads([ok('0'), ok('1'), ok('2')].join(''))
    expect(rig.log.map((line) => line.split(' ')[1])).toEqual(['/1', '/2', '/3'])
  })
})

/** Without chunk sizes: stages see pieces as they come, and each is a chunk then. */
function payload(text: string): string {
  return text.replaceAll(/[\da-f]+\r\n|\r\n/g, '')
}

describe('100 (Continue)', () => {
  const POST = 'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n'

  test('comes from the upstream', async () => {
    await using rig = await HttpRig.start()
    const { client, server } = await rig.sends(POST)
    server.write('HTTP/1.1 100 Continue\r\n\r\n')
    await client.reads('HTTP/1.1 100 Continue\r\n\r\n')
    client.write('body')
    await server.reads(`${POST}body`)
    server.write(ok())
    await client.reads(`HTTP/1.1 100 Continue\r\n\r\n${ok()}`)
    await rig.logged('POST / 200 upstream:answered')
    expect(client.error).toBeUndefined()
  })

  test('an injected answer comes in its place, and the connection ends: the body may come or not', async () => {
    await using rig = await HttpRig.start({ faults: [httpFault('http_error', { status: 503 })] })
    const client = await rig.client()
    client.write(POST)
    expect(await client.ending()).toBe('FIN')
    expect(undated(client.text)).toContain('HTTP/1.1 503 Service Unavailable')
    expect(client.text).toContain('Connection: close')
    client.end()
    await rig.rig.allEnded()
    await rig.logged('POST / 503 injected:answered http_error')
    expect(rig.upstream.peers).toHaveLength(0)
  })

  test('an injected answer to a request whose body has come keeps the connection', async () => {
    await using rig = await HttpRig.start({
      faults: [httpFault('http_error', { status: 503, forward: 'before_answer' })],
    })
    const { client, server } = await rig.sends(POST)
    server.write('HTTP/1.1 100 Continue\r\n\r\n')
    await client.reads('HTTP/1.1 100 Continue\r\n\r\n')
    client.write('body')
    await server.reads(`${POST}body`)
    server.write(ok())
    await eventually('the answer', () => client.text.endsWith('Service Unavailable\n'))
    expect(client.text).not.toContain('Connection: close')
    client.write(get('/again'))
    await server.reads(`${POST}body${get('/again')}`)
  })
})
