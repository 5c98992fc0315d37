import { spawn } from 'node:child_process'
import { connect, type ConnectionOptions } from 'node:tls'
import { describe, expect, test } from 'vitest'
import { MAX_HELLO_BYTES, readClientHello } from '../../../../src/protocols/tls/client-hello.ts'
import { firstRecord, helloMessage, inRecords, type HelloParts } from '../../../support/hello-bytes.ts'
import { ServerProgram } from '../../../support/servers.ts'

function fromNode(options: ConnectionOptions): Promise<Buffer> {
  return firstRecord((port) => {
    const socket = connect({ ...options, port, host: '127.0.0.1' })
    socket.on('error', () => {})
    return () => socket.destroy()
  })
}

function fromProgram(program: ServerProgram, args: (port: number) => readonly string[]): Promise<Buffer> {
  return firstRecord((port) => {
    const child = spawn(program.path, args(port), { stdio: ['pipe', 'ignore', 'ignore'] })
    return () => child.kill('SIGKILL')
  })
}

function textOf(bytes: Buffer): string {
  const reading = readClientHello(bytes)
  return reading.kind === 'not_tls' ? reading.text : reading.kind
}

const written = (parts: HelloParts): Buffer => inRecords(helloMessage(parts))

const BEHIND = ['', '\x14\x03\x03\0\x01\x01', 'anything']

/** How the bytes are read cut at every byte (each answer once), and whole, with nothing and with something behind them. */
function readings(bytes: Buffer): { readonly cut: readonly string[]; readonly whole: readonly unknown[] } {
  const cut = Array.from(bytes, (_, length) => JSON.stringify(readClientHello(bytes.subarray(0, length))))
  const whole = BEHIND.map((text) => readClientHello(Buffer.concat([bytes, Buffer.from(text)])))
  return { cut: [...new Set(cut)], whole }
}

/** As those of one hello, of which nothing is known before it is whole. */
function allOf(bytes: Buffer, hello: unknown): unknown {
  return { cut: ['{"kind":"more"}'], whole: BEHIND.map(() => ({ kind: 'hello', hello, length: bytes.length })) }
}

describe('the hello of Node', () => {
  test.each<[ConnectionOptions, { servername?: string; alpn?: string[]; version?: number }]>([
    [{}, {}],
    [{ servername: 'Example.COM' }, { servername: 'example.com' }],
    [
      { servername: 'a.example', ALPNProtocols: ['h2', 'http/1.1'] },
      { servername: 'a.example', alpn: ['h2', 'http/1.1'] },
    ],
    [{ maxVersion: 'TLSv1.2' }, { version: 0x0303 }],
    [{ minVersion: 'TLSv1.3' }, { version: 0x0304 }],
    [{ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }, { version: 0x0302 }],
  ])('%j', async (options, { servername, alpn = [], version = 0x0304 }) => {
    const bytes = await fromNode(options)
    expect(readings(bytes)).toEqual(allOf(bytes, { servername, alpn, version }))
  })
})

const openssl = new ServerProgram('openssl', 'openssl')
describe.skipIf(openssl.missing)(`the hello of openssl s_client${openssl.note}`, () => {
  test.each([
    [['-servername', 'db.internal'], { servername: 'db.internal', alpn: [], version: 0x0304 }],
    [
      ['-noservername', '-tls1_2', '-alpn', 'postgresql'],
      { servername: undefined, alpn: ['postgresql'], version: 0x0303 },
    ],
  ])('%j', async (args, hello) => {
    const bytes = await fromProgram(openssl, (port) => ['s_client', '-connect', `127.0.0.1:${port}`, ...args])
    expect(readings(bytes)).toEqual(allOf(bytes, hello))
  })
})

const curl = new ServerProgram('curl', 'curl')
describe.skipIf(curl.missing)(`the hello of curl${curl.note}`, () => {
  test('has the name of the URL and its protocols', async () => {
    const bytes = await fromProgram(curl, (port) => [
      '-sk',
      '--http1.1',
      '--resolve',
      `shop.example:${port}:127.0.0.1`,
      `https://shop.example:${port}/`,
    ])
    expect(readings(bytes)).toEqual(allOf(bytes, { servername: 'shop.example', alpn: ['http/1.1'], version: 0x0304 }))
  })
})

describe('a hello over several records', () => {
  const parts = { servernames: ['split.example'], alpn: ['h2'], versions: [0x0304, 0x0303] }
  const hello = { servername: 'split.example', alpn: ['h2'], version: 0x0304 }

  test.each([[[5]], [[1, 1, 1, 1, 100]], [[3, 7]], [[60]]])('of %j bytes', (sizes) => {
    const bytes = inRecords(helloMessage(parts), sizes)
    expect(readings(bytes)).toEqual(allOf(bytes, hello))
  })

  test('in more pieces than any client makes of it', () => {
    const bytes = inRecords(helloMessage(parts), [1])
    expect(textOf(bytes)).toBe('it does not speak TLS: its hello is in more than 64 pieces')
    expect(textOf(bytes.subarray(0, 64 * 6))).toBe('it does not speak TLS: its hello is in more than 64 pieces')
    expect(textOf(bytes.subarray(0, 64 * 6 - 1))).toBe('more')
  })

  test('with something else between them', () => {
    const message = helloMessage(parts)
    const first = inRecords(message.subarray(0, 50))
    const alert = Buffer.from([0x15, 3, 3, 0, 2, 2, 40])
    expect(textOf(Buffer.concat([first, alert]))).toBe('it does not speak TLS: something else comes amid its hello')
  })

  test('ends where its last byte is, whatever shares its record', () => {
    const message = helloMessage(parts)
    const record = inRecords(Buffer.concat([message, Buffer.from('more of the record')]))
    expect(readClientHello(record)).toEqual({ kind: 'hello', hello, length: 5 + message.length })
    expect(readClientHello(record.subarray(0, 5 + message.length)).kind).toBe('hello')
  })
})

describe('what a hello says', () => {
  const grease = Array.from({ length: 16 }, (_, index) => index * 0x1010 + 0x0a0a)

  test.each<[string, HelloParts, { servername?: string; alpn?: string[]; version?: number }]>([
    ['nothing, before there were extensions', { bare: true, legacyVersion: 0x0301 }, { version: 0x0301 }],
    ['nothing, in an empty list of extensions', {}, {}],
    ['the newest version, wherever it stands', { versions: [0x0302, 0x0304, 0x0303] }, { version: 0x0304 }],
    ['versions count and the old field does not', { legacyVersion: 0x0303, versions: [0x0302] }, { version: 0x0302 }],
    [
      'the old field does not count, whatever it says',
      { legacyVersion: 0xfc03, versions: [0x0304] },
      { version: 0x0304 },
    ],
    ['a version that is still to come', { versions: [0x0305, 0x0304] }, { version: 0x0305 }],
    ['GREASE among versions', { versions: [...grease, 0x0303] }, { version: 0x0303 }],
    ['a draft among versions', { versions: [0x7f1c, 0x0303] }, { version: 0x0303 }],
    ['GREASE among extensions', { extensions: grease.map((type) => [type, Buffer.alloc(type % 3)]) }, {}],
    ['GREASE among protocols', { alpn: [Buffer.from('zz'), 'h2', Buffer.from([0xfa, 0xfa])] }, { alpn: ['h2'] }],
    ['protocols that look nearly like it', { alpn: ['h2', 'aa', 'zzz', 'z'] }, { alpn: ['h2', 'aa', 'zzz', 'z'] }],
    ['a name in capitals', { servernames: ['WWW.Example.Org'] }, { servername: 'www.example.org' }],
    ['a name of 255 characters', { servernames: ['x'.repeat(255)] }, { servername: 'x'.repeat(255) }],
  ])('%s', (_, parts, { servername, alpn = [], version = 0x0303 }) => {
    const bytes = written(parts)
    expect(readings(bytes)).toEqual(allOf(bytes, { servername, alpn, version }))
  })

  const MALFORMED_NAME = 'the server name in its hello is malformed'
  test.each<[string, Buffer, string]>([
    ['two names', written({ servernames: ['a', 'b'] }), MALFORMED_NAME],
    ['a name that is empty', written({ servernames: [''] }), MALFORMED_NAME],
    ['a name of 256 characters', written({ servernames: ['x'.repeat(256)] }), MALFORMED_NAME],
    ['a name with a line end', written({ servernames: ['a\r\nb'] }), MALFORMED_NAME],
    ['a name with a zero', written({ servernames: ['a\0.example'] }), MALFORMED_NAME],
    ['a name that is not ASCII', written({ servernames: ['b\xfccher.example'] }), MALFORMED_NAME],
    ['an empty list of names', written({ extensions: [[0, Buffer.from([0, 0])]] }), MALFORMED_NAME],
    ['a name longer than its list', written({ extensions: [[0, Buffer.from([0, 4, 0, 0, 9, 97])]] }), MALFORMED_NAME],
    ['something behind the names', written({ extensions: [[0, Buffer.from([0, 4, 0, 0, 1, 97, 1])]] }), MALFORMED_NAME],
    ['an empty protocol', written({ alpn: ['h2', ''] }), 'the protocols (ALPN) in its hello are malformed'],
    [
      'no protocols',
      written({ extensions: [[16, Buffer.from([0, 0])]] }),
      'the protocols (ALPN) in its hello are malformed',
    ],
    ['half a version', written({ extensions: [[43, Buffer.from([1, 3])]] }), 'the versions in its hello are malformed'],
    ['versions of nothing', written({ versions: [0x0a0a] }), 'or none of TLS'],
    [
      'an extension twice',
      written({
        extensions: [
          [5, Buffer.alloc(1)],
          [5, Buffer.alloc(1)],
        ],
      }),
      'comes twice',
    ],
    ['a hello that ends early', inRecords(Buffer.from([1, 0, 0, 2, 3, 3])), 'its hello is malformed'],
    ['another version', written({ legacyVersion: 0x0203 }), 'its hello is of no version of TLS'],
    ['another message', inRecords(Buffer.from([2, 0, 0, 2, 3, 3])), 'it begins with another message than a hello'],
    [
      'an endless hello',
      inRecords(Buffer.from([1, 0xff, 0xff, 0xff])),
      'its hello has 16777219 bytes, of at most 16384',
    ],
    ['an empty record', Buffer.from([22, 3, 1, 0, 0]), 'a record of its hello has 0 bytes'],
    ['an endless record', Buffer.from([22, 3, 1, 0xff, 0xff]), 'a record of its hello has 65535 bytes'],
    ['a record of no version', Buffer.from([22, 4]), 'its first record is of no version of TLS'],
  ])('%s is refused', (_, bytes, text) => {
    expect(textOf(bytes)).toContain('it does not speak TLS: ')
    expect(textOf(bytes)).toContain(text)
  })

  test('extensions that are cut are refused, wherever', () => {
    const message = helloMessage({ servernames: ['a.example'], alpn: ['h2'], versions: [0x0304] })
    const readable: number[] = []
    for (let cut = 4; cut < message.length; cut++) {
      const shorter = Buffer.from(message.subarray(0, cut))
      shorter.writeUIntBE(cut - 4, 1, 3)
      const { kind } = readClientHello(inRecords(shorter))
      expect(kind).not.toBe('more')
      if (kind === 'hello') readable.push(cut)
    }
    // Where the list of extensions has not begun: so hellos looked before there were any.
    expect(readable).toEqual([4 + 2 + 32 + 33 + 6 + 2])
  })
})

describe('what is no hello is named', () => {
  test.each([
    ['GET / HTTP/1.1\r\n', 'an HTTP request'],
    ['PRI * HTTP/2.0\r\n\r\n', 'an HTTP request'],
    ['HTTP/1.1 200 OK\r\n', 'an HTTP response'],
    ['SSH-2.0-OpenSSH_9.2\r\n', 'SSH'],
    ['PROXY TCP4 1.2.3.4 ', 'a header of the PROXY protocol'],
    ['\r\n\r\n\0\r\nQUIT\n\x21', 'a header of the PROXY protocol'],
    ['\0\0\0\x08\x04\xd2\x16\x2f', 'PostgreSQL, which asks for TLS in words of its own'],
    ['\x15\x03\x01\0\x02\x02\x28', 'a TLS alert'],
    ['\x80\x2e\x01\x03\x01', 'a hello of SSL 2'],
    ['\0', 'nothing that is known (its first byte is 0x00)'],
    ['secret', 'nothing that is known (its first byte is 0x73)'],
  ])('%j', (text, what) => {
    expect(textOf(Buffer.from(text, 'latin1'))).toBe(`it does not speak TLS: what it sends looks like ${what}`)
  })

  test('at its first byte', () => {
    for (let byte = 0; byte < 256; byte++) {
      expect(readClientHello(Buffer.from([byte])).kind).toBe(byte === 22 ? 'more' : 'not_tls')
    }
  })
})

test('a hello of the greatest length is read, and nobody has to keep more', () => {
  const room = 16_384 - helloMessage({ extensions: [[99, Buffer.alloc(0)]] }).length
  const message = helloMessage({ extensions: [[99, Buffer.alloc(room)]] })
  expect(message).toHaveLength(16_384)
  const bytes = inRecords(message, [256])
  expect(bytes).toHaveLength(MAX_HELLO_BYTES)
  expect(readClientHello(bytes)).toMatchObject({ kind: 'hello', length: MAX_HELLO_BYTES })
  expect(readClientHello(bytes.subarray(0, -1))).toEqual({ kind: 'more' })
})
