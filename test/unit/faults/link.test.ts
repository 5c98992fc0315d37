import { describe, expect, test } from 'vitest'
import type { ConnectContext } from '../../../src/core/fault-factory.ts'
import { randomFor } from '../../../src/core/random.ts'
import type { FaultDirection } from '../../../src/core/words.ts'
import { parseParams } from '../../../src/faults/index.ts'
import { link } from '../../../src/faults/link.ts'
import { LINK_PRESET_NAMES } from '../../../src/faults/models/link-presets.ts'
import { MSS } from '../../../src/faults/models/tcp-throughput.ts'
import { type ChainOptions, FaultChain, SharedObjects } from '../../support/fault-chain.ts'
import { ManualRandom } from '../../support/manual-random.ts'

const path = (params: Record<string, unknown>) => ({ type: 'link', params })

function chainOf(params: Record<string, unknown>, options?: ChainOptions): FaultChain {
  return new FaultChain([path(params)], options)
}

function linesAfter(chain: FaultChain, at = 1e6): readonly string[] {
  chain.advanceTo(at)
  return chain.lines
}

function connect(params: Record<string, unknown>, draw: number, direction: FaultDirection = 'both') {
  const context: ConnectContext = {
    random: new ManualRandom(draw, 0.99),
    counters: { seen: 0, selected: 0, applied: 0 },
    ending: { origin: 'injected', reason: 'link' },
    direction,
    shared: new SharedObjects().of('link'),
    cells: new SharedObjects().cellsOf('link'),
    record: () => {},
  }
  return link.connect?.(link.params.parse(params), context, { at: 0, active: 0 })
}

function warnings(params: Record<string, unknown>): readonly string[] | undefined {
  return link.warnings?.(link.params.parse(params))
}

test('each direction takes half of the round trip, and so do its ends', () => {
  for (const direction of ['upstream', 'downstream'] as const) {
    const chain = chainOf({ rtt: 100 }, { direction })
    chain.send('a')
    chain.advanceTo(30)
    chain.send('b')
    chain.advanceTo(100)
    chain.end()
    expect(linesAfter(chain)).toEqual(['"a" @ 50', '"b" @ 80', 'end @ 150'])
    expect(chain.applied('link')).toBe(3)
  }
})

test('a reset takes its time too', () => {
  const chain = chainOf({ rtt: 100 })
  chain.abort('reset')
  expect(linesAfter(chain)).toEqual(['reset @ 50 (client: reset)'])
})

test('each direction has its own rate', () => {
  const params = { rtt: 20, rate: 1000, rate_up: 500, slow_start: false }
  const up = chainOf(params, { direction: 'upstream' })
  const down = chainOf(params)
  for (const chain of [up, down]) chain.send(100)
  expect(linesAfter(down)).toEqual(['100 bytes @ 110'])
  expect(linesAfter(up)).toEqual(['50 bytes @ 110', '50 bytes @ 210'])
})

test('a rate of 0 lets nothing through', () => {
  const chain = chainOf({ rtt: 20, rate_down: 0 })
  chain.send(100)
  expect(linesAfter(chain)).toEqual([])
  expect(chain.welcomeAt).toBe(Infinity)
})

describe('slow start', () => {
  test('a new connection sends 10, 20, 40 … packets per round trip', () => {
    const chain = chainOf({ rtt: 20 })
    chain.send(65_000)
    expect(linesAfter(chain)).toEqual([
      `${10 * MSS} bytes @ 10`,
      `${20 * MSS} bytes @ 30`,
      `${65_000 - 30 * MSS} bytes @ 50`,
    ])
    expect(chain.output.equals(chain.input)).toBe(true)
  })

  test('a warm one sends more at once, and one that was idle begins anew', () => {
    const chain = chainOf({ rtt: 20 })
    chain.send(65_000)
    chain.advanceTo(100)
    chain.send(40 * MSS)
    chain.advanceTo(321)
    chain.send(11 * MSS)
    expect(linesAfter(chain).slice(3)).toEqual([
      `${40 * MSS} bytes @ 110`,
      `${10 * MSS} bytes @ 331`,
      `${MSS} bytes @ 351`,
    ])
  })

  test('can be left out', () => {
    const chain = chainOf({ rtt: 20, slow_start: false })
    chain.send(65_000)
    expect(linesAfter(chain)).toEqual(['65000 bytes @ 10'])
  })

  test('more input is welcome shortly before the last flight', () => {
    const chain = chainOf({ rtt: 100 })
    chain.send(65_000)
    expect(chain.welcomeAt).toBe(180)
    const small = chainOf({ rtt: 1000 })
    small.send(100)
    expect(small.welcomeAt).toBeLessThanOrEqual(0)
  })
})

test('losses stall as the fault loss does, in front of the way', () => {
  const chain = chainOf({ rtt: 50, loss: '10%' }, { randomOf: () => new ManualRandom(0.05, 0.9, 0.9) })
  chain.send('late')
  expect(linesAfter(chain)).toEqual(['"late" @ 275'])
  expect(chain.records).toEqual(['link: retransmission @ 0 {"ms":250,"losses":1,"by":"timeout"}'])
})

describe('connecting', () => {
  test('takes a round trip, and a second for an attempt that is lost', () => {
    expect(connect({ rtt: 80, loss: 5 }, 0.5)).toEqual({ dial: 80 })
    expect(connect({ rtt: 80, loss: 5 }, 0.09)).toEqual({ dial: 1080 })
    expect(connect({ rate: 1000 }, 0)).toBeUndefined()
  })

  test('over half a path takes half of that', () => {
    expect(connect({ rtt: 80, loss: 5 }, 0.09, 'upstream')).toEqual({ dial: 40 })
    expect(connect({ rtt: 80, loss: 5 }, 0.04, 'upstream')).toEqual({ dial: 1040 })
  })
})

describe('presets', () => {
  test('have a round trip, rates and a loss; what is given replaces these', () => {
    const down = chainOf({ preset: 'dsl' })
    down.send(1875)
    // 187.5 KB/s, 50 ms.
    expect(linesAfter(down)).toEqual(['1875 bytes @ 35'])
    const faster = chainOf({ preset: 'dsl', rate_down: '1MB/s', rtt: 10 })
    faster.send(10_000)
    expect(linesAfter(faster)).toEqual(['10000 bytes @ 15'])
  })

  test.each(LINK_PRESET_NAMES)('%s carries everything, in order', (preset) => {
    const chain = chainOf({ preset }, { randomOf: () => randomFor(3) })
    for (let i = 0; i < 5; i++) chain.send(20_000)
    chain.end()
    chain.advanceTo(1e7)
    expect(chain.output.equals(chain.input)).toBe(true)
    expect(chain.lines.at(-1)).toMatch(/^end/)
    expect(link.details).toContain(`\`${preset}\``)
  })
})

describe('live changes', () => {
  test('of other faults leave what is held due when it was', () => {
    for (let seed = 0; seed < 20; seed++) {
      const fault = path({ rtt: 40, rate: '100KB/s', loss: 10 })
      const [left, changed] = [0, 1].map(() => new FaultChain([fault], { randomOf: () => randomFor(seed) }))
      for (const chain of [left, changed]) {
        for (const [at, size] of [
          [0, 30_000],
          [20, 500],
          [700, 3000],
        ] as const) {
          chain?.advanceTo(at)
          chain?.send(size)
        }
      }
      changed?.set({ type: 'noop' }, fault)
      for (const chain of [left, changed]) chain?.advanceTo(1e7)
      const ends = [left, changed].map((chain) => chain?.delivered.at(-1)?.at ?? NaN)
      expect(ends[1]).toBeCloseTo(ends[0] ?? NaN, 3)
      expect(changed?.records).toEqual(left?.records)
      expect(changed?.output.equals(changed.input)).toBe(true)
    }
  })

  test('an update times what is held anew, and removing delivers it, ends included', () => {
    const chain = chainOf({ rtt: 1000 })
    chain.send('a')
    chain.end()
    chain.advanceTo(100)
    chain.set(path({ rtt: 400 }))
    chain.advanceTo(200)
    expect(chain.lines).toEqual(['"a" @ 200', 'end @ 200'])

    const removed = chainOf({ rtt: 1000 })
    removed.send('a')
    removed.end()
    removed.advanceTo(100)
    removed.set()
    expect(removed.lines).toEqual(['"a" @ 100', 'end @ 100'])
  })

  test('a warm connection stays warm', () => {
    const chain = chainOf({ rtt: 20 })
    chain.send(65_000)
    chain.advanceTo(100)
    chain.set(path({ rtt: 30 }))
    chain.send(40 * MSS)
    expect(linesAfter(chain).slice(3)).toEqual([`${40 * MSS} bytes @ 115`])
  })
})

describe('parameters', () => {
  test.each([
    [{}, 'preset is missing: expected a preset, or at least one of rtt, rate, rate_down, rate_up and loss'],
    [{ slow_start: false }, 'preset is missing'],
    [{ preset: '5g' }, 'preset: expected one of'],
    [{ loss: 101 }, 'loss: expected a percentage'],
  ])('%j is refused', (params, message) => {
    expect(() => parseParams('link', params)).toThrow(message)
  })

  test('are warned of where the loss model was not measured', () => {
    expect(warnings({ preset: 'satellite' })).toEqual([expect.stringContaining('not at 600 ms')])
    expect(warnings({ preset: 'satellite', loss: 0 })).toEqual([])
    expect(warnings({ preset: 'starlink' })).toEqual([])
  })
})

// The window was that of the oldest remembered piece, which began at Infinity, or when the delay in front would have been over: nothing ever
// came, or a minute late.
test.each([
  { type: 'bandwidth', params: { rate: 0 } },
  { type: 'latency', params: { latency: '60s' } },
])('slow start goes on after more pieces than it remembers have waited in front: $type', (front) => {
  const slicer = { type: 'slicer', params: { average_size: 1 } }
  const link = { type: 'link', params: { rtt: 100 } }
  const chain = new FaultChain([slicer, front, link])
  chain.send(1024)
  chain.send(1024)
  chain.advanceTo(1000)
  chain.set(slicer, link)
  chain.advanceTo(2000)
  expect(chain.output.equals(chain.input)).toBe(true)
})
