import { describe, expect, test } from 'vitest'
import { randomFor } from '../../../src/core/random.ts'
import { cut } from '../../../src/faults/slicer.ts'
import { FaultChain } from '../../support/fault-chain.ts'
import { ManualRandom } from '../../support/manual-random.ts'

const slicer = (average_size: number, size_variation = 0, delay: number | string = 0) => ({
  type: 'slicer',
  params: { average_size, size_variation, delay },
})

/** The sizes of the pieces that chunks of so many bytes are cut into. */
function sizes(chunk: number, average: number, variation = 0, random = randomFor(1, 'slicer')): number[] {
  const ends = cut(chunk, average, variation, random)
  return ends.map((end, index) => end - (ends[index - 1] ?? 0))
}

describe('sizes', () => {
  test('250 bytes with an average of 100', () => expect(sizes(250, 100)).toEqual([62, 63, 62, 63]))
  test('24 bytes with an average of 1', () => expect(sizes(24, 1)).toEqual(Array.from({ length: 24 }, () => 1)))
  // A call that added a slicer to 16 MiB that waited behind a latency made 16 million pieces of it, took 15 s and 4 GB.
  test('a chunk is cut about a thousand times at most, however small the pieces should be', () => {
    const pieces = sizes(65_000, 1)
    expect(pieces.length).toBeGreaterThan(900)
    expect(pieces.length).toBeLessThanOrEqual(2048)
    expect(pieces.reduce((sum, size) => sum + size, 0)).toBe(65_000)
  })
  test('what is small enough is not cut', () => expect(sizes(150, 100, 50)).toEqual([150]))
  test('an average of 0 cuts nothing, whatever the variation', () => {
    expect(sizes(1000, 0)).toEqual([1000])
    expect(sizes(1000, 0, 10)).toEqual([1000])
  })

  test('480 kB with 1024 ± 512 are about 480 pieces of nearly that size', () => {
    const pieces = Array.from({ length: 15 }, () => sizes(32_000, 1024, 512)).flat()
    expect(pieces.length).toBeGreaterThan(240)
    expect(pieces.length).toBeLessThan(720)
    expect(Math.max(...pieces)).toBeLessThanOrEqual(1024 + 512)
  })

  test('a variation far above the average still makes pieces of at least a byte', () => {
    for (const draw of [0, 0.5, 0.999999]) {
      const pieces = sizes(5000, 1, 2000, new ManualRandom(draw))
      expect(Math.min(...pieces)).toBeGreaterThanOrEqual(1)
      expect(pieces.reduce((sum, size) => sum + size)).toBe(5000)
    }
  })
})

test('without a delay all pieces go at once, each on its own', () => {
  const chain = new FaultChain([slicer(100)])
  chain.send(250)
  expect(chain.lines).toEqual(['62 bytes @ 0', '63 bytes @ 0', '62 bytes @ 0', '63 bytes @ 0'])
  expect(chain.output.equals(chain.input)).toBe(true)
  expect(chain.applied('slicer')).toBe(1)
})

test('the delay comes after each piece, the last one included', () => {
  const chain = new FaultChain([slicer(100, 0, 10)])
  chain.send(250)
  chain.send('next chunk')
  chain.end()
  chain.advanceTo(1000)
  expect(chain.lines).toEqual([
    '62 bytes @ 0',
    '63 bytes @ 10',
    '62 bytes @ 20',
    '63 bytes @ 30',
    '"next chunk" @ 40',
    'end @ 40',
  ])
})

test('the sender is kept waiting when the rests take long', () => {
  const chain = new FaultChain([slicer(100, 0, 100)])
  chain.send(250)
  expect(chain.welcomeAt).toBe(380)
})

test('a small chunk without a delay is not touched', () => {
  const chain = new FaultChain([slicer(100)])
  chain.send('small')
  expect(chain.applied('slicer')).toBe(0)
})

describe('live changes', () => {
  test('removing it delivers the rest at once', () => {
    const chain = new FaultChain([slicer(100, 0, 10)])
    chain.send(250)
    chain.advanceTo(15)
    chain.set()
    expect(chain.lines).toEqual(['62 bytes @ 0', '63 bytes @ 10', '62 bytes @ 15', '63 bytes @ 15'])
  })

  test('updating it times the rest anew, from where it was', () => {
    const chain = new FaultChain([slicer(100, 0, 10)])
    chain.send(250)
    chain.advanceTo(15)
    chain.set(slicer(100, 0, 50))
    chain.advanceTo(1000)
    expect(chain.lines).toEqual(['62 bytes @ 0', '63 bytes @ 10', '62 bytes @ 20', '63 bytes @ 70'])
  })

  test('a latency that goes from behind it leaves its rests as they were', () => {
    const slices = slicer(100, 0, 10)
    const chain = new FaultChain([slices, { type: 'latency', params: { latency: 5 } }])
    chain.send(250)
    chain.advanceTo(16)
    chain.set(slices)
    chain.advanceTo(1000)
    expect(chain.lines).toEqual(['62 bytes @ 5', '63 bytes @ 15', '62 bytes @ 20', '63 bytes @ 30'])
  })
})
