import { expect, test } from 'vitest'
import { clientMatch } from '../../../src/engine/client-match.ts'

test.each([
  ['10.0.0.0/8', '10.9.8.7:51000', true],
  ['10.0.0.0/8', '11.0.0.1:51000', false],
  ['192.168.1.7', '192.168.1.7:80', true],
  ['192.168.1.7', '192.168.1.8:80', false],
  ['10.0.0.0/8', '[::ffff:10.1.2.3]:51000', true],
  ['fd00::/8', '[fd12::1]:51000', true],
  ['fd00::/8', '[fe80::1]:51000', false],
  ['::1', '[::1]:51000', true],
  ['0.0.0.0/0', '[::1]:51000', false],
  ['0.0.0.0/0', '8.8.8.8:1', true],
  ['0.0.0.0/0', 'unix', false],
  ['0.0.0.0/0', 'unknown', false],
])('%s holds %s: %s', (network, client, held) => {
  expect(clientMatch([network])(client)).toBe(held)
  expect(clientMatch(['203.0.113.0/24', network])(client)).toBe(held)
})
