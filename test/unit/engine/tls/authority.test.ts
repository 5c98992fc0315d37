import { X509Certificate } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { Authority } from '../../../../src/engine/tls/authority.ts'
import type { PemPair } from '../../../../src/engine/tls/pem-pair.ts'
import { madeAuthority } from '../../../support/tls-rig.ts'

const DAY = 86_400_000

let pair: PemPair

beforeAll(async () => {
  pair = await madeAuthority()
})

test('a certificate is made once for the same names, also for many at the same time', async () => {
  const authority = new Authority(pair)
  const asked = Array.from({ length: 10 }, () => authority.certificate(['a.test', 'b.test']))
  const [first, ...others] = await Promise.all(asked)
  expect(others.every((one) => one === first)).toBe(true)
  expect(await authority.certificate(['a.test', 'b.test'])).toBe(first)
  expect(await authority.certificate(['b.test', 'a.test'])).not.toBe(first)
  expect(await authority.certificate(['a.test', 'b.test'], 'expired')).not.toBe(first)
  expect(authority.kept).toBe(3)
})

test('it is made anew long before its time is over', async () => {
  let now = Date.now()
  const authority = new Authority(pair, () => now)
  const first = await authority.certificate(['a.test'])
  now += 29 * DAY
  expect(await authority.certificate(['a.test'])).toBe(first)
  now += 2 * DAY
  const second = await authority.certificate(['a.test'])
  expect(second).not.toBe(first)
  expect(new X509Certificate(second.cert).validToDate.getTime()).toBe(Math.floor((now + 90 * DAY) / 1000) * 1000)
})

test('who asks for ever more names does not fill the memory', async () => {
  const authority = new Authority(pair)
  const first = await authority.certificate(['n0.test'])
  await Promise.all(Array.from({ length: 600 }, (_, index) => authority.certificate([`n${index + 1}.test`])))
  expect(authority.kept).toBe(500)
  expect(await authority.certificate(['n0.test'])).not.toBe(first)
})

test('without an authority one is made that nobody knows', async () => {
  const authority = new Authority()
  const [one, two] = await Promise.all([authority.certificate(['a.test']), authority.certificate(['b.test'])])
  const [first, second] = [new X509Certificate(one.cert), new X509Certificate(two.cert)]
  expect(first.issuer).toBe(second.issuer)
  expect(first.issuer).not.toBe(new X509Certificate(pair.cert).subject)
})

describe('an authority that cannot sign', () => {
  test('fails whoever asks, and is not kept', async () => {
    const authority = new Authority({ cert: pair.cert, key: 'no key' })
    await expect(authority.certificate(['a.test'])).rejects.toThrow(Error)
    await expect(authority.certificate(['a.test'])).rejects.toThrow(Error)
    expect(authority.kept).toBe(0)
  })
})
