import { describe, expect, test } from 'vitest'
import { crc32c } from '../../../../src/protocols/proxy-protocol/crc32c.ts'
import { MAX_HEADER_BYTES, proxyHeader, readProxyHeader } from '../../../../src/protocols/proxy-protocol/header.ts'

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n')

/** Of version 2, from what is behind the signature, in hex; the length is counted. */
function v2(versionAndCommand: string, kind: string, rest = ''): Buffer {
  const length = (rest.length / 2).toString(16).padStart(4, '0')
  return Buffer.concat([SIGNATURE, Buffer.from(`${versionAndCommand}${kind}${length}${rest}`, 'hex')])
}

const bytesOf = (header: string | Buffer): Buffer => (typeof header === 'string' ? Buffer.from(header) : header)
const at = (address: string, port: number) => ({ address, port })

const V4 = '0102030405060708123400ff'
const FROM_V4 = { source: at('1.2.3.4', 0x1234), destination: at('5.6.7.8', 255) }
const V6 = `20010db8000000000000000000000001${'fe80'.padEnd(31, '0')}2123400ff`
const FROM_V6 = { source: at('2001:db8::1', 0x1234), destination: at('fe80::2', 255) }
const NOBODY = { source: undefined, destination: undefined }
const path = (text: string): string => Buffer.from(text).toString('hex').padEnd(216, '0')

/** A header of TCP over IPv4 with these fields, and a right checksum. */
function withChecksum(before: string, after: string): Buffer {
  const header = v2('21', '11', `${V4}${before}03000400000000${after}`)
  header.writeUInt32BE(crc32c(header), 16 + (V4.length + before.length) / 2 + 3)
  return header
}

describe('a header', () => {
  test.each<[string, string | Buffer, object]>([
    ['v1', 'PROXY TCP4 1.2.3.4 5.6.7.8 4660 255\r\n', FROM_V4],
    ['v1', 'PROXY TCP6 2001:DB8:0:0:0:0:0:1 fe80::2 4660 255\r\n', FROM_V6],
    ['v1', 'PROXY TCP6 ::ffff:1.2.3.4 ::ffff:506:708 4660 255\r\n', FROM_V4],
    [
      'v1',
      'PROXY TCP4 0.0.0.0 255.255.255.255 0 65535\r\n',
      { source: at('0.0.0.0', 0), destination: at('255.255.255.255', 65_535) },
    ],
    ['v1', 'PROXY UNKNOWN\r\n', NOBODY],
    ['v1', `PROXY UNKNOWN ${'ffff:'.repeat(7)}ffff ${'ffff:'.repeat(7)}ffff 65535 65535\r\n`, NOBODY],
    ['v1', 'PROXY UNKNOWN whatever\tthere is\r\n', NOBODY],
    ['v2', v2('21', '11', V4), FROM_V4],
    ['v2', v2('21', '12', V4), FROM_V4],
    ['v2', v2('21', '21', V6), FROM_V6],
    ['v2', v2('21', '21', `${'ffff01020304'.padStart(32, '0')}${'ffff05060708'.padStart(32, '0')}123400ff`), FROM_V4],
    [
      'v2',
      v2('21', '31', path('/run/a.sock') + path('/run/b')),
      { source: at('unix:/run/a.sock', 0), destination: at('unix:/run/b', 0) },
    ],
    ['v2', v2('21', '31', path('') + path('\0name')), { source: at('unix', 0), destination: at('unix:@name', 0) }],
    // A file whose name begins as that of an abstract one would.
    [
      'v2',
      v2('21', '31', path('@name') + path('/x')),
      { source: at('unix:./@name', 0), destination: at('unix:/x', 0) },
    ],
    // Names that are no UTF-8: what stands behind a name is none of it.
    [
      'v2',
      v2('21', '31', 'ff2f78'.padEnd(216, '0') + '00c3'.padEnd(216, '0')),
      { source: at('unix', 0), destination: at('unix', 0) },
    ],
    [
      'v2',
      v2('21', '31', '2f7800ff'.padEnd(216, '0') + '00c3a9'.padEnd(216, '0')),
      { source: at('unix:/x', 0), destination: at('unix:@é', 0) },
    ],
    [
      'v2',
      v2('21', '31', path('x'.repeat(108)) + path('')),
      { source: at(`unix:${'x'.repeat(108)}`, 0), destination: at('unix', 0) },
    ],
    ['v2', v2('20', '00'), NOBODY],
    ['v2', v2('20', '11', V4), NOBODY],
    ['v2', v2('20', '99', 'abcdef'), NOBODY],
    ['v2', v2('21', '00'), NOBODY],
    ['v2', v2('21', '00', 'abcdef'), NOBODY],
    ['v2', v2('21', '10', 'abcdef'), NOBODY],
    ['v2', v2('21', '01', V4), NOBODY],
    ['v2', v2('21', '11', `${V4}0400000500026964ea0003616263`), FROM_V4],
    ['v2', withChecksum('', ''), FROM_V4],
    ['v2', withChecksum('0400020000', '02000161'), FROM_V4],
    ['v2', v2('21', '11', `${V4}04${(16_384 - 15).toString(16).padStart(4, '0')}${'00'.repeat(16_384 - 15)}`), FROM_V4],
  ])('%s %j', (version, header, ends) => {
    const bytes = bytesOf(header)
    const cuts = Array.from(bytes, (_, length) => JSON.stringify(readProxyHeader(bytes.subarray(0, length))))
    expect([...new Set(cuts)]).toEqual(['{"kind":"more"}'])
    for (const behind of ['', 'GET / HTTP/1.1\r\n', '\r\n']) {
      const all = Buffer.concat([bytes, Buffer.from(behind)])
      expect(readProxyHeader(all)).toEqual({ kind: 'header', version, length: bytes.length, ...ends })
    }
  })

  const ENDS = 'its line does not end'
  test.each<[string | Buffer, string]>([
    ['GET / HTTP/1.1\r\n', 'there is none: the connection begins with what looks like an HTTP request'],
    ['\x16\x03\x01', 'there is none: the connection begins with what looks like a TLS handshake'],
    ['x', 'there is none'],
    ['PROXYTCP4', 'there is none'],
    ['proxy TCP4', 'there is none'],
    ['\r\n\r\n\r', 'there is none'],
    ['PROXY TCP4 1.2.3.4 5.6.7.8 1 2\n', `${ENDS} with CR and LF`],
    ['PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\r\n', `${ENDS} with CR and LF`],
    [`PROXY UNKNOWN ${'x'.repeat(92)}\r\n`, `${ENDS} within 107 bytes`],
    [`PROXY ${'x'.repeat(101)}`, `${ENDS} within 107 bytes`],
    [`PROXY ${'x'.repeat(100)}\r`, `${ENDS} within 107 bytes`],
    ['PROXY \r\n', 'neither TCP4, TCP6 nor UNKNOWN'],
    ['PROXY UDP4 1.2.3.4 5.6.7.8 1 2\r\n', 'neither TCP4, TCP6 nor UNKNOWN'],
    ['PROXY TCP4\r\n', 'has not two IPv4 addresses and two ports behind TCP4'],
    ['PROXY TCP4 1.2.3.4 5.6.7.8 1 2 3\r\n', 'has not two IPv4 addresses'],
    ['PROXY TCP4 1.2.3.4  5.6.7.8 1 2\r\n', 'has not two IPv4 addresses'],
    ['PROXY TCP4 ::1 ::2 1 2\r\n', 'has not two IPv4 addresses'],
    ['PROXY TCP6 1.2.3.4 5.6.7.8 1 2\r\n', 'has not two IPv6 addresses'],
    ['PROXY TCP4 1.2.3.04 5.6.7.8 1 2\r\n', 'has not two IPv4 addresses'],
    ['PROXY TCP4 1.2.3.4 5.6.7.8 01 2\r\n', 'has not two IPv4 addresses'],
    ['PROXY TCP4 1.2.3.4 5.6.7.8 1 65536\r\n', 'has not two IPv4 addresses'],
    ['PROXY TCP4 1.2.3.4 5.6.7.8 1 +2\r\n', 'has not two IPv4 addresses'],
    [v2('11', '11', V4), 'it says version 1, of 2'],
    [v2('31', '11', V4), 'it says version 3, of 2'],
    [v2('22', '11', V4), 'its command is 2, of 0 (LOCAL) and 1 (PROXY)'],
    [v2('21', '41', V4), 'its address family or transport'],
    [v2('21', '13', V4), 'its address family or transport'],
    [v2('21', '11', V4.slice(2)), 'it is too short for its addresses'],
    [v2('21', '21', V4), 'it is too short for its addresses'],
    [v2('21', '31', path('')), 'it is too short for its addresses'],
    [v2('21', '11', `${V4}04`), 'a field behind its addresses is cut'],
    [v2('21', '11', `${V4}0400`), 'a field behind its addresses is cut'],
    [v2('21', '11', `${V4}04000161ea0003ffff`), 'a field behind its addresses is cut'],
    [v2('21', '11', `${V4}0300020000`), 'its checksum has 2 bytes, of 4'],
    [v2('21', '11', `${V4}03000400000000`), 'its checksum does not fit'],
    [
      Buffer.concat([SIGNATURE, Buffer.from('21114001', 'hex')]),
      'it has 16385 bytes behind its first 16, of at most 16384',
    ],
  ])('%j is none', (header, text) => {
    const reading = readProxyHeader(bytesOf(header))
    expect(reading).toEqual({ kind: 'bad', text: expect.stringContaining(text) as string })
  })

  test('is found wrong as soon as it is', () => {
    expect(readProxyHeader(Buffer.from('PROX')).kind).toBe('more')
    expect(readProxyHeader(Buffer.from('PROX ')).kind).toBe('bad')
    expect(readProxyHeader(SIGNATURE).kind).toBe('more')
    expect(readProxyHeader(Buffer.concat([SIGNATURE, Buffer.from([0x10])])).kind).toBe('bad')
    expect(MAX_HEADER_BYTES).toBe(16 + 16_384)
  })

  test('whose checksum is right is none with any bit of it changed', () => {
    const header = withChecksum('0400020000', '02000161')
    for (let bit = 16 * 8; bit < header.length * 8; bit++) {
      const changed = Buffer.from(header)
      changed.writeUInt8((changed[bit >> 3] ?? 0) ^ (1 << (bit & 7)), bit >> 3)
      // Where the type of the checksum was changed there is none to check.
      const checked = changed[16 + V4.length / 2 + 5] === 0x03
      expect(readProxyHeader(changed).kind).toBe(checked ? 'bad' : 'header')
    }
  })
})

describe('what is written', () => {
  const v4 = at('1.2.3.4', 4660)
  const v6 = at('fe80::2', 255)

  test.each([
    [v4, at('5.6.7.8', 255), 'TCP4 1.2.3.4 5.6.7.8 4660 255'],
    [at('::ffff:1.2.3.4', 4660), at('::FFFF:5.6.7.8', 255), 'TCP4 1.2.3.4 5.6.7.8 4660 255'],
    [at('2001:DB8:0:0::1', 1), v6, 'TCP6 2001:db8::1 fe80::2 1 255'],
    [at('fe80::1%eth0', 1), v6, 'TCP6 fe80::1 fe80::2 1 255'],
    [v4, v6, 'TCP6 ::ffff:102:304 fe80::2 4660 255'],
    [at('unix', 0), at('unix:/run/x', 0), 'UNKNOWN'],
    [at('unix', 0), v4, 'UNKNOWN'],
    [undefined, v4, 'UNKNOWN'],
    [v4, undefined, 'UNKNOWN'],
    [at('localhost', 1), v4, 'UNKNOWN'],
    [at('1.2.3.4', 65_536), v4, 'UNKNOWN'],
    [at('1.2.3.4', 1.5), v4, 'UNKNOWN'],
    [at('1.2.3.4', Number.NaN), v4, 'UNKNOWN'],
    [at('1.2.3.4\r\nX: ', 1), v4, 'UNKNOWN'],
  ])('v1 from %j to %j', (source, destination, line) => {
    expect(proxyHeader('v1', source, destination).toString()).toBe(`PROXY ${line}\r\n`)
  })

  test.each([
    [v4, at('5.6.7.8', 255), v2('21', '11', V4)],
    [at('2001:db8::1', 4660), v6, v2('21', '21', V6)],
    [v4, v6, v2('21', '21', `${'ffff01020304'.padStart(32, '0')}${'fe80'.padEnd(31, '0')}2123400ff`)],
    [at('unix', 0), at('unix:/run/x', 0), v2('21', '31', path('') + path('/run/x'))],
    [at('unix:@name', 0), at('unix:', 0), v2('21', '31', path('\0name') + path(''))],
    [at(`unix:/${'x'.repeat(108)}`, 0), at('unix:/run/x', 0), v2('21', '31', path('') + path('/run/x'))],
    [at('unix', 0), v4, v2('20', '00')],
    [undefined, undefined, v2('20', '00')],
    [at('', 0), v4, v2('20', '00')],
  ])('v2 from %j to %j', (source, destination, header) => {
    expect(proxyHeader('v2', source, destination)).toEqual(header)
  })
})
