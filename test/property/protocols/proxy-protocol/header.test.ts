import * as fc from 'fast-check'
import { isIP } from 'node:net'
import { expect, test } from 'vitest'
import { MAX_HEADER_BYTES, proxyHeader, readProxyHeader } from '../../../../src/protocols/proxy-protocol/header.ts'
import { formatIp, parseIp, unmapped } from '../../../../src/protocols/proxy-protocol/ip-address.ts'

const port = fc.integer({ min: 0, max: 0xffff })
const v4 = fc.record({ address: fc.ipV4(), port })
const v6 = fc.record({ address: fc.ipV6(), port })
// A socket file of which a kernel would know; one in front of a zero would end there.
const unix = fc
  .stringMatching(/^(\/[a-z0-9é.-]{0,40}|@[a-z]{1,40})$/)
  .map((path) => ({ address: path === '/' ? 'unix' : `unix:${path}`, port: 0 }))
const pair = fc.oneof(fc.tuple(v4, v4), fc.tuple(v6, v6), fc.tuple(v4, v6), fc.tuple(v6, v4), fc.tuple(unix, unix))
const version = fc.constantFrom('v1' as const, 'v2' as const)

/** In the one form that everybody writes. */
function normal({ address, port }: { address: string; port: number }) {
  const bytes = parseIp(address)
  return { address: bytes === undefined ? address : formatIp(unmapped(bytes)), port }
}

test('what is written is read, cut anywhere, with anything behind it', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true })
  const cases = fc.property(
    version,
    pair,
    share,
    fc.uint8Array({ maxLength: 40 }),
    (version, [from, to], share, behind) => {
      const header = proxyHeader(version, from, to)
      const cut = header.subarray(0, Math.min(header.length - 1, Math.floor(share * header.length)))
      expect(readProxyHeader(cut)).toEqual({ kind: 'more' })
      const told = version === 'v2' || !from.address.startsWith('unix')
      expect(readProxyHeader(Buffer.concat([header, behind]))).toEqual({
        kind: 'header',
        version,
        length: header.length,
        source: told ? normal(from) : undefined,
        destination: told ? normal(to) : undefined,
      })
    },
  )
  fc.assert(cases, { numRuns: 3000 })
})

test('whatever the ends are, a header is written that can be read', () => {
  const end = fc.option(
    fc.record({ address: fc.oneof(fc.string(), fc.ipV4(), fc.ipV6()), port: fc.oneof(port, fc.double()) }),
    { nil: undefined },
  )
  const cases = fc.property(version, end, end, (version, from, to) => {
    const header = proxyHeader(version, from, to)
    expect(readProxyHeader(header)).toMatchObject({ kind: 'header', version, length: header.length })
  })
  fc.assert(cases, { numRuns: 3000 })
})

test('an address is one to us as it is to Node, and has one text', () => {
  const texts = fc.oneof(fc.ipV4(), fc.ipV6(), fc.stringMatching(/^[0-9a-f:.]{1,20}$/))
  const cases = fc.property(texts, (text) => {
    const bytes = parseIp(text)
    expect(bytes?.length ?? 0).toBe({ 0: 0, 4: 4, 6: 16 }[isIP(text)])
    const shown = bytes === undefined ? undefined : formatIp(bytes)
    expect(shown === undefined ? undefined : parseIp(shown)).toEqual(bytes)
    // The platform's own writer of IPv6 addresses.
    const theirs = bytes?.length === 16 ? new URL(`http://[${text}]`).hostname.slice(1, -1) : shown
    expect(shown).toBe(theirs)
  })
  fc.assert(cases, { numRuns: 5000 })
})

const mutation = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.integer({ min: 0, max: 3 }),
  insert: fc.uint8Array({ maxLength: 3 }),
})
const mutated = fc
  .tuple(version, pair, fc.array(mutation, { maxLength: 4 }))
  .map(([version, [from, to], mutations]) => {
    let bytes = proxyHeader(version, from, to)
    for (const { at, remove, insert } of mutations) {
      const place = Math.floor(at * bytes.length)
      bytes = Buffer.concat([bytes.subarray(0, place), insert, bytes.subarray(place + remove)])
    }
    return bytes
  })
const begun = fc
  .tuple(
    fc.constantFrom('PROXY ', 'PROXY TCP4 ', '\r\n\r\n\0\r\nQUIT\n', '\r\n\r\n\0\r\nQUIT\n!\x11\0'),
    fc.uint8Array({ maxLength: 300 }),
  )
  .map(([beginning, rest]) => Buffer.concat([Buffer.from(beginning), rest]))
const random = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes))

test('whatever the bytes are, the answer holds: more bytes do not change it, and fewer are not enough', () => {
  const cases = fc.property(fc.oneof(mutated, begun, random), (bytes) => {
    const whole = readProxyHeader(bytes)
    const kinds = Array.from(bytes, (_, length) => readProxyHeader(bytes.subarray(0, length)).kind)
    const decided = kinds.findIndex((kind) => kind !== 'more')
    expect(kinds.slice(decided < 0 ? kinds.length : decided).filter((kind) => kind !== whole.kind)).toEqual([])
    const length = whole.kind === 'header' ? whole.length : bytes.length
    expect(length).toBeLessThanOrEqual(bytes.length)
    expect(readProxyHeader(bytes.subarray(0, length))).toEqual(whole)
    expect(whole.kind === 'header' ? kinds.slice(0, length).filter((kind) => kind !== 'more') : []).toEqual([])
    expect(whole.kind === 'bad' ? whole.text.length : 0).toBeLessThan(200)
  })
  fc.assert(cases, { numRuns: 10_000 })
})

test('nobody waits for more than the greatest header', () => {
  const cases = fc.property(begun, fc.nat(255), (bytes, byte) => {
    const long = Buffer.concat([bytes, Buffer.alloc(MAX_HEADER_BYTES, byte)])
    expect(readProxyHeader(long.subarray(0, MAX_HEADER_BYTES)).kind).not.toBe('more')
  })
  fc.assert(cases, { numRuns: 500 })
})
