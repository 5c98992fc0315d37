import { describe, expect, test } from 'vitest'
import type { ConnectContext } from '../../../src/core/fault-factory.ts'
import { randomFor, type Random } from '../../../src/core/random.ts'
import type { FaultDirection } from '../../../src/core/words.ts'
import { describeFault, effectOf, parseParams } from '../../../src/faults/index.ts'
import { loss } from '../../../src/faults/loss.ts'
import { MSS } from '../../../src/faults/models/tcp-throughput.ts'
import { FaultChain, SharedObjects } from '../../support/fault-chain.ts'
import { ManualRandom } from '../../support/manual-random.ts'

const losing = (params: Record<string, unknown> = {}) => ({ type: 'loss', params: { percent: 50, ...params } })
const LOST = 0
const ARRIVES = 0.99

/** One direction, with what each packet meets. */
function chainOf(draws: readonly number[], params: Record<string, unknown> = {}, random?: Random): FaultChain {
  return new FaultChain([losing(params)], { randomOf: () => random ?? new ManualRandom(...draws) })
}

function linesAfter(chain: FaultChain, at = 1e6): readonly string[] {
  chain.advanceTo(at)
  return chain.lines
}

function connect(params: Record<string, unknown>, draws: readonly number[], direction: FaultDirection = 'both') {
  const context: ConnectContext = {
    random: new ManualRandom(...draws),
    counters: { seen: 0, selected: 0, applied: 0 },
    ending: { origin: 'injected', reason: 'loss' },
    direction,
    shared: new SharedObjects().of('loss'),
    cells: new SharedObjects().cellsOf('loss'),
    record: () => {},
  }
  return loss.connect?.(loss.params.parse(params), context, { at: 7, active: 0 })
}

function warnings(params: Record<string, unknown>): readonly string[] {
  return loss.warnings?.(loss.params.parse(params)) ?? []
}

describe('a small message', () => {
  test('that loses no packet passes at once, whole and uncounted', () => {
    const chain = chainOf([ARRIVES])
    chain.send(1000)
    chain.end()
    expect(chain.lines).toEqual(['1000 bytes @ 0', 'end @ 0'])
    expect(chain.applied('loss')).toBe(0)
    expect(chain.records).toEqual([])
  })

  test('that is lost is late by a time-out: the round trip and 200 ms', () => {
    const chain = chainOf([LOST, ARRIVES, ARRIVES])
    chain.send('late')
    chain.end()
    expect(linesAfter(chain)).toEqual(['"late" @ 220', 'end @ 220'])
    expect(chain.applied('loss')).toBe(1)
    expect(chain.records).toEqual(['loss: retransmission @ 0 {"ms":220,"losses":1,"by":"timeout"}'])
  })

  test('whose retransmissions are lost too waits one more time-out, then doubled ones', () => {
    const chain = chainOf([LOST, LOST, LOST, LOST, ARRIVES, ARRIVES])
    chain.send('late')
    expect(linesAfter(chain)).toEqual(['"late" @ 1760'])
    expect(chain.records).toEqual(['loss: retransmission @ 0 {"ms":1760,"losses":4,"by":"timeout"}'])
  })

  test('of several packets: what came before the lost one is there', () => {
    const chain = chainOf([ARRIVES, LOST, ARRIVES, ARRIVES])
    chain.send(3 * MSS)
    expect(linesAfter(chain)).toEqual([`${MSS} bytes @ 0`, `${2 * MSS} bytes @ 220`])
    expect(chain.output.equals(chain.input)).toBe(true)
  })

  test('a packet with three behind it costs a round trip, not a time-out', () => {
    const chain = chainOf([LOST, ARRIVES, ARRIVES, ARRIVES, ARRIVES])
    chain.send(4 * MSS)
    expect(linesAfter(chain)).toEqual([`${4 * MSS} bytes @ 20`])
    expect(chain.records).toEqual(['loss: retransmission @ 0 {"ms":20,"losses":1,"by":"fast"}'])
  })
})

test('round trip and least time-out make the stall', () => {
  const chain = chainOf([LOST, ARRIVES, ARRIVES], { rtt: 100, rto_min: '1s' })
  chain.send('late')
  expect(linesAfter(chain)).toEqual(['"late" @ 1100'])
})

test('a round trip below 1 ms counts as 1 ms', () => {
  const chain = chainOf([LOST, ARRIVES, ARRIVES], { rtt: 0 })
  chain.send('late')
  expect(linesAfter(chain)).toEqual(['"late" @ 201'])
})

test('what comes behind a stall waits with it and has none of its own', () => {
  const chain = chainOf([LOST, ARRIVES, ARRIVES, LOST])
  chain.send('first')
  chain.advanceTo(100)
  chain.send('second')
  expect(linesAfter(chain)).toEqual(['"first" @ 220', '"second" @ 220'])
  expect(chain.records.map((record) => record.replace(/.*"by":/, ''))).toEqual(['"timeout"}', '"fast"}'])
})

test('heard in one direction alone, every chunk that finds the line empty is a message', () => {
  const chain = chainOf([LOST, ARRIVES, ARRIVES])
  chain.send('a')
  chain.advanceTo(221)
  chain.send('b')
  expect(linesAfter(chain)).toEqual(['"a" @ 220', '"b" @ 441'])
})

function bothWays(draws: readonly number[]) {
  const shared = new SharedObjects()
  const random = new ManualRandom(...draws)
  const up = new FaultChain([losing()], { shared, direction: 'upstream', randomOf: () => random })
  const down = new FaultChain([losing()], { shared, clock: up.clock, randomOf: () => random })
  return { up, down, to: (at: number) => up.clock.advanceTo(at) }
}

describe('heard in both directions', () => {
  test('bytes close behind others are more of the same until the other side speaks', () => {
    const { up, down, to } = bothWays([ARRIVES, ARRIVES, LOST, ARRIVES, LOST, ARRIVES, 0.99])
    up.send('question')
    to(5)
    down.send('head')
    to(6)
    down.send('body')
    to(50)
    expect(down.lines).toEqual(['"head" @ 5', '"body" @ 26'])
    up.send('next')
    to(55)
    down.send('answer')
    to(1000)
    expect(down.records).toEqual([
      'loss: retransmission @ 6 {"ms":20,"losses":1,"by":"fast"}',
      'loss: retransmission @ 55 {"ms":220,"losses":1,"by":"timeout"}',
    ])
    expect(up.lines).toEqual(['"question" @ 0', '"next" @ 50'])
  })

  test('a lost answer makes the next time-outs longer, in both directions', () => {
    const { up, down, to } = bothWays([ARRIVES, LOST, ARRIVES, 0, LOST, ARRIVES])
    up.send('question')
    to(10)
    // Lost once; the draw of 0 says that the exchange counts as a sample, of the round trip and the stall.
    down.send('answer')
    to(300)
    up.send('next')
    to(10_000)
    expect(down.lines).toEqual(['"answer" @ 230'])
    // SRTT = 7/8·20 + 1/8·240, RTTVAR = 3/4·10 + 1/4·220: 47.5 + 4·62.5 ms from 300 on.
    expect(up.lines).toEqual(['"question" @ 0', '"next" @ 597.5'])
  })
})

describe('large data', () => {
  const pace = { percent: '1%', rtt: 20 }
  const never = new ManualRandom(ARRIVES)

  test('are paced at what TCP reaches with that loss', () => {
    const chain = chainOf([], pace, never)
    for (let sent = 0; sent < 3_200_000; sent += 64_000) chain.send(64_000)
    chain.advanceTo(1e6)
    expect(chain.output.equals(chain.input)).toBe(true)
    // 6.4 Mbit/s: the geometric mean of both formulas, and what cubic reached.
    const last = chain.delivered.at(-1)?.at ?? 0
    expect(Math.abs((3_200_000 * 8) / 1000 / last / 6.4 - 1)).toBeLessThan(0.03)
    expect(chain.applied('loss')).toBe(50)
  })

  test('ask for more shortly before they run dry', () => {
    const chain = chainOf([], pace, never)
    chain.send(65_000)
    const due = chain.welcomeAt + 20
    chain.advanceTo(due - 0.01)
    expect(chain.held.length).toBeGreaterThan(0)
    chain.advanceTo(due + 0.01)
    expect(chain.held.length).toBe(0)
  })

  test('with bbr are not', () => {
    const chain = chainOf([], { ...pace, congestion: 'bbr' }, never)
    for (let i = 0; i < 20; i++) chain.send(65_000)
    expect(chain.lines).toHaveLength(20)
    expect(chain.output.equals(chain.input)).toBe(true)
  })

  test('with the last packet lost end a time-out later', () => {
    const smooth = chainOf([], pace, never)
    smooth.send(65_000)
    smooth.advanceTo(1e6)
    // Only the last three packets are drawn for.
    const stalled = chainOf([ARRIVES, ARRIVES, LOST, ARRIVES, ARRIVES], pace)
    stalled.send(65_000)
    stalled.advanceTo(1e6)
    const ends = [smooth, stalled].map((chain) => chain.delivered.at(-1)?.at ?? NaN)
    expect((ends[1] ?? NaN) - (ends[0] ?? NaN)).toBeCloseTo(220, 6)
    expect(stalled.output.equals(stalled.input)).toBe(true)
  })
})

describe('live changes', () => {
  test('of other faults do not save a lost packet, nor lose or record another one', () => {
    for (const size of [100, 5000, 65_000, 200_000]) {
      for (let seed = 0; seed < 10; seed++) {
        const fault = losing({ percent: 20 })
        const front = { type: 'noop' }
        const [left, changed] = [0, 1].map(() => new FaultChain([fault], { randomOf: () => randomFor(seed) }))
        for (const chain of [left, changed]) {
          for (const at of [0, 30, 400]) {
            chain?.advanceTo(at)
            chain?.send(size)
          }
        }
        changed?.advanceTo(450)
        // A noop in front makes everything that is held pass again.
        changed?.set(front, fault)
        for (const chain of [left, changed]) chain?.advanceTo(1e7)
        const stamps = [left, changed].map((chain) =>
          chain?.delivered.map(({ at, bytes }) => [at.toFixed(6), bytes.length]),
        )
        expect(stamps[1]).toEqual(stamps[0])
        expect(changed?.records).toEqual(left?.records)
      }
    }
  })

  test('an update leaves a stall that is under way, and what comes next has the new figures', () => {
    const chain = chainOf([LOST, ARRIVES, ARRIVES])
    chain.send('late')
    chain.advanceTo(100)
    chain.set(losing({ percent: 1, rtt: 50 }))
    chain.advanceTo(300)
    chain.send('next')
    expect(linesAfter(chain)).toEqual(['"late" @ 220', '"next" @ 550'])
    expect(chain.records).toHaveLength(2)
  })

  test('when nothing is lost any more, what is held goes at once', () => {
    const chain = chainOf([LOST, ARRIVES, ARRIVES])
    chain.send('late')
    chain.advanceTo(100)
    chain.set(losing({ percent: 0 }))
    expect(chain.lines).toEqual(['"late" @ 100'])
  })

  test('removing it delivers what is held at once', () => {
    const chain = chainOf([LOST, ARRIVES, ARRIVES])
    chain.send('late')
    chain.advanceTo(100)
    chain.set()
    expect(chain.lines).toEqual(['"late" @ 100'])
  })
})

test('when everything is lost, a message waits through 15 attempts', () => {
  const chain = chainOf([LOST], { percent: 100 })
  chain.send('late')
  expect(linesAfter(chain, 1e7)).toEqual([`"late" @ ${220 * 1024 + 4 * 120_000}`])
})

describe('connecting', () => {
  test('takes a second longer for each attempt that is lost on the way there or back', () => {
    // 10 % each way: 19 % of attempts.
    expect(connect({ percent: 10 }, [0.18, 0.189, 0.191])).toEqual({ dial: 2000 })
    expect(connect({ percent: 10 }, [0.191])).toBeUndefined()
  })

  test('with loss in one direction is late for that alone', () => {
    expect(connect({ percent: 10 }, [0.11], 'upstream')).toBeUndefined()
    expect(connect({ percent: 10 }, [0.09, 0.11], 'downstream')).toEqual({ dial: 1000 })
  })

  test('waits twice as long each time if asked for', () => {
    expect(connect({ percent: 10, syn_backoff: 'exponential' }, [0, 0, 0, 0.9])).toEqual({ dial: 7000 })
  })

  test('is as it was with mode drop', () => {
    expect(connect({ percent: 100, mode: 'drop' }, [0])).toBeUndefined()
  })
})

describe('mode drop', () => {
  test('takes whole chunks out of the stream', () => {
    const chain = chainOf([ARRIVES, LOST, ARRIVES], { mode: 'drop' })
    for (const text of ['a', 'b', 'c']) chain.send(text)
    chain.end()
    expect(chain.lines).toEqual(['"a" @ 0', '"c" @ 0', 'end @ 0'])
    expect(chain.applied('loss')).toBe(1)
    expect(chain.records).toEqual(['loss: drop @ 0 {"bytes":1}'])
  })

  test('is an effect of its own, and says that no real TCP does it', () => {
    expect(effectOf(loss, parseParams('loss', { percent: 1 }))).toBe('timing')
    expect(effectOf(loss, parseParams('loss', { percent: 1, mode: 'drop' }))).toBe('loss')
    expect(loss.warnings?.(loss.params.parse({ percent: 1, mode: 'drop' }))).toEqual([
      expect.stringContaining('no real TCP does'),
    ])
  })
})

describe('parameters', () => {
  test('the chances may be a percentage, a chain or bursts', () => {
    expect(parseParams('loss', { percent: '1.5%' })).toMatchObject({ percent: 1.5, rtt: 20, rto_min: 200 })
    expect(parseParams('loss', { gilbert: { p: '1%', r: 0.25 } })).toMatchObject({ gilbert: { p: 0.01, r: 0.25 } })
    expect(parseParams('loss', { burst: { length: 4, every: 400 } })).toMatchObject({
      burst: { length: 4, every: 400 },
    })
  })

  test.each([
    [{}, 'percent is missing: expected exactly one of percent, gilbert and burst'],
    [
      { percent: 1, burst: { length: 2, every: 9 } },
      'burst: expected exactly one of percent, gilbert and burst, without percent beside it, got {"length":2,"every":9}',
    ],
    [{ percent: 101 }, 'percent: expected a percentage of 0 to 100 or a text such as "1%", got 101'],
    [{ percent: '1' }, 'percent: expected a percentage of 0 to 100 or a text such as "1%", got "1"'],
    [{ burst: { length: 0, every: 9 } }, 'burst.length: expected a number of packets, at least 1, got 0'],
    [{ burst: { length: 2 } }, 'burst.every is missing: expected a number of packets, at least 1'],
    [{ gilbert: 0.1 }, 'gilbert: expected an object {p, r} of two shares, got 0.1'],
    [{ percent: 1, congestion: 'cubic' }, 'congestion: expected one of'],
  ])('%j is refused', (params, message) => {
    expect(() => parseParams('loss', params)).toThrow(message)
  })

  test('are described with units, direction both first', () => {
    const { schema, directions, emulation } = describeFault(loss)
    expect(schema.properties?.['percent']).toMatchObject({ unit: '%' })
    expect(directions).toEqual(['both', 'downstream', 'upstream'])
    expect(emulation?.valid).toContain('5 %')
  })

  test('beyond what was measured they are warned of', () => {
    expect(warnings({ percent: 5 })).toEqual([])
    expect(warnings({ percent: 8 })).toEqual([expect.stringMatching(/^8 % of packets are lost: above 5 %/)])
    expect(warnings({ percent: 1, rtt: 300 })).toEqual([expect.stringContaining('not at 300 ms')])
    expect(warnings({ gilbert: { p: 0.1, r: 0.4 } })).toEqual([
      expect.stringMatching(/^20 % of packets/),
      expect.stringContaining('bursts'),
    ])
  })
})
