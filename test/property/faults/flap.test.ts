import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { randomFor } from '../../../src/core/random.ts'
import { ConnectionFault } from '../../support/connection-fault.ts'

const period = fc.integer({ min: 10, max: 200 })
const UNTIL = 3000

/** Every half millisecond: no period is shorter than 10. */
const DENSELY = Array.from({ length: UNTIL * 2 }, (_, index) => index / 2)

test('when it is asked makes no difference to when it is up', () => {
  const params = fc.record({ up: period, down: period, jitter: fc.nat(250) })
  const places = fc.uniqueArray(fc.nat(DENSELY.length - 1), { minLength: 1, maxLength: 60 })
  const cases = fc.property(params, places, fc.integer(), (given, chosen, seed) => {
    const fault = new ConnectionFault('flap', () => randomFor(seed, 'flap'))
    const dense = fault.door(given)
    const pattern = DENSELY.map((at) => dense.shut(at, 0))
    const sparse = fault.door(given)
    // The first look fixes the beginning.
    sparse.shut(0, 0)
    for (const place of chosen.toSorted((a, b) => a - b)) {
      const at = DENSELY[place] ?? NaN
      expect(sparse.shut(at, 0)).toBe(pattern[place])
      // And it knows until when that holds.
      const changes = Math.min(Math.ceil((sparse.wakeAt ?? Infinity) * 2), pattern.length)
      expect(pattern.slice(place, changes)).not.toContain(!pattern[place])
      expect(pattern[changes]).not.toBe(pattern[place])
    }
  })
  fc.assert(cases, { numRuns: 200 })
})
