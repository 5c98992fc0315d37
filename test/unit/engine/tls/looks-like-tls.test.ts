import { expect, test } from 'vitest'
import { looksLikeTls } from '../../../../src/engine/tls/looks-like-tls.ts'

test.each([
  ['160301', true],
  ['1603', true],
  ['15030300020228', true],
  ['1703030000', false],
  ['1602', false],
  ['16', false],
  ['', false],
  [Buffer.from('HTTP/1.1 400').toString('hex'), false],
])('%s: %s', (hex, is) => {
  expect(looksLikeTls(Buffer.from(hex, 'hex'))).toBe(is)
})
