import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addressBehindUser, addressInUrl, joinHostPort, parseAddress } from '../../../src/core/address.ts'

describe('addresses that can be read', () => {
  test.each([
    ['127.0.0.1:5432', '127.0.0.1', '5432'],
    ['localhost:redis', 'localhost', 'redis'],
    [':80', '', '80'],
    ['host:', 'host', ''],
    ['[::1]:80', '::1', '80'],
    ['[fe80::1%eth0]:80', 'fe80::1%eth0', '80'],
    ['[]:80', '', '80'],
    ['[name]:80', 'name', '80'],
  ])('%s', (text, host, port) => {
    expect(parseAddress(text)).toEqual({ kind: 'tcp', host, port })
  })

  test('unix:/path, with whatever is in the path', () => {
    expect(parseAddress('unix:/run/a:b [c].sock')).toEqual({ kind: 'unix', path: '/run/a:b [c].sock' })
  })
})

describe('addresses that cannot', () => {
  test.each([
    ['', 'address : missing port in address'],
    ['localhost', 'address localhost: missing port in address'],
    ['::1', 'address ::1: too many colons in address'],
    ['a:b:80', 'address a:b:80: too many colons in address'],
    ['http://x:80', 'address http://x:80: too many colons in address'],
    ['[::1]', 'address [::1]: missing port in address'],
    ['[::1', "address [::1: missing ']' in address"],
    ['[::1]80:', 'address [::1]80:: missing port in address'],
    ['[::1]:80:90', 'address [::1]:80:90: too many colons in address'],
    ['a[b:80', "address a[b:80: unexpected '[' or ']' in address"],
    ['a]:80', "address a]:80: unexpected '[' or ']' in address"],
    ['unix:', 'address unix:: missing path in unix address'],
  ])('%j: %s', (text, why) => {
    expect(parseAddress(text)).toEqual({ kind: 'bad', text: why })
  })
})

const ADDRESS_LIKE = fc.string({
  unit: fc.constantFrom(':', '[', ']', '/', '.', 'a', '1', '%', '@', 'unix:', 'http://'),
})

test('no text makes the reader throw, and a refusal quotes it', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), ADDRESS_LIKE), (text) => {
      const address = parseAddress(text)
      const said = address.kind === 'bad' ? address.text : `address ${text}: fine`
      expect(said.startsWith(`address ${text}: `)).toBe(true)
    }),
  )
})

test('what was read says the same when it is put together again', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain()), fc.nat(65_535), (host, port) => {
      expect(parseAddress(joinHostPort(host, port))).toEqual({ kind: 'tcp', host, port: String(port) })
    }),
  )
})

describe('what to write instead of a URL', () => {
  test.each([
    ['http://127.0.0.1:8080', '127.0.0.1:8080'],
    ['HTTP://example.com/path?a=b', 'example.com:80'],
    ['postgres://user:secret@db/shop', 'db:5432'],
    ['rediss://cache', 'cache:6379'],
    // A suggestion is shown and logged: an unescaped slash must not bring half a password into it.
    ['postgres://user:pa/ss@db:5433/shop', 'db:5433'],
    ['http://[::1]:80/', '[::1]:80'],
    ['gopher://hole', 'hole'],
  ])('%s → %s', (url, address) => {
    expect(addressInUrl(url)).toBe(address)
  })

  test.each(['localhost:80', 'unix:/run/x', '', '://x', '1http://x'])('%j is no URL', (text) => {
    expect(addressInUrl(text)).toBeUndefined()
  })

  test('nothing in front of an @ gets into it, whatever the text is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), ADDRESS_LIKE), (text) => {
        const suggestions = [addressInUrl(text), addressBehindUser(text), addressInUrl(`http://${text}`)]
        for (const suggestion of suggestions) expect(suggestion ?? '').not.toContain('@')
      }),
    )
  })
})

describe('what to write instead of an address with a user in front', () => {
  test.each([
    ['user:secret@127.0.0.1:5432', '127.0.0.1:5432'],
    ['user@db:5432/shop?ssl=1', 'db:5432'],
    ['user:p@ss/w#rd@[::1]:80', '[::1]:80'],
    ['user:two\nlines@db:1', 'db:1'],
    ['user@', ''],
  ])('%j → %s', (text, address) => {
    expect(addressBehindUser(text)).toBe(address)
  })

  test.each(['localhost:80', 'unix:/run/me@here.sock', '', '127.0.0.1:5432/x'])('%j has none', (text) => {
    expect(addressBehindUser(text)).toBeUndefined()
  })
})
