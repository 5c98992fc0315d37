import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { randomFor } from '../../../src/core/random.ts'
import { cut } from '../../../src/faults/slicer.ts'
import { FaultChain } from '../../support/fault-chain.ts'

test('pieces cover the chunk in order, are at least a byte, and no larger than asked for or a 1024th of it', () => {
  const sizes = fc.oneof(fc.nat(20), fc.nat(100_000))
  const cases = fc.property(
    fc.integer({ min: 1, max: 70_000 }),
    sizes,
    sizes,
    fc.integer(),
    (length, average, variation, seed) => {
      const ends = cut(length, average, variation, randomFor(seed))
      const largest = average === 0 ? length : Math.max(average, Math.ceil(length / 1024)) + variation
      let start = 0
      let wrong = 0
      for (const end of ends) {
        if (end - start < 1 || end - start > largest) wrong++
        start = end
      }
      expect(wrong).toBe(0)
      expect(start).toBe(length)
    },
  )
  fc.assert(cases, { numRuns: 200 })
})

test('a bandwidth is never exceeded since the connection was opened, and is used to the full by a sender that has enough', () => {
  const rates = fc.oneof(fc.integer({ min: 10, max: 5000 }), fc.integer({ min: 10_000, max: 10_000_000 }))
  const cases = fc.property(
    rates,
    fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 8 }),
    (rate, sizes) => {
      const chain = new FaultChain([{ type: 'bandwidth', params: { rate } }])
      for (const size of sizes) chain.send(size)
      chain.advanceTo(1e9)
      let bytes = 0
      for (const delivery of chain.delivered) {
        bytes += delivery.bytes.length
        expect(delivery.at * rate).toBeGreaterThan(bytes * 1000 * (1 - 1e-9))
      }
      expect(chain.delivered.at(-1)?.at).toBeCloseTo((bytes * 1000) / rate, 3)
    },
  )
  fc.assert(cases, { numRuns: 200 })
})

test('with a steady latency every byte is exactly that much later', () => {
  const cases = fc.property(
    fc.integer({ min: 0, max: 1000 }),
    fc.array(fc.nat(100), { maxLength: 20 }),
    (latency, pauses) => {
      const chain = new FaultChain([{ type: 'latency', params: { latency } }])
      const due: number[] = []
      for (const pause of pauses) {
        chain.advanceTo(chain.clock.now() + pause)
        chain.send('x')
        due.push(chain.clock.now() + latency)
      }
      chain.advanceTo(1e6)
      expect(chain.delivered.map(({ at }) => at)).toEqual(due)
    },
  )
  fc.assert(cases)
})
