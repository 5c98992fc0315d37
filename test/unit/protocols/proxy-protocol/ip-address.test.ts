import { isIP } from 'node:net'
import { describe, expect, test } from 'vitest'
import { crc32c } from '../../../../src/protocols/proxy-protocol/crc32c.ts'
import { formatIp, mapped, parseIp, unmapped } from '../../../../src/protocols/proxy-protocol/ip-address.ts'

function hex(text: string): string | undefined {
  return parseIp(text)?.toString('hex')
}

describe('addresses', () => {
  test.each([
    ['1.2.3.4', '01020304', '1.2.3.4'],
    ['255.255.255.255', 'ffffffff', '255.255.255.255'],
    ['::', '00000000000000000000000000000000', '::'],
    ['::1', '00000000000000000000000000000001', '::1'],
    ['1::', '00010000000000000000000000000000', '1::'],
    ['2001:DB8::0008:800:200C:417A', '20010db80000000000080800200c417a', '2001:db8::8:800:200c:417a'],
    ['1:0:0:2:0:0:0:3', '00010000000000020000000000000003', '1:0:0:2::3'],
    ['1:0:0:2:3:0:0:4', '00010000000000020003000000000004', '1::2:3:0:0:4'],
    ['1:0:2:3:4:5:6:7', '00010000000200030004000500060007', '1:0:2:3:4:5:6:7'],
    ['::ffff:1.2.3.4', '00000000000000000000ffff01020304', '::ffff:102:304'],
    ['1:2:3:4:5:6:7.8.9.10', '0001000200030004000500060708090a', '1:2:3:4:5:6:708:90a'],
    ['1:2:3:4:5:6:7::', '00010002000300040005000600070000', '1:2:3:4:5:6:7:0'],
  ])('%s', (text, bytes, shown) => {
    expect(hex(text)).toBe(bytes)
    expect(formatIp(Buffer.from(bytes, 'hex'))).toBe(shown)
  })

  test.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.4 ',
    '1.2.3.-4',
    '0x1.2.3.4',
    'localhost',
    ':',
    ':::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4::5:6:7:8',
    '::1::',
    '1:',
    ':1',
    '12345::',
    'g::',
    '::1%eth0',
    '[::1]',
    '1.2.3.4::',
    '::1.2.3',
    '1:2:3:4:5:6:7:1.2.3.4',
    `::${'0'.repeat(100)}`,
  ])('%j is none', (text) => {
    expect(hex(text)).toBeUndefined()
    // Node takes a zone for a part of the address.
    expect(isIP(text.replace('%eth0', 'x'))).toBe(0)
  })

  test('of IPv4 within IPv6 are those of IPv4', () => {
    const v4 = Buffer.from([1, 2, 3, 4])
    const v6 = Buffer.from('20010db8000000000000ffff01020304', 'hex')
    expect(mapped(v4).toString('hex')).toBe('00000000000000000000ffff01020304')
    expect(unmapped(mapped(v4))).toEqual(v4)
    expect(unmapped(v6)).toBe(v6)
    expect(mapped(v6)).toBe(v6)
    expect(unmapped(v4)).toBe(v4)
  })
})

test('CRC32c, by the values of RFC 3720, appendix B.4', () => {
  const rising = Buffer.from(Array.from({ length: 32 }, (_, index) => index))
  expect(crc32c(Buffer.alloc(32)).toString(16)).toBe('8a9136aa')
  expect(crc32c(Buffer.alloc(32, 0xff)).toString(16)).toBe('62a8ab43')
  expect(crc32c(rising).toString(16)).toBe('46dd794e')
  expect(crc32c(rising.subarray(0, 7), Buffer.alloc(0), rising.subarray(7)).toString(16)).toBe('46dd794e')
  expect(crc32c(Buffer.from('123456789')).toString(16)).toBe('e3069283')
})
