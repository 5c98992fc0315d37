import { describe, expect, test } from 'vitest'
import { get, httpFault, HttpRig, ok, request } from '../../../support/http-rig.ts'
import { eventually } from '../../../support/wait.ts'

const HELLO = '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'

const BAD_REQUESTS: readonly (readonly [rule: string, status: number, text: string])[] = [
  [
    'length_and_transfer_encoding',
    400,
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n',
  ],
  [
    'repeated_content_length',
    400,
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n123456',
  ],
  ['space_before_colon', 400, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\n12345'],
  ['obs_fold', 400, 'GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n'],
  ['bare_lf', 400, 'GET / HTTP/1.1\nHost: a\n\n'],
  ['missing_host', 400, 'GET / HTTP/1.1\r\n\r\n'],
  ['bad_version', 505, 'GET / HTTP/3.0\r\nHost: a\r\n\r\n'],
  ['http2', 505, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['unsupported_transfer_encoding', 501, 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n'],
  ['head_too_large', 431, `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`],
  ['target_too_long', 414, `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: a\r\n\r\n`],
  ['too_many_headers', 431, `GET / HTTP/1.1\r\nHost: a\r\n${'X: 1\r\n'.repeat(128)}\r\n`],
  ['tls', 400, HELLO],
]

describe('a request that is refused', () => {
  test.each(BAD_REQUESTS)('%s: %i, and nobody hears of it', async (rule, status, text) => {
    await using rig = await HttpRig.start()
    const client = await rig.client()
    client.write(Buffer.from(text, 'latin1'))
    expect(await client.ending()).toBe('FIN')
    expect(client.text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(client.text).toContain('X-Foulweather-Origin: proxy\r\n')
    expect(client.text.includes('This is TLS where HTTP without TLS is spoken')).toBe(rule === 'tls')
    await rig.logged(`- - ${status} proxy:${rule}`)
    client.end()
    await rig.rig.allEnded()
    expect(rig.upstream.peers).toHaveLength(0)
    expect(rig.rig.plane.snapshot().proxies[0]?.http?.refused.client).toEqual({ [rule]: 1 })
    expect(await rig.rig.ending()).toBe('proxy:bad_request')
  })

  test('behind a good one: that is answered first', async () => {
    await using rig = await HttpRig.start()
    const { client, server } = await rig.sends(`${get('/good')}GET / HTTP/1.1\r\n\r\n`, get('/good'))
    server.write(ok())
    expect(await client.ending()).toBe('FIN')
    expect(client.text).toMatch(/^HTTP\/1\.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP\/1\.1 400 /)
    expect(server.text).toBe(get('/good'))
    client.end()
    await rig.rig.allEnded()
  })

  test('in its body: 400 too, if nothing has been answered yet', async () => {
    await using rig = await HttpRig.start()
    const head = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n'
    const { client, server } = await rig.sends(`${head}3\r\nabc\r\n`)
    client.write('xyz\r\n')
    expect(await client.ending()).toBe('FIN')
    expect(client.text).toMatch(/^HTTP\/1\.1 400 /)
    client.end()
    expect(await server.ending()).toBe('FIN')
    expect(server.text).not.toContain('xyz')
    await rig.logged('POST / 400 proxy:bad_chunk_size')
  })

  test('the answer arrives although the client goes on sending', async () => {
    await using rig = await HttpRig.start()
    const client = await rig.client()
    client.write('POST / HTTP/1.1\r\nContent-Length: 4000000\r\n\r\n')
    client.write(Buffer.alloc(4_000_000))
    expect(await client.ending()).toBe('FIN')
    expect(client.text).toMatch(/^HTTP\/1\.1 400 /)
    expect(client.error).toBeUndefined()
    client.end()
    await rig.rig.allEnded()
  })

  test('limits of heads are options', async () => {
    await using rig = await HttpRig.start({ http: { maxHead: 100, maxHeaders: 3 } })
    for (const text of [get('/', 'X: 1', 'Y: 2', 'Z: 3'), get('/', `X: ${'x'.repeat(100)}`)]) {
      const client = await rig.client()
      client.write(text)
      expect(await client.ending()).toBe('FIN')
      expect(client.text).toMatch(/^HTTP\/1\.1 431 /)
    }
  })
})

const BAD_RESPONSES: readonly (readonly [rule: string, text: string])[] = [
  ['length_and_transfer_encoding', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ['repeated_content_length', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n'],
  ['bad_status_line', '220 mail.example.test ESMTP\r\n'],
  ['bare_lf', 'HTTP/1.1 200 OK\nContent-Length: 0\n\n'],
  ['tls', '\x15\x03\x01\x00\x02\x02\x16'],
]

describe.each([
  ['', []],
  [' with a fault on it', [httpFault('http_latency', { latency: 0 })]],
] as const)('a response that is refused%s', (_with, faults) => {
  test.each(BAD_RESPONSES)('%s: 502', async (rule, text) => {
    await using rig = await HttpRig.start({ faults })
    const { client, server } = await rig.sends(get())
    server.write(Buffer.from(text, 'latin1'))
    expect(await client.ending()).toBe('FIN')
    expect(client.text).toMatch(/^HTTP\/1\.1 502 Bad Gateway\r\n/)
    expect(client.text).toContain('the response of the upstream cannot be passed on')
    await rig.logged(`GET / 502 proxy:${rule}`)
    expect(rig.rig.plane.snapshot().proxies[0]?.http?.refused.upstream).toEqual({ [rule]: 1 })
    client.end()
    server.end()
    await rig.rig.allEnded()
    expect(await rig.rig.ending()).toBe('proxy:bad_response')
  })
})

describe('a response', () => {
  test('that is refused in its body cuts the connection', async () => {
    await using rig = await HttpRig.start()
    const { client, server } = await rig.sends(get())
    const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n'
    server.write(head)
    await client.reads(head)
    server.write('what')
    await client.ending()
    expect(client.text).toBe(head)
    await rig.logged('GET / 200 proxy:bad_chunk_size')
  })

  test('that nobody has asked for ends the session, and is not passed on', async () => {
    await using rig = await HttpRig.start()
    const { client, server } = await rig.sends(get())
    server.write(ok('1') + ok('2'))
    await client.ending()
    expect(client.text).toBe(ok('1'))
    client.end()
    await rig.rig.allEnded()
    expect(await rig.rig.ending()).toBe('proxy:bad_response')
    await rig.logged('GET / 200 upstream:answered')
  })
})

describe('lenient', () => {
  test.each(BAD_REQUESTS)('%s is passed on as bytes', async (rule, _status, text) => {
    await using rig = await HttpRig.start({ http: { lenient: true } })
    const { client, server } = await rig.sends(text)
    server.write('whatever')
    await client.reads('whatever')
    client.write('more')
    await server.reads(`${text}more`)
    expect(rig.rig.plane.snapshot().proxies[0]?.http?.refused.client).toEqual({ [rule]: 1 })
    await rig.logged('- - - upstream:relayed')
  })

  test.each(BAD_RESPONSES)('%s of an upstream, too', async (_rule, text) => {
    await using rig = await HttpRig.start({ http: { lenient: true } })
    const { client, server } = await rig.sends(get())
    server.write(Buffer.from(`${text}and more`, 'latin1'))
    await client.reads(`${text}and more`)
    await rig.logged('GET / - upstream:relayed')
    expect(client.error).toBeUndefined()
  })

  test('a broken body of a request behind its beginning', async () => {
    await using rig = await HttpRig.start({ http: { lenient: true } })
    const text = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nxyz\r\n'
    const { client, server } = await rig.sends(text)
    server.write(ok())
    await client.reads(ok())
    expect(client.error).toBeUndefined()
  })

  test('an upstream that cannot be connected to ends the session', async () => {
    await using rig = await HttpRig.start({
      http: { lenient: true },
      faults: [httpFault('connect_delay', { delay: '1h' }, { direction: 'both' })],
    })
    const client = await rig.client()
    client.write('HELO\r\n')
    await eventually('it dials', () => rig.log.length === 1)
    rig.advance(5000)
    expect(await client.ending()).toBe('FIN')
    expect(client.text).toBe('')
    client.end()
    await rig.rig.allEnded()
  })
})

test('a good request may have empty lines in front', async () => {
  await using rig = await HttpRig.start()
  const { client, server } = await rig.sends(`\r\n${request('POST', '/', 'body')}`, request('POST', '/', 'body'))
  server.write(ok())
  await client.reads(ok())
  expect(client.error).toBeUndefined()
})
