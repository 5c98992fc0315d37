import { describe, expect, test } from 'vitest'
import type { ConnectContext, StageContext } from '../../../src/core/fault-factory.ts'
import { nowhere, type Stage } from '../../../src/core/outlet.ts'
import { randomFor } from '../../../src/core/random.ts'
import type { Direction } from '../../../src/core/words.ts'
import { loss } from '../../../src/faults/loss.ts'
import { SharedObjects } from '../../support/fault-chain.ts'

/**
 * The fault `loss` against what was measured over a real lossy link (two network namespaces, a link that drops IP packets independently with
 * probability p in each direction, Linux 6.18, cubic, TCP_NODELAY, request 100 B; means in ms).
 */
const SMALL: readonly Measured[] = [
  { rtt: 2, percent: 1, mean: 6.6 },
  { rtt: 2, percent: 2, mean: 11.6 },
  { rtt: 2, percent: 5, mean: 25.6 },
  { rtt: 20, percent: 1, mean: 25.1 },
  { rtt: 20, percent: 2, mean: 31.2 },
  { rtt: 20, percent: 5, mean: 47.9 },
  { rtt: 50, percent: 1, mean: 56.6 },
  { rtt: 50, percent: 2, mean: 62.3 },
  { rtt: 50, percent: 5, mean: 80.6 },
]

const LARGE: readonly Measured[] = [
  { rtt: 2, percent: 1, mean: 17.7 },
  { rtt: 2, percent: 2, mean: 33.5 },
  { rtt: 2, percent: 5, mean: 114 },
  { rtt: 20, percent: 1, mean: 76.5 },
  { rtt: 20, percent: 2, mean: 130 },
  { rtt: 20, percent: 5, mean: 280 },
  { rtt: 50, percent: 1, mean: 171 },
  { rtt: 50, percent: 2, mean: 277 },
  { rtt: 50, percent: 5, mean: 585 },
]

interface Measured {
  readonly rtt: number
  readonly percent: number
  readonly mean: number
}

const REQUEST = Buffer.alloc(100)
/** As large as the proxy reads at once. */
const READ = 65_000

/** Both directions of one session. */
class Session {
  readonly #stages: Readonly<Record<Direction, Stage>>
  #due = 0

  constructor(params: Record<string, unknown>, seed: number) {
    const shared = new SharedObjects()
    const stageOf = (direction: Direction): Stage => {
      const context: StageContext = {
        random: randomFor(seed, direction),
        counters: { seen: 0, selected: 0, applied: 0 },
        ending: { origin: 'injected', reason: 'loss' },
        direction,
        shared: shared.of('loss'),
        cells: shared.cellsOf('loss'),
        record: () => {},
      }
      const stage = loss.stage?.(loss.params.parse(params), context, undefined)
      if (stage === undefined) throw new Error('no stage')
      stage.next = {
        ...nowhere,
        chunk: (_bytes, at) => {
          this.#due = Math.max(this.#due, at)
          return -Infinity
        },
      }
      stage.open?.(0)
      return stage
    }
    this.#stages = { upstream: stageOf('upstream'), downstream: stageOf('downstream') }
  }

  /** Sends it all at `at` and answers when the last byte arrives. */
  send(direction: Direction, bytes: Buffer, at: number): number {
    this.#due = at
    for (let start = 0; start < bytes.length; start += READ) {
      this.#stages[direction].chunk(bytes.subarray(start, start + READ), at)
    }
    return this.#due
  }
}

/** How long exchanges take that follow one another on one connection over a path with that round trip, sorted. */
function exchanges(
  params: { rtt: number; percent?: number; [name: string]: unknown },
  size: number,
  count: number,
): number[] {
  const session = new Session(params, 1)
  const response = Buffer.alloc(size)
  const times: number[] = []
  let now = 0
  for (let i = 0; i < count; i++) {
    const asked = session.send('upstream', REQUEST, now)
    const answered = session.send('downstream', response, asked + params.rtt)
    times.push(answered - now)
    now = answered
  }
  return times.sort((a, b) => a - b)
}

function meanOf(times: readonly number[]): number {
  return times.reduce((sum, time) => sum + time, 0) / times.length
}

/** Ten times as many as were measured, so that chance is small beside the tolerance. */
const MANY = 32_000

describe.each(SMALL)('exchanges of 1000 B at $rtt ms and $percent %', ({ rtt, percent, mean }) => {
  const times = exchanges({ rtt, percent }, 1000, MANY)

  test(`take ${mean} ms on average, within 15 %`, () => {
    expect(Math.abs(meanOf(times) / mean - 1)).toBeLessThan(0.15)
  })

  test('the untouched share is (1−p)², the median with it, and the first stall is a time-out', () => {
    const untouched = times.filter((time) => time < rtt + 1).length / times.length
    expect(Math.abs(untouched - (1 - percent / 100) ** 2)).toBeLessThan(0.005)
    expect(times[MANY / 2]).toBeCloseTo(rtt, 6)
    const stalled = times.find((time) => time >= rtt + 1)
    expect(stalled).toBeGreaterThanOrEqual(2 * rtt + 200 - 1e-6)
    expect(stalled).toBeLessThan(2 * rtt + 210)
  })
})

test.each(LARGE)('exchanges of 64 KB at $rtt ms and $percent % take $mean ms on average, within 30 %', (cell) => {
  const times = exchanges({ rtt: cell.rtt, percent: cell.percent }, 65_536, 3200)
  expect(Math.abs(meanOf(times) / cell.mean - 1)).toBeLessThan(0.3)
})

test.each([100, 1000, 14_480, 65_536, 500_000])('the more loss the longer exchanges of %d B take', (size) => {
  const means = [0, 0.5, 1, 2, 5, 10, 20].map((percent) => meanOf(exchanges({ rtt: 20, percent }, size, 2000)))
  expect(means[0]).toBeCloseTo(20, 6)
  for (const [index, mean] of means.slice(1).entries()) expect(mean).toBeGreaterThan(means[index] ?? Infinity)
})

test('with a sender that does not slow down a large transfer takes less', () => {
  const [slow, fast] = ['loss-based', 'bbr'].map((congestion) =>
    meanOf(exchanges({ rtt: 20, percent: 1, congestion }, 500_000, 300)),
  )
  expect(fast).toBeLessThan((slow ?? 0) / 5)
})

function touchedShare(params: Record<string, unknown>): number {
  const times = exchanges({ rtt: 20, ...params }, 10 * 1448, 5000)
  return times.filter((time) => time > 21).length / times.length
}

test('losses in bursts hit fewer exchanges than independent ones of the same share', () => {
  // Both lose 2 % of the packets.
  const bursts = touchedShare({ burst: { length: 10, every: 490 } })
  expect(bursts).toBeGreaterThan(0)
  expect(bursts).toBeLessThan(touchedShare({ percent: 2 }) / 2)
})

describe.each([1, 5, 20])('connecting with %d %% loss', (percent) => {
  test('an attempt fails with 1−(1−p)², and costs a second', () => {
    const tries = 20_000
    const failing = 1 - (1 - percent / 100) ** 2
    const params = loss.params.parse({ percent })
    const waits = Array.from({ length: tries }, (_, ordinal) => {
      const context: ConnectContext = {
        random: randomFor(1, ordinal),
        counters: { seen: 0, selected: 0, applied: 0 },
        ending: { origin: 'injected', reason: 'loss' },
        direction: 'both',
        shared: new SharedObjects().of('loss'),
        cells: new SharedObjects().cellsOf('loss'),
        record: () => {},
      }
      return loss.connect?.(params, context, { at: 0, active: 0 })?.dial ?? 0
    })
    for (const attempts of [1, 2]) {
      const share = waits.filter((wait) => wait >= attempts * 1000).length / tries
      const expected = failing ** attempts
      // Four standard deviations of a binomial share.
      expect(Math.abs(share - expected)).toBeLessThan(4 * Math.sqrt((expected * (1 - expected)) / tries))
    }
    expect(waits.filter((wait) => wait % 1000 !== 0)).toEqual([])
  })
})
