import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AccessEntry } from '../../../src/admin/access-entry.ts'
import { AdminRig } from '../../support/admin-rig.ts'
import { WireClient } from '../../support/admin-wire.ts'
import { eventually } from '../../support/wait.ts'

/** Toxiproxy's HTTP manners, over the wire, one by one. */

const never = () => new Promise<string>(() => {})

let rig: AdminRig
let wire: WireClient
let reported: AccessEntry[]
beforeEach(async () => {
  reported = []
  rig = await AdminRig.listening({
    limits: { bodyMs: 200, handlerMs: 1000 },
    onRequest: (entry) => reported.push(entry),
    metrics: never,
  })
  wire = await WireClient.connect(rig.port)
})
afterEach(async () => {
  wire[Symbol.dispose]()
  await rig[Symbol.asyncDispose]()
})

const OFF = '{"name":"a","upstream":"u:1","enabled":false}'
const ID = /^[0-9a-v]{20}$/

describe('content types', () => {
  test.each([
    ['application/x-www-form-urlencoded'],
    ['text/plain'],
    ['multipart/form-data'],
    ['garbage'],
    ['application/json; charset=utf-16'],
  ])('%s on a request is ignored', async (type) => {
    expect(await wire.ask('POST /proxies', [`Content-Type: ${type}`], OFF)).toMatchObject({ status: 201 })
  })

  test('a request may have none, and any Content-Encoding', async () => {
    expect(await wire.ask('POST /proxies', ['Content-Encoding: gzip'], OFF)).toMatchObject({ status: 201 })
  })

  test.each([
    ['GET /proxies', 'application/json'],
    ['GET /version', 'application/json;charset=utf-8'],
    ['GET /proxies/x', 'text/plain; charset=utf-8'],
    ['GET /nothing', 'text/plain; charset=utf-8'],
  ])('%s answers %s', async (request, type) => {
    expect((await wire.ask(request)).headers.get('content-type')).toBe(type)
  })

  test('204 has neither body nor type nor length', async () => {
    const { status, headers } = await wire.ask('POST /reset')
    expect(status).toBe(204)
    expect(headers.has('content-type')).toBe(false)
    expect(headers.has('content-length')).toBe(false)
  })

  test('errors are JSON with a newline, sent as text that may not be sniffed', async () => {
    const { body, headers } = await wire.ask('GET /proxies/x')
    expect(body).toBe('{"error":"proxy not found","status":404}\n')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
  })
})

describe('the router', () => {
  test.each([
    'GET /',
    'GET /nothing',
    'GET /proxies/',
    'GET /proxies/x/',
    'GET /proxies/x/toxics/',
    'GET /proxies/x/y',
    'GET /proxies/x/toxics/y/z',
    'GET /PROXIES',
    'HEAD /nothing',
    'OPTIONS /nothing',
  ])('%s is an unknown path', async (request) => {
    const { status, body, headers } = await wire.ask(request)
    expect([status, request.startsWith('HEAD') ? '404 page not found\n' : body]).toEqual([404, '404 page not found\n'])
    expect(headers.has('x-toxiproxy-request-id')).toBe(false)
  })

  test.each([
    'HEAD /proxies',
    'OPTIONS /proxies',
    'PUT /proxies',
    'DELETE /proxies',
    'POST /version',
    'HEAD /version',
    'GET /reset',
    'GET /populate',
    'PUT /proxies/x',
    'PATCH /proxies/x/toxics',
    'TRACE /proxies',
  ])('%s is the wrong method: empty, without Allow and without id', async (request) => {
    const { status, body, headers } = await wire.ask(request)
    expect([status, body]).toEqual([405, ''])
    expect(headers.has('allow')).toBe(false)
    expect(headers.has('x-toxiproxy-request-id')).toBe(false)
  })

  test.each([
    ['GET //proxies', '/proxies'],
    ['GET /proxies//a?x=1', '/proxies/a?x=1'],
    ['POST /proxies/../reset', '/reset'],
    ['GET /./version', '/version'],
  ])('%s leads to %s', async (request, location) => {
    const { status, body, headers } = await wire.ask(request)
    expect([status, body, headers.get('location')]).toEqual([301, '', location])
    expect(headers.has('x-toxiproxy-request-id')).toBe(false)
  })

  test('a path that cannot be decoded is a bad request', async () => {
    expect(await wire.ask('GET /proxies/%zz')).toMatchObject({ status: 400, body: '400 Bad Request' })
  })

  test('queries are ignored', async () => {
    expect(await wire.ask('GET /version?x=%zz&__proto__=1')).toMatchObject({ status: 200 })
  })

  test('the absolute form of a target is understood', async () => {
    expect(await wire.ask('GET http://localhost/version')).toMatchObject({ status: 200 })
  })

  test('foreign cookies in any shape do not matter', async () => {
    expect(await wire.ask('GET /version', ['Cookie: a=b; ="; \u00e9=,'])).toMatchObject({ status: 200 })
  })
})

test('every answer of a matched route has an id of its own', async () => {
  const ids = new Set<string>()
  for (const request of ['GET /proxies', 'GET /proxies/x', 'POST /proxies', 'POST /reset', 'GET /v1/status']) {
    const { headers } = await wire.ask(request)
    expect(headers.get('x-toxiproxy-request-id')).toMatch(ID)
    ids.add(headers.get('x-toxiproxy-request-id') ?? '')
  }
  expect(ids.size).toBe(5)
})

test("a call that takes too long is answered with Toxiproxy's page", async () => {
  const { status, body } = await wire.ask('GET /metrics')
  expect([status, body]).toEqual([503, '<html><head><title>Timeout</title></head><body><h1>Timeout</h1></body></html>'])
})

describe('connections', () => {
  test('are kept, longer than the 60 s that pooled clients rely on', async () => {
    const { headers } = await wire.ask('GET /proxies')
    expect(headers.get('connection')).toBe('keep-alive')
    expect(Number(/timeout=(\d+)/.exec(headers.get('keep-alive') ?? '')?.[1])).toBeGreaterThanOrEqual(60)
  })

  test.each([
    ['POST /reset', 204],
    ['GET /version', 200],
    ['POST /proxies/x', 404],
    ['DELETE /proxies/x', 404],
    ['PUT /proxies', 405],
  ])('%s with a body: %i, and the next request is understood', async (request, status) => {
    // In one packet, as clients send it.
    wire.socket.write(
      `${request} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}GET /version HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    )
    expect((await wire.answer()).status).toBe(status)
    expect((await wire.answer()).body).toContain('2.12.0')
  })

  test('requests may be pipelined; answers come in order', async () => {
    wire.socket.write(
      'GET /version HTTP/1.1\r\nHost: x\r\n\r\nGET /proxies/x HTTP/1.1\r\nHost: x\r\n\r\nGET /proxies HTTP/1.1\r\nHost: x\r\n\r\n',
    )
    expect([(await wire.answer()).status, (await wire.answer()).status, (await wire.answer()).body]).toEqual([
      200,
      404,
      '{}',
    ])
  })

  test('HTTP/1.0 without Host is served', async () => {
    wire.socket.write('GET /version HTTP/1.0\r\n\r\n')
    expect(await wire.answer()).toMatchObject({ status: 200 })
  })

  test('a client that asks before it sends is told to go on', async () => {
    wire.socket.write(
      `POST /proxies HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: ${OFF.length}\r\n\r\n`,
    )
    expect(await wire.answer()).toMatchObject({ status: 100 })
    wire.socket.write(OFF)
    expect(await wire.answer()).toMatchObject({ status: 201 })
  })

  test('what is not HTTP is refused, and the server lives on', async () => {
    wire.socket.write('\u0016\u0003\u0001garbage\r\n\r\n')
    await eventually('the connection is closed', () => wire.closed)
    using next = await WireClient.connect(rig.port)
    expect(await next.ask('GET /version')).toMatchObject({ status: 200 })
  })

  test('a header without end is refused', async () => {
    wire.socket.write(`GET /version HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(100_000)}`)
    await eventually('the connection is closed', () => wire.closed)
    expect(rig.control.proxies()).toEqual([])
  })
})

describe('bodies', () => {
  test('of up to a mebibyte are taken', async () => {
    const padded = OFF.replace('{', `{"x":"${'x'.repeat(1_000_000)}",`)
    expect(await wire.ask('POST /proxies', [], padded)).toMatchObject({ status: 201 })
  })

  test.each([2 ** 20 + 1, 10 * 2 ** 20])('of %i bytes are refused, and the connection is still good', async (size) => {
    const { status, body } = await wire.ask('POST /proxies', [], Buffer.alloc(size, ' '))
    expect([status, JSON.parse(body)]).toEqual([
      413,
      { error: 'the request body is larger than 1048576 bytes', status: 413 },
    ])
    expect(await wire.ask('GET /proxies')).toMatchObject({ status: 200, body: '{}' })
  })

  test('that do not end are given up', async () => {
    wire.socket.write('POST /proxies HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{')
    const { status, body } = await wire.answer()
    expect([status, JSON.parse(body).error]).toEqual([400, 'bad request body: the body did not arrive within 200 ms'])
    await eventually('the connection is closed', () => wire.closed)
  })

  test('that break off do no harm', async () => {
    wire.socket.end('POST /proxies HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{')
    await eventually('the connection is closed', () => wire.socket.destroyed)
    const [entry] = await eventually('it is reported', () => reported.length > 0 && reported)
    expect(entry).toMatchObject({ method: 'POST', remote: expect.stringMatching(/^127\.0\.0\.1:\d+$/) })
    using next = await WireClient.connect(rig.port)
    expect(await next.ask('GET /proxies')).toMatchObject({ body: '{}' })
  })

  test('may come in chunks', async () => {
    const [a, b] = [OFF.slice(0, 10), OFF.slice(10)]
    wire.socket.write('POST /proxies HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n')
    wire.socket.write(`${a.length.toString(16)}\r\n${a}\r\n${b.length.toString(16)}\r\n${b}\r\n0\r\n\r\n`)
    expect(await wire.answer()).toMatchObject({ status: 201 })
  })

  test('with bad UTF-8 are read, and what is written back is good', async () => {
    const body = Buffer.concat([
      Buffer.from('{"upstream":"u:1","enabled":false,"name":"a'),
      Buffer.from([0xff, 0xc3]),
      Buffer.from('"}'),
    ])
    expect((await wire.ask('POST /proxies', [], body)).body).toContain('"name":"a\uFFFD\uFFFD"')
    expect(await wire.ask('GET /proxies/a%EF%BF%BD%EF%BF%BD')).toMatchObject({ status: 200 })
  })

  test('nested without end are refused', async () => {
    const { status, body } = await wire.ask('POST /populate', [], '['.repeat(1_000_000))
    expect([status, JSON.parse(body).error]).toEqual([400, 'bad request body: exceeded max depth'])
  })
})
