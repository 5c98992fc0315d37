import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FAULTS, parseParams } from '../../../src/faults/index.ts'
import { arbitraryParams } from '../../support/arbitrary-params.ts'
import type { StageContext } from '../../../src/core/fault-factory.ts'
import { asserted } from '../../support/assertion-outlet.ts'
import { SharedObjects } from '../../support/fault-chain.ts'
import { ManualRandom } from '../../support/manual-random.ts'
import { RecordingOutlet } from '../../support/recording-outlet.ts'

const arbitraryArrivals = fc.array(fc.record({ pause: fc.nat(300), size: fc.integer({ min: 1, max: 500 }) }), {
  minLength: 1,
  maxLength: 10,
})

/** The largest difference between stamps, relative to their size: sums of floats in another order are not the same to the last bit. */
function difference(again: readonly number[], before: readonly number[]): number {
  const differences = before.map((stamp, index) => {
    const other = again[index] ?? NaN
    return other === stamp ? 0 : Math.abs(other - stamp) / (1 + stamp)
  })
  return Math.max(0, ...differences)
}

/** As many pieces are remembered exactly. */
const EXACTLY = 500

const timing = FAULTS.filter((definition) => definition.effect === 'timing' && definition.stage !== undefined)

describe.each(timing.map((definition) => [definition.type, definition] as const))('%s', (type, definition) => {
  test('held bytes that pass again are due when they were', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true })
    const cases = fc.property(arbitraryParams(definition), arbitraryArrivals, share, (params, arrivals, heldShare) => {
      const recorded = new RecordingOutlet()
      const counters = { seen: 0, selected: 0, applied: 0 }
      // A middling draw for everything: what is drawn again may be another number, and is no part of the promise.
      const context: StageContext = {
        random: new ManualRandom(0.5),
        counters,
        ending: { origin: 'injected', reason: type },
        direction: 'downstream',
        shared: new SharedObjects().of(type),
        cells: new SharedObjects().cellsOf(type),
        record: () => {},
      }
      const stage = definition.stage?.(parseParams(type, params), context, undefined)
      // With these parameters it acts on heads, not on bytes.
      fc.pre(stage !== undefined)
      const inlet = asserted(stage, recorded)
      stage.open?.(0)

      let now = 0
      const arrivalOf: number[] = []
      for (const { pause, size } of arrivals) {
        now += pause
        inlet.chunk(Buffer.alloc(size, 'x'), now)
        while (arrivalOf.length < recorded.chunks.length) arrivalOf.push(now)
      }

      // Of a session that the fault has ended, nothing is left to pass again.
      fc.pre(recorded.chunks.length === recorded.lines.length)

      const pieces = recorded.chunks.length
      const first = Math.max(pieces - EXACTLY, Math.floor(pieces * (1 - heldShare)))
      const held = recorded.chunks.slice(first)
      const stamps = recorded.stamps.slice(first)
      stage.rewind?.(held.reduce((sum, bytes) => sum + bytes.length, 0))
      recorded.stamps.length = 0
      for (const [index, bytes] of held.entries()) inlet.chunk(bytes, arrivalOf[first + index] ?? NaN)
      expect(recorded.stamps).toHaveLength(stamps.length)
      expect(difference(recorded.stamps, stamps)).toBeLessThan(1e-9)
    })
    fc.assert(cases, { numRuns: 300 })
  })
})
