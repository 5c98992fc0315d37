import { describe, expect, test } from 'vitest'
import { randomFor } from '../../../../src/core/random.ts'
import {
  bursts,
  correlated,
  independent,
  type LossFigures,
  lossShare,
  PacketLossModel,
} from '../../../../src/faults/models/packet-loss-model.ts'
import { ManualRandom } from '../../../support/manual-random.ts'

const PACKETS = 200_000

/** Share of lost packets, and the mean number lost in a row. */
function observed(figures: LossFigures, seed = 1): { share: number; burst: number } {
  const model = new PacketLossModel(figures, randomFor(seed))
  let lost = 0
  let began = 0
  let before = false
  for (let packet = 0; packet < PACKETS; packet++) {
    const now = model.lost()
    if (now) lost++
    if (now && !before) began++
    before = now
  }
  return { share: lost / PACKETS, burst: lost / began }
}

test('independent losses have the share asked for, and are followed by others no more than by chance', () => {
  const { share, burst } = observed(independent(0.05))
  expect(Math.abs(share - 0.05)).toBeLessThan(0.002)
  expect(Math.abs(burst - 1 / 0.95)).toBeLessThan(0.01)
})

describe.each([
  { enter: 0.01, leave: 0.25 },
  { enter: 0.05, leave: 0.5 },
  { enter: 0.002, leave: 0.1 },
])('a chain of Gilbert with p = $enter and r = $leave', (figures) => {
  test('loses p/(p+r) of the packets, 1/r in a row', () => {
    const { share, burst } = observed(figures)
    expect(Math.abs(share / lossShare(figures) - 1)).toBeLessThan(0.1)
    expect(Math.abs(burst * figures.leave - 1)).toBeLessThan(0.1)
  })

  test('is the same chain when packets are left out', () => {
    const model = new PacketLossModel(figures, randomFor(2))
    let pairs = 0
    let both = 0
    let before = model.lost()
    for (let packet = 0; packet < PACKETS; packet++) {
      const now = model.lost(3)
      if (before) pairs++
      if (before && now) both++
      before = now
    }
    const share = lossShare(figures)
    const expected = share + (1 - share) * (1 - figures.enter - figures.leave) ** 3
    // Three standard deviations of a share of so many pairs, and the chain makes them clump.
    expect(Math.abs(both / pairs - expected)).toBeLessThan(5 * Math.sqrt((expected * (1 - expected)) / pairs))
  })
})

test('bursts are given by their length and how far they are apart', () => {
  const { share, burst } = observed(bursts(5, 95))
  expect(Math.abs(share - 0.05)).toBeLessThan(0.005)
  expect(Math.abs(burst - 5)).toBeLessThan(0.4)
})

test('correlation raises the chance after a lost packet by its share of what is left', () => {
  const figures = correlated(0.1, 0.5)
  expect(figures.enter).toBe(0.1)
  expect(1 - figures.leave).toBeCloseTo(0.1 + 0.5 * 0.9, 12)
  expect(correlated(0.1, 0)).toEqual(independent(0.1))
})

test('after a long rest the chain has forgotten what it was', () => {
  const model = new PacketLossModel({ enter: 0.5, leave: 0 }, new ManualRandom(0.99), true)
  expect(model.lost(1)).toBe(true)
  const rested = new PacketLossModel({ enter: 0.1, leave: 0.3 }, new ManualRandom(0.26), true)
  expect(rested.lost(Infinity)).toBe(false)
  const fresh = new PacketLossModel({ enter: 0.1, leave: 0.3 }, new ManualRandom(0.24))
  expect(fresh.lost()).toBe(true)
})

test.each([
  [{ enter: 0, leave: 1 }, false],
  [{ enter: 0, leave: 0 }, false],
  [{ enter: 1, leave: 0 }, true],
])('at the limits %j everything or nothing is lost', (figures, lost) => {
  const model = new PacketLossModel(figures, randomFor(1))
  for (const steps of [1, 2.7, 1e9, Infinity]) expect(model.lost(steps)).toBe(lost)
})

test('chances of 1 both ways alternate', () => {
  const model = new PacketLossModel({ enter: 1, leave: 1 }, randomFor(1), false)
  expect([1, 1, 1, 2, 1].map((steps) => model.lost(steps))).toEqual([true, false, true, true, false])
})
