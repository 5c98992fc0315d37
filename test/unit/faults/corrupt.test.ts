import { describe, expect, test } from 'vitest'
import type { Random } from '../../../src/core/random.ts'
import { parseParams } from '../../../src/faults/index.ts'
import { FaultChain } from '../../support/fault-chain.ts'
import { ManualRandom } from '../../support/manual-random.ts'

const corrupt = (params: Readonly<Record<string, unknown>>) => ({ type: 'corrupt', params })

function chainWith(params: Readonly<Record<string, unknown>>, random: Random): FaultChain {
  return new FaultChain([corrupt(params)], { randomOf: () => random })
}

/** With a draw of 0.5 a geometric distance is ⌊ln 0.5 / ln(1 − 1/spacing)⌋: 6 bytes are left alone with a spacing of 10. */
const HALF = 0.5

test('hits are where the draws say, across chunks, and nothing else changes', () => {
  const chain = chainWith({ spacing: 10, mode: 'zero' }, new ManualRandom(HALF))
  for (const text of ['abc', 'defghij', 'klmnopqrstuvwxyz']) chain.send(text)
  expect(chain.output.toString()).toBe('abcdef\0hijklm\0opqrst\0vwxyz')
  expect(chain.records).toEqual([
    'corrupt: corrupt @ 0 {"offset":6}',
    'corrupt: corrupt @ 0 {"offset":13}',
    'corrupt: corrupt @ 0 {"offset":20}',
  ])
  expect(chain.applied('corrupt')).toBe(3)
  chain.verify()
})

test('chunks without a hit are passed as they are, at once', () => {
  const chain = chainWith({ spacing: '1GiB' }, new ManualRandom(HALF))
  const bytes = Buffer.from('not touched')
  chain.advanceTo(5)
  chain.send(bytes)
  chain.end()
  expect(chain.lines).toEqual(['"not touched" @ 5', 'end @ 5'])
  expect(chain.applied('corrupt')).toBe(0)
})

describe('modes', () => {
  test.each([
    [0, 0b0000_0001],
    [0.49, 0b0000_1000],
    [0.999, 0b1000_0000],
  ])('bitflip turns the bit that is drawn: %d', (draw, bit) => {
    // Gap and bit in turns; the first gap is 0, and so is every one with a spacing of 1.
    const chain = chainWith({ spacing: 1, mode: 'bitflip' }, new ManualRandom(0, draw))
    chain.send(Buffer.from([0b0000_0000, 0b1111_1111, 0b1010_1010]))
    expect([...chain.output]).toEqual([bit, 0xff ^ bit, 0b1010_1010 ^ bit])
  })

  test.each([
    [0, 1],
    [0.5, 128],
    [0.999999, 255],
  ])('random adds 1 to 255, so that it is always another byte: %d', (draw, more) => {
    const chain = chainWith({ spacing: 1, mode: 'random' }, new ManualRandom(0, draw))
    chain.send(Buffer.from([0, 1, 200, 255]))
    expect([...chain.output]).toEqual([0, 1, 200, 255].map((byte) => (byte + more) % 256))
  })

  test('zero counts where it changes nothing, too', () => {
    const chain = chainWith({ spacing: 1, mode: 'zero' }, new ManualRandom(HALF))
    chain.send(Buffer.from([0, 7]))
    expect([...chain.output]).toEqual([0, 0])
    expect(chain.applied('corrupt')).toBe(2)
  })
})

describe('updates', () => {
  test('keep the distance to the next hit, and the offset', () => {
    const chain = chainWith({ spacing: 10, mode: 'zero' }, new ManualRandom(HALF))
    chain.send('abcd')
    chain.set(corrupt({ spacing: 10, mode: 'bitflip' }))
    chain.send('efgh')
    expect(chain.output.toString()).toBe('abcdefwh')
    expect(chain.records).toEqual(['corrupt: corrupt @ 0 {"offset":6}'])
  })

  test('draw it anew with another spacing', () => {
    const chain = chainWith({ spacing: 10, mode: 'zero' }, new ManualRandom(HALF))
    chain.send('abcd')
    chain.set(corrupt({ spacing: 5, mode: 'zero' }))
    chain.send('efghijk')
    expect(chain.output.toString()).toBe('abcdefg\0ijk')
  })

  test('do not touch what is held', () => {
    const lag = { type: 'latency', params: { latency: 100 } }
    const chain = new FaultChain([corrupt({ spacing: 1, mode: 'zero' }), lag])
    chain.send('ab')
    chain.set(lag)
    chain.send('cd')
    chain.advanceTo(100)
    expect(chain.output.toString()).toBe('\0\0cd')
  })
})

test('a spacing of less than a byte is refused, and 64KiB is the default', () => {
  expect(() => parseParams('corrupt', { spacing: 0 })).toThrow(
    'spacing: expected at least 1 byte, such as "64KiB", got 0',
  )
  expect(parseParams('corrupt', {})).toEqual({ spacing: 65_536, mode: 'bitflip' })
})

// With each of them on record, one read pushed everything else out of it.
test('of very many hits in one chunk some are on record, and all are counted', () => {
  const chain = chainWith({ spacing: 1 }, new ManualRandom(HALF))
  chain.send(1000)
  chain.send(1000)
  expect(chain.applied('corrupt')).toBe(2000)
  expect(chain.records).toHaveLength(200)
  expect(chain.records[100]).toBe('corrupt: corrupt @ 0 {"offset":1000}')
})
