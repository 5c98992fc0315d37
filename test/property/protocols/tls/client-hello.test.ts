import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { MAX_HELLO_BYTES, readClientHello } from '../../../../src/protocols/tls/client-hello.ts'
import { helloMessage, inRecords } from '../../../support/hello-bytes.ts'

const servername = fc.stringMatching(/^[a-z0-9._-]{1,80}$/)
// Two equal bytes may be GREASE.
const protocol = fc.stringMatching(/^[a-z][a-z0-9/.-]{2,20}$/)
const grease = fc.integer({ min: 0, max: 15 }).map((index) => index * 0x1010 + 0x0a0a)
const version = fc.integer({ min: 0x0300, max: 0x0305 })
const others = fc.uniqueArray(
  fc.tuple(
    fc.integer({ min: 44, max: 0xffff }),
    fc.uint8Array({ maxLength: 60 }).map((body) => Buffer.from(body)),
  ),
  { maxLength: 6, selector: ([type]) => type },
)
const parts = fc.record({
  servernames: fc.array(servername, { maxLength: 1 }),
  alpn: fc.array(protocol, { maxLength: 5 }),
  known: fc.array(version, { maxLength: 4 }),
  noise: fc.array(grease, { maxLength: 2 }),
  extensions: others,
})
// Not below 10 bytes: a hello in more than 64 pieces is refused.
const sizes = fc.array(fc.integer({ min: 10, max: 900 }), { minLength: 1, maxLength: 5 })

test('a hello says what was written into it, however it is cut into records', () => {
  const cases = fc.property(
    parts,
    sizes,
    fc.uint8Array({ maxLength: 20 }),
    fc.double({ min: 0, max: 1, noNaN: true }),
    (given, sizes, behind, share) => {
      const { servernames, alpn, known, noise, extensions } = given
      const versions = known.length === 0 ? [] : [...noise, ...known]
      const message = helloMessage({ servernames, alpn, versions, extensions })
      const bytes = inRecords(message, message.length > 600 ? [512, ...sizes] : sizes)
      const hello = { servername: servernames[0], alpn, version: Math.max(...(known.length === 0 ? [0x0303] : known)) }
      expect(readClientHello(Buffer.concat([bytes, behind]))).toEqual({ kind: 'hello', hello, length: bytes.length })
      const cut = Math.floor(share * bytes.length)
      expect(readClientHello(bytes.subarray(0, Math.min(cut, bytes.length - 1)))).toEqual({ kind: 'more' })
    },
  )
  fc.assert(cases, { numRuns: 2000 })
})

/** Bytes that were set, cut out or put in somewhere. */
const mutation = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.integer({ min: 0, max: 4 }),
  insert: fc.uint8Array({ maxLength: 4 }),
})
const mutated = fc
  .tuple(parts, sizes, fc.array(mutation, { minLength: 1, maxLength: 6 }))
  .map(([{ servernames, alpn, known, extensions }, sizes, mutations]) => {
    let bytes = inRecords(helloMessage({ servernames, alpn, versions: known, extensions }), sizes)
    for (const { at, remove, insert } of mutations) {
      const place = Math.floor(at * bytes.length)
      bytes = Buffer.concat([bytes.subarray(0, place), insert, bytes.subarray(place + remove)])
    }
    return bytes
  })
const random = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes))
/** Gets past the first checks. */
const framed = fc
  .tuple(fc.uint8Array({ minLength: 1, maxLength: 400 }), sizes)
  .map(([bytes, sizes]) => inRecords(Buffer.concat([Buffer.from([1, 0]), bytes]), sizes))

test('whatever the bytes are, the answer holds: more bytes do not change it, and fewer are not enough', () => {
  const cases = fc.property(fc.oneof(mutated, random, framed), (bytes) => {
    const whole = readClientHello(bytes)
    const step = Math.max(1, Math.floor(bytes.length / 60))
    const kinds = Array.from({ length: Math.ceil(bytes.length / step) }, (_, index) => {
      return readClientHello(bytes.subarray(0, index * step)).kind
    })
    const undecided = kinds.findIndex((kind) => kind !== 'more')
    const decided = undecided < 0 ? [] : kinds.slice(undecided)
    expect(decided.filter((kind) => kind !== whole.kind)).toEqual([])
    expect(whole.kind === 'not_tls' ? whole.text.length : 0).toBeLessThan(200)
    const length = whole.kind === 'hello' ? whole.length : bytes.length
    expect(length).toBeLessThanOrEqual(bytes.length)
    expect(readClientHello(bytes.subarray(0, length))).toEqual(whole)
    const shorter = readClientHello(bytes.subarray(0, Math.max(0, length - 1))).kind
    expect(whole.kind === 'hello' ? shorter : 'more').toBe('more')
  })
  fc.assert(cases, { numRuns: 10_000 })
})

test('nobody waits for more than the greatest hello', () => {
  const record = fc.tuple(fc.integer({ min: 1, max: 16_384 }), fc.nat(255))
  const cases = fc.property(
    fc.array(record, { minLength: 1, maxLength: 80 }),
    fc.integer({ min: 0, max: 0xffffff }),
    (records, length) => {
      const head = Buffer.from([1, length >> 16, (length >> 8) & 0xff, length & 0xff])
      const all = Buffer.concat(records.map(([size, byte]) => Buffer.alloc(size, byte)))
      head.copy(all)
      const bytes = Buffer.concat([
        inRecords(
          all,
          records.map(([size]) => size),
        ),
        Buffer.alloc(MAX_HELLO_BYTES, 22),
      ])
      expect(readClientHello(bytes.subarray(0, MAX_HELLO_BYTES)).kind).not.toBe('more')
    },
  )
  fc.assert(cases, { numRuns: 300 })
})
