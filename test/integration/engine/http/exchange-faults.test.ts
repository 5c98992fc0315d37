import { describe, expect, test } from 'vitest'
import type { FaultPlan } from '../../../../src/core/plan.ts'
import {
  bodyFault,
  chunked,
  get,
  httpFault,
  HttpRig,
  ok,
  request,
  staysAt,
  undated,
} from '../../../support/http-rig.ts'
import { eventually } from '../../../support/wait.ts'

const BODY = '0123456789'

function error(status: number, reason: string, ...fields: readonly string[]): string {
  const body = `${reason}\n`
  const head = [`HTTP/1.1 ${status} ${reason}`, 'Content-Type: text/plain; charset=utf-8']
  return `${[...head, `Content-Length: ${body.length}`, ...fields].join('\r\n')}\r\n\r\n${body}`
}

const UNAVAILABLE = error(503, 'Service Unavailable')

describe('http_error', () => {
  test('answers without the upstream, which is not even connected to; the connection stays', async () => {
    await using rig = await HttpRig.start({ faults: [httpFault('http_error', { status: 503 })] })
    const client = await rig.client()
    client.write(get('/1') + request('POST', '/2', 'body') + get('/3'))
    await eventually('three answers', () => undated(client.text) === UNAVAILABLE.repeat(3))
    expect(rig.log).toEqual([
      'GET /1 503 injected:answered http_error',
      'POST /2 503 injected:answered http_error',
      'GET /3 503 injected:answered http_error',
    ])
    expect(rig.exchanges().map(({ upstream_status }) => upstream_status)).toEqual([null, null, null])
    expect(rig.exchanges()[1]?.bytes).toEqual({
      request: request('POST', '/2', 'body').length,
      response: client.text.length / 3,
    })
    expect(rig.upstream.peers).toHaveLength(0)
  })

  test('answers the middle one of pipelined requests', async () => {
    const fault = httpFault('http_error', { status: 503 }, { match: { path: ['/2'] } })
    await using rig = await HttpRig.start({ faults: [fault] })
    const { client, server } = await rig.sends(get('/1') + request('POST', '/2', 'body') + get('/3'), get('/1'))
    server.write(ok('1'))
    await server.reads(get('/1') + get('/3'))
    server.write(ok('3'))
    await eventually('all answers', () => undated(client.text) === ok('1') + UNAVAILABLE + ok('3'))
    expect(rig.log.map((line) => line.split(' ')[2])).toEqual(['200', '503', '200'])
  })

  test('before_answer: the upstream does its work, and its answer is lost, however long', async () => {
    await using rig = await HttpRig.start({
      faults: [httpFault('http_error', { status: 503, forward: 'before_answer' })],
    })
    const { client, server } = await rig.sends(request('POST', '/', 'work'))
    server.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234')
    await eventually('the answer', () => undated(client.text) === UNAVAILABLE)
    client.write(get('/next'))
    server.write('56789')
    await server.reads(request('POST', '/', 'work') + get('/next'))
    expect(rig.exchanges()[0]).toMatchObject({ status: 503, upstream_status: 200, origin: 'injected' })
    expect(rig.exchanges()[0]?.bytes.response).toBe(client.text.length)
  })

  test('before_answer: without an answer there is none to lose', async () => {
    await using rig = await HttpRig.start({
      faults: [httpFault('http_error', { status: 503, forward: 'before_answer' })],
    })
    const { client, server } = await rig.sends(get())
    server.end()
    expect(await client.ending()).toBe('FIN')
    expect(client.text).toBe('')
    await rig.logged('GET / - upstream:closed')
  })

  test('a client that says that it closes is told so, and keeps what it was told although it goes on sending', async () => {
    await using rig = await HttpRig.start({ faults: [httpFault('http_error', { status: 503 })] })
    const client = await rig.client()
    client.write('POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3000000\r\n\r\n')
    client.write(Buffer.alloc(2_000_000))
    expect(await client.ending()).toBe('FIN')
    expect(undated(client.text)).toBe(error(503, 'Service Unavailable', 'Connection: close'))
    client.write(Buffer.alloc(1_000_000))
    client.end()
    await rig.rig.allEnded()
    expect(client.error).toBeUndefined()
    expect(await rig.rig.ending()).toBe('injected:http_error')
  })

  test('who goes silent after that is waited for no longer', async () => {
    await using rig = await HttpRig.start({ faults: [httpFault('http_error', { status: 503 })] })
    const client = await rig.client()
    client.write('POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3000000\r\n\r\n')
    expect(await client.ending()).toBe('FIN')
    expect(rig.proxy.sessions()).toHaveLength(1)
    rig.advance(1000)
    await rig.rig.allEnded()
  })

  test('a client of HTTP/1.0 is told that its connection stays open', async () => {
    await using rig = await HttpRig.start({ faults: [httpFault('http_error', { status: 503 })] })
    const client = await rig.client()
    client.write('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n')
    await eventually('an answer', () => client.text.endsWith('Unavailable\n'))
    expect(client.text).toContain('\r\nConnection: keep-alive\r\n')
    client.write('GET / HTTP/1.0\r\n\r\n')
    expect(await client.ending()).toBe('FIN')
    expect(client.text.match(/503/g)).toHaveLength(2)
    expect(client.text).toContain('\r\nConnection: close\r\n')
  })

  test('HEAD is answered without a body', async () => {
    await using rig = await HttpRig.start({ faults: [httpFault('http_error', { status: 503 })] })
    const client = await rig.client()
    client.write(request('HEAD', '/'))
    await eventually('a head', () => client.text.endsWith('\r\n\r\n'))
    client.write(get())
    await eventually('an answer', () => client.text.endsWith('Unavailable\n'))
    expect(client.text.match(/Content-Length: 20/g)).toHaveLength(2)
  })
})

describe('http_latency', () => {
  test.each(['request', 'response', 'body'])('phase %s', async (phase) => {
    await using rig = await HttpRig.start({ faults: [httpFault('http_latency', { phase, latency: 100 })] })
    const client = await rig.client()
    client.write(get())
    await eventually('the request has come', () => rig.rig.plane.snapshot().proxies[0]?.http?.inFlight === 1)
    expect(rig.upstream.peers.length > 0 && phase === 'request').toBe(false)
    if (phase === 'request') rig.advance(100)
    const server = await rig.upstream.peer()
    await server.reads(get())
    server.write(ok(BODY))
    const head = ok(BODY).slice(0, -BODY.length)
    if (phase === 'request') await client.reads(ok(BODY))
    else {
      await eventually(
        'the response has come',
        () => rig.proxy.sessions()[0]?.bytes.downstream.received === ok(BODY).length,
      )
      await staysAt(client, phase === 'body' ? head : '')
      rig.advance(99)
      await staysAt(client, phase === 'body' ? head : '')
      rig.advance(1)
      await client.reads(ok(BODY))
    }
    await rig.logged('GET / 200 upstream:answered http_latency')
    expect(rig.exchanges()[0]?.ms.total).toBe(100)
  })

  test('delays of several faults add up, and the next request waits', async () => {
    await using rig = await HttpRig.start({
      faults: [
        httpFault('http_latency', { latency: 100 }, { name: 'one', match: { path: ['/1'] } }),
        httpFault('http_latency', { latency: 50 }, { name: 'two', match: { path: ['/1'] } }),
      ],
    })
    const { client, server } = await rig.sends(get('/1') + get('/2'), get('/1'))
    server.write(ok('1'))
    await eventually('it has come', () => (rig.proxy.sessions()[0]?.bytes.downstream.received ?? 0) > 0)
    rig.advance(149)
    await staysAt(client, '')
    await server.reads(get('/1'))
    rig.advance(1)
    await client.reads(ok('1'))
    await server.reads(get('/1') + get('/2'))
    server.write(ok('2'))
    await client.reads(ok('1') + ok('2'))
    expect(rig.log).toEqual(['GET /1 200 upstream:answered one two', 'GET /2 200 upstream:answered'])
  })
})

describe('bodies', () => {
  const UP = request('POST', '/', BODY)

  test.each<[string, FaultPlan]>([
    ['http_bandwidth', httpFault('http_bandwidth', { rate: 100 })],
    ['http_stall', httpFault('http_stall', { at: 'body', after: 5, for: 100 })],
    ['latency', bodyFault('latency', { latency: 100 })],
    ['bandwidth', bodyFault('bandwidth', { rate: 100 })],
    ['stall', bodyFault('stall', { every: 100, for: 99 })],
    ['slicer', bodyFault('slicer', { average_size: 2, size_variation: 0, delay: 10 })],
    ['loss', bodyFault('loss', { percent: 50, rtt: 100 })],
  ])('of a response: %s holds them for some time, and nothing is lost', async (_name, fault) => {
    await using rig = await HttpRig.start({ faults: [fault] })
    const { client, server } = await rig.sends(get())
    const answers = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunked([BODY], ['Sum: 1'])}`
    server.write(answers)
    await eventually('it has come', () => rig.proxy.sessions()[0]?.bytes.downstream.received === answers.length)
    for (let time = 0; time < 2000; time += 10) rig.advance(10)
    await eventually('all of it', () => client.text.endsWith('0\r\nSum: 1\r\n\r\n'))
    expect(dechunk(client.text.slice(client.text.indexOf('\r\n\r\n') + 4))).toBe(BODY)
    await eventually('it is logged', () => rig.log.length === 1)
    expect(rig.log[0]).toMatch(/^GET \/ 200 upstream:answered/)
    expect(rig.exchanges()[0]?.bytes.response).toBe(client.text.length)
  })

  test.each<[string, FaultPlan]>([
    ['http_bandwidth', httpFault('http_bandwidth', { rate: 100 }, { direction: 'upstream' })],
    ['latency', bodyFault('latency', { latency: 100 }, { direction: 'upstream' })],
    ['slicer', bodyFault('slicer', { average_size: 2, size_variation: 0, delay: 10 }, { direction: 'upstream' })],
  ])('of a request: %s', async (_name, fault) => {
    await using rig = await HttpRig.start({ faults: [fault] })
    const client = await rig.client()
    client.write(UP)
    const server = await rig.upstream.peer()
    await eventually('the head', () => server.text.includes('\r\n\r\n'))
    for (let time = 0; time < 2000; time += 10) rig.advance(10)
    await server.reads(UP)
    server.write(ok())
    await client.reads(ok())
    await eventually('it is logged', () => rig.log.length === 1)
    expect(client.error).toBeUndefined()
  })

  test('corrupt keeps the length', async () => {
    await using rig = await HttpRig.start({ faults: [bodyFault('corrupt', { spacing: 2 })] })
    const { client, server } = await rig.sends(get())
    server.write(ok(BODY))
    await eventually('as much', () => client.received === ok(BODY).length)
    expect(client.text.slice(0, -10)).toBe(ok(BODY).slice(0, -10))
    expect(client.text).not.toBe(ok(BODY))
  })

  const HEAD = ok(BODY).slice(0, -BODY.length)

  test.each<[string, FaultPlan, string, string]>([
    ['http_truncate', httpFault('http_truncate', { at: 4 }), '0123', 'FIN'],
    ['http_truncate behind the head', httpFault('http_truncate', { at: 'head' }), '', 'FIN'],
    ['http_truncate by reset', httpFault('http_truncate', { at: '50%', how: 'reset' }), '01234', 'ECONNRESET'],
    ['http_reset', httpFault('http_reset', { at: 'mid_body', how: 'close' }), '01234', 'FIN'],
    ['limit_data', bodyFault('limit_data', { bytes: 3 }), '012', 'FIN'],
    ['limit_data by reset', bodyFault('limit_data', { bytes: 3, end: 'reset' }), '012', 'ECONNRESET'],
  ])('%s cuts them', async (_name, fault, rest, ending) => {
    await using rig = await HttpRig.start({ faults: [fault] })
    const { client, server } = await rig.sends(get())
    server.write(ok(BODY))
    expect(await client.ending()).toBe(ending)
    // What the kernel has not delivered before a reset may be lost.
    const whole = ending === 'FIN' ? client.text : HEAD + rest
    expect(whole).toBe(HEAD + rest)
    expect(whole.startsWith(client.text)).toBe(true)
    client.end()
    server.end()
    await rig.logged(`GET / 200 injected:cut ${fault.name}`)
    expect(rig.exchanges()[0]?.bytes.response).toBe(HEAD.length + rest.length)
    expect(await rig.rig.ending()).toBe(`injected:${fault.name}`)
  })

  test.each<[string, FaultPlan]>([
    ['limit_data that stalls', bodyFault('limit_data', { bytes: 3, end: 'stall' })],
    ['blackhole', bodyFault('blackhole')],
  ])('%s: the rest never comes, and no other response comes in its place', async (_name, fault) => {
    await using rig = await HttpRig.start({ faults: [fault] })
    const { client, server } = await rig.sends(get('/1') + get('/2'), get('/1'))
    server.write(ok(BODY))
    await eventually('its head', () => client.text.startsWith(HEAD))
    await staysAt(client, client.text)
    await server.reads(get('/1'))
    expect(rig.log).toEqual([])
    client.reset()
    await rig.rig.allEnded()
    await rig.logged(`GET /1 200 client:cut ${fault.name}`)
  })

  test.each<[string, FaultPlan]>([
    ['timeout', bodyFault('timeout', { timeout: 100 })],
    ['reset_peer', bodyFault('reset_peer', { timeout: 100, trigger: 'connect' })],
  ])('%s ends the session in its time', async (_name, fault) => {
    await using rig = await HttpRig.start({ faults: [fault] })
    const { client, server } = await rig.sends(get())
    server.write(HEAD)
    await client.reads(HEAD)
    rig.advance(99)
    expect(client.closed || client.ended).toBe(false)
    rig.advance(1)
    await client.ending()
    client.end()
    server.end()
    await rig.logged(`GET / 200 injected:cut ${fault.name}`)
  })

  test('a message without a body, and a HEAD, have none to work on', async () => {
    await using rig = await HttpRig.start({
      faults: [bodyFault('blackhole'), httpFault('http_truncate', { at: 'head' })],
    })
    const { client, server } = await rig.sends(request('HEAD', '/'))
    server.write(HEAD)
    await client.reads(HEAD)
    client.write(get())
    await server.reads(request('HEAD', '/') + get())
    server.write('HTTP/1.1 204 No Content\r\n\r\n')
    await client.reads(`${HEAD}HTTP/1.1 204 No Content\r\n\r\n`)
    await rig.logged('HEAD / 200 upstream:answered', 'GET / 204 upstream:answered')
    expect(client.error).toBeUndefined()
  })
})

function dechunk(text: string): string {
  let rest = text
  let body = ''
  for (;;) {
    const end = rest.indexOf('\r\n')
    const size = Number.parseInt(rest.slice(0, end), 16)
    if (size === 0) return body
    body += rest.slice(end + 2, end + 2 + size)
    rest = rest.slice(end + 2 + size + 2)
  }
}

describe('http_reset and http_stall', () => {
  test('before_forward: the upstream hears of nothing', async () => {
    await using rig = await HttpRig.start({ faults: [httpFault('http_reset')] })
    const client = await rig.client()
    client.write(get())
    expect(await client.ending()).toBe('ECONNRESET')
    await rig.logged('GET / - injected:http_reset http_reset')
    expect(rig.upstream.peers).toHaveLength(0)
  })

  test('after_upstream_answer: the upstream has answered, and the client gets nothing', async () => {
    await using rig = await HttpRig.start({ faults: [httpFault('http_reset', { at: 'after_upstream_answer' })] })
    const { client, server } = await rig.sends(get())
    server.write(ok())
    expect(await client.ending()).toBe('ECONNRESET')
    server.end()
    await rig.logged('GET / - injected:http_reset http_reset')
    expect(rig.exchanges()[0]?.upstream_status).toBe(200)
  })

  test('a stall for ever ends with its client, and bounds what is read of the upstream', async () => {
    await using rig = await HttpRig.start({ faults: [httpFault('http_stall')] })
    const { client, server } = await rig.sends(get())
    server.write(`HTTP/1.1 200 OK\r\nContent-Length: 200000000\r\n\r\n`)
    for (let mib = 0; mib < 64; mib++) server.write(Buffer.alloc(1_048_576))
    await eventually('it is full', () => (rig.proxy.sessions()[0]?.bytes.downstream.received ?? 0) >= 65_536)
    await staysAt(client, '')
    expect(rig.proxy.sessions()[0]?.bytes.downstream.received).toBeLessThan(200_000)
    client.reset()
    await rig.rig.allEnded()
    await rig.logged('GET / - client:reset http_stall')
  })

  test('a client that has only ended its side is waited for a minute', async () => {
    await using rig = await HttpRig.start({ faults: [httpFault('http_stall', { phase: 'request' })] })
    const client = await rig.client()
    client.write(get())
    client.end()
    await eventually('it waits', () => rig.rig.plane.snapshot().proxies[0]?.http?.inFlight === 1)
    await eventually('its end is known', () => rig.proxy.sessions()[0]?.bytes.upstream.received === get().length)
    await staysAt(client, '')
    rig.advance(59_000)
    await staysAt(client, '')
    expect(rig.proxy.sessions()).toHaveLength(1)
    rig.advance(2000)
    await rig.rig.allEnded()
    await rig.logged('GET / - client:closed http_stall')
  })
})
