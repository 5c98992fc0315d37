import { describe, expect, test } from 'vitest'
import type { FaultContext } from '../../../src/core/fault-factory.ts'
import type { FaultDirection } from '../../../src/core/words.ts'
import { parseParams } from '../../../src/faults/index.ts'
import { latency as definition } from '../../../src/faults/latency.ts'
import { normalCdf, normalQuantile } from '../../../src/faults/models/normal.ts'
import { FaultChain, SharedObjects } from '../../support/fault-chain.ts'
import { ManualRandom } from '../../support/manual-random.ts'

const latency = (latency: number | string, jitter: number | string = 0) => ({
  type: 'latency',
  params: { latency, jitter },
})

test('every chunk comes later by the same time, however close they are', () => {
  const chain = new FaultChain([latency(200)])
  for (let i = 0; i < 4; i++) {
    chain.advanceTo(i * 30)
    chain.send(`write ${i}`)
  }
  chain.advanceTo(1000)
  expect(chain.lines).toEqual(['"write 0" @ 200', '"write 1" @ 230', '"write 2" @ 260', '"write 3" @ 290'])
  expect(chain.applied('latency')).toBe(4)
})

test('jitter spreads both ways, and a small draw waits behind its predecessor', () => {
  const chain = new FaultChain([latency(100, 50)], { randomOf: () => new ManualRandom(0.999999, 0, 0.5) })
  chain.send('slow')
  chain.send('fast')
  chain.send('middle')
  chain.advanceTo(1000)
  expect(chain.lines).toEqual(['"slow" @ 150', '"fast" @ 150', '"middle" @ 150'])
  chain.send('slow')
  chain.advanceTo(2000)
  chain.send('fast')
  chain.advanceTo(3000)
  expect(chain.lines.slice(3)).toEqual(['"slow" @ 1150', '"fast" @ 2050'])
})

test('jitter larger than the latency never makes a chunk early', () => {
  const chain = new FaultChain([latency(10, 100)], { randomOf: () => new ManualRandom(0) })
  chain.advanceTo(50)
  chain.send('a')
  expect(chain.lines).toEqual(['"a" @ 50'])
  expect(chain.applied('latency')).toBe(0)
})

test('the end is not delayed by itself but stays behind the bytes', () => {
  const chain = new FaultChain([latency(100)])
  chain.end()
  expect(chain.lines).toEqual(['end @ 0'])

  const busy = new FaultChain([latency(100)])
  busy.send('a')
  busy.end()
  busy.advanceTo(1000)
  expect(busy.lines).toEqual(['"a" @ 100', 'end @ 100'])
})

test('its own hold is no reason to keep the sender waiting', () => {
  const chain = new FaultChain([latency(1000)])
  chain.send('a')
  expect(chain.welcomeAt).toBeLessThanOrEqual(0)
})

test('two latencies add up', () => {
  const chain = new FaultChain([latency(500), { ...latency(500), name: 'second' }])
  chain.send('a')
  chain.advanceTo(2000)
  expect(chain.lines).toEqual(['"a" @ 1000'])
})

test('removing it delivers what it held at once', () => {
  const chain = new FaultChain([latency(3000)])
  for (const text of ['a', 'b', 'c']) chain.send(text)
  chain.advanceTo(100)
  chain.set()
  expect(chain.lines).toEqual(['"a" @ 100', '"b" @ 100', '"c" @ 100'])
})

test('updating it counts the new delay from when the bytes came', () => {
  const chain = new FaultChain([latency(3000)])
  for (let i = 0; i < 3; i++) {
    chain.advanceTo(i * 40)
    chain.send(`${i}`)
  }
  chain.advanceTo(100)
  chain.set(latency(500))
  chain.advanceTo(2000)
  expect(chain.lines).toEqual(['"0" @ 500', '"1" @ 540', '"2" @ 580'])
})

test('a latency added to a live connection delays what comes after', () => {
  const chain = new FaultChain([])
  chain.send('before')
  chain.set(latency(10))
  chain.send('after')
  chain.advanceTo(100)
  expect(chain.lines).toEqual(['"before" @ 0', '"after" @ 10'])
})

/** How much later than it came each of the next chunks is due, where nothing waits for another. */
function delays(chain: FaultChain, chunks: number): number[] {
  return Array.from({ length: chunks }, () => {
    const sentAt = chain.clock.now()
    chain.send('x')
    chain.advanceTo(sentAt + 100_000)
    return (chain.delivered.at(-1)?.at ?? NaN) - sentAt
  })
}

const drawing = (...numbers: readonly number[]) => ({ randomOf: () => new ManualRandom(...numbers) })

const spread = (distribution: string, more: object = {}) => ({
  type: 'latency',
  params: { latency: 100, jitter: 10, distribution, ...more },
})

const warnings = (params: object) => definition.warnings?.(definition.params.parse(params))

const leaning = (correlation: number, jitter = 10) => ({
  type: 'latency',
  params: { latency: 100, jitter, distribution: 'normal', correlation },
})

const waving = (shape: string, more: object = {}) => ({
  type: 'latency',
  params: { latency: 100, wave: { shape, amplitude: 40, period: 1_000_000 }, ...more },
})

/** The delays of chunks that come at these times. */
function delaysAt(chain: FaultChain, ...times: readonly number[]): number[] {
  return times.map((time) => {
    chain.advanceTo(time)
    chain.send('x')
    chain.advanceTo(time + 10_000)
    return (chain.delivered.at(-1)?.at ?? NaN) - time
  })
}

/** Counts what is taken of it. */
class CountingRandom {
  taken = 0

  next(): number {
    this.taken++
    return 0.5
  }
}

describe('a distribution', () => {
  test.each([
    ['uniform', 0.25, 95],
    ['normal', normalCdf(1), 110],
    ['lognormal', 0.5, 100 / Math.sqrt(1.01)],
    ['exponential', 1 - Math.exp(-2), 120],
    ['pareto', 1 - 1 / 8, 100 + ((2 - 1.5) * 4 * 10) / 3],
    ['pareto', 0, 100 - 10 / 1.5],
    ['pareto', 0.999, 100 + (10 * 32_767) / 8192],
    ['paretonormal', 1 - 1 / 8, 100 + normalQuantile(1 - 1 / 8) * 2.5 + ((2 - 1.5) * 4 * 7.5) / 3],
  ])('%s: the draw %d is %d ms', (distribution, draw, ms) => {
    expect(delays(new FaultChain([spread(distribution)], drawing(draw)), 1)[0]).toBeCloseTo(ms, 9)
  })

  test('never makes a chunk early', () => {
    const normal = { type: 'latency', params: { latency: 10, jitter: 20, distribution: 'normal' } }
    const chain = new FaultChain([normal], drawing(normalCdf(-1), 0, normalCdf(1)))
    const [early, least, late] = delays(chain, 3)
    expect([early, least]).toEqual([0, 0])
    expect(late).toBeCloseTo(30, 9)
    expect(chain.applied('latency')).toBe(1)
  })

  test('takes one number for each chunk, and none without jitter', () => {
    for (const distribution of ['uniform', 'normal', 'lognormal', 'exponential', 'pareto', 'paretonormal']) {
      for (const [jitter, correlation, taken] of [
        [10, 0, 5],
        [10, 0.5, 5],
        [0, 0.5, 0],
      ] as const) {
        const random = new CountingRandom()
        const chain = new FaultChain([spread(distribution, { jitter, correlation })], { randomOf: () => random })
        delays(chain, 5)
        expect(random.taken).toBe(taken)
      }
    }
  })

  test('that needs a table and has none, or has one and is another, is refused', () => {
    expect(() => parseParams('latency', { distribution: 'table' })).toThrow('table is missing: expected a table')
    expect(() => parseParams('latency', { distribution: 'normal', table: { p50: 1 } })).toThrow(
      'distribution: expected table, or none, because there is a table, got "normal"',
    )
    expect(() => parseParams('latency', { jitter: 5, table: { p50: 1 } })).toThrow('jitter: expected 0')
    expect(() => parseParams('latency', { jitter: 5, distribution: 'lognormal' })).toThrow('latency is missing')
    expect(() => parseParams('latency', { latency: 0, jitter: 5, distribution: 'lognormal' })).toThrow(
      'latency: expected a duration above 0, because it is the mean of the lognormal distribution, got 0',
    )
    expect(() => parseParams('latency', { distribution: 'gamma' })).toThrow(
      'distribution: expected one of uniform, normal, lognormal, exponential, pareto, paretonormal, table, got "gamma"',
    )
  })

  test('that cannot show is warned of', () => {
    expect(warnings({ latency: 10, distribution: 'normal', correlation: 0.5 })).toEqual([
      'distribution does nothing without jitter',
      'correlation does nothing where no delay is drawn: there is neither jitter nor a table',
    ])
    expect(warnings({ latency: 10, jitter: 5, distribution: 'normal', correlation: 0.5 })).toEqual([])
    expect(warnings({ table: { p50: 5 }, distribution: 'table', correlation: 0.5 })).toEqual([])
    expect(warnings({ latency: 10 })).toEqual([])
  })
})

describe('a table', () => {
  test('is drawn from, on top of the latency', () => {
    const table = { p0: '10ms', p50: '20ms', 'p99.9': '2s' }
    const chain = new FaultChain([{ type: 'latency', params: { table } }], drawing(0, 0.25, 0.5, 0.9995))
    expect(delays(chain, 4)).toEqual([10, 15, 20, 2000])
    const shifted = new FaultChain([{ type: 'latency', params: { table, latency: 5 } }], drawing(0.25))
    expect(delays(shifted, 2)).toEqual([20, 20])
  })

  test('may be a histogram as CSV', () => {
    const table = 'upper_bound,count\n10ms,1\n30ms,3\n'
    const params = { table, distribution: 'table' }
    const chain = new FaultChain([{ type: 'latency', params }], drawing(0.125, 0.25, 0.625))
    expect(delays(chain, 3)).toEqual([5, 10, 20])
  })

  test('once validated is validated again without change', () => {
    const given = { table: { p50: '20ms', 'p99.9': '2s' }, distribution: 'table', correlation: '30%' }
    const params = parseParams('latency', given)
    expect(params).toEqual({
      latency: 0,
      jitter: 0,
      table: { p50: 20, 'p99.9': 2000 },
      distribution: 'table',
      correlation: 0.3,
    })
    expect(parseParams('latency', params)).toEqual(params)
  })
})

describe('correlation', () => {
  test('leans each draw on the one before', () => {
    const chain = new FaultChain([leaning(0.6)], drawing(normalCdf(2), 0.5, 0.5, normalCdf(-1)))
    const [first, second, third, fourth] = delays(chain, 4)
    expect(first).toBeCloseTo(120, 9)
    expect(second).toBeCloseTo(112, 9)
    expect(third).toBeCloseTo(107.2, 9)
    expect(fourth).toBeCloseTo(100 + 10 * (0.6 * 0.72 - 0.8), 9)
  })

  test('of 1 repeats the first draw, however unlikely', () => {
    for (const draw of [0, normalCdf(1), 1 - 2 ** -32]) {
      const chain = new FaultChain([leaning(1)], drawing(draw, 0.5, 0.5))
      const [first = NaN, ...rest] = delays(chain, 4)
      expect(first).toBeGreaterThanOrEqual(36)
      for (const other of rest) expect(other).toBeCloseTo(first, 9)
    }
  })

  test('goes on over an update', () => {
    const chain = new FaultChain([leaning(0.6)], drawing(normalCdf(2)))
    delays(chain, 1)
    chain.set(leaning(0.6, 20))
    // The new stage draws the same number again.
    expect(delays(chain, 1)[0]).toBeCloseTo(100 + 20 * (0.6 * 2 + 0.8 * 2), 9)
  })
})

describe('a wave', () => {
  const QUARTERS = [0, 250_000, 500_000, 750_000, 1_000_000, 1_250_000]

  test.each([
    ['sine', [100, 140, 100, 60, 100, 140]],
    ['square', [140, 140, 60, 60, 140, 140]],
    ['saw', [60, 80, 100, 120, 60, 80]],
    ['triangle', [100, 140, 100, 60, 100, 140]],
  ])('%s, at quarters of its period', (shape, expected) => {
    expect(delaysAt(new FaultChain([waving(shape)]), ...QUARTERS)).toEqual(expected)
  })

  test('begins when the fault begins to work', () => {
    const chain = new FaultChain()
    chain.advanceTo(123_000)
    chain.set(waving('saw'))
    expect(delaysAt(chain, 123_000, 373_000)).toEqual([60, 80])
  })

  test('goes on over an update', () => {
    const chain = new FaultChain([waving('saw')])
    chain.advanceTo(500_000)
    chain.set(waving('saw', { latency: 200 }))
    expect(delaysAt(chain, 750_000)).toEqual([220])
  })

  test('is added to what is drawn, and the sum is never below 0', () => {
    const wave = { shape: 'square', amplitude: 40, period: 1_000_000 }
    const fault = { type: 'latency', params: { latency: 30, jitter: 20, wave } }
    const chain = new FaultChain([fault], drawing(0.75))
    expect(delaysAt(chain, 0, 500_000)).toEqual([80, 0])
    expect(chain.applied('latency')).toBe(1)
  })

  test('that falls faster than time goes by makes chunks wait behind their predecessors', () => {
    const wave = { shape: 'square', amplitude: 40, period: 20 }
    const chain = new FaultChain([{ type: 'latency', params: { latency: 50, wave } }])
    chain.send('high')
    chain.advanceTo(10)
    chain.send('low')
    chain.advanceTo(1000)
    expect(chain.lines).toEqual(['"high" @ 90', '"low" @ 90'])
  })

  test('behind a cut pipe holds what the pipe holds', () => {
    const chain = new FaultChain([{ type: 'bandwidth', params: { rate: 0 } }, waving('sine')])
    chain.send('a')
    chain.advanceTo(1e9)
    expect(chain.lines).toEqual([])
    expect(chain.held.toString()).toBe('a')
  })

  test('without height or length is refused', () => {
    const wave = { shape: 'sine', amplitude: 10, period: 10 }
    expect(() => parseParams('latency', { wave: { ...wave, amplitude: 0 } })).toThrow(
      'wave.amplitude: expected a duration above 0, such as "30ms", got 0',
    )
    expect(() => parseParams('latency', { wave: { ...wave, period: '0s' } })).toThrow(
      'wave.period: expected a duration',
    )
  })
})

describe('a handshake', () => {
  const counters = { seen: 0, selected: 0, applied: 0 }

  function verdictOf(params: object, direction: FaultDirection, random = new ManualRandom(0.25, 1 - 2 ** -32)) {
    const context: FaultContext & { readonly direction: FaultDirection } = {
      random,
      counters,
      ending: { origin: 'injected', reason: 'slow' },
      shared: new SharedObjects().of('slow'),
      cells: new SharedObjects().cellsOf('slow', 'latency'),
      record: () => {},
      direction,
    }
    return definition.connect?.(definition.params.parse(params), context, { at: 0, active: 0 })
  }

  test('costs one delay for each direction that the fault acts on', () => {
    expect(verdictOf({ latency: 50, handshake: true }, 'downstream')).toEqual({ dial: 50 })
    expect(verdictOf({ latency: 50, handshake: true }, 'upstream')).toEqual({ dial: 50 })
    expect(verdictOf({ latency: 50, handshake: true }, 'both')).toEqual({ dial: 100 })
  })

  test('is drawn for each of them', () => {
    const params = { latency: 100, jitter: 40, handshake: true }
    expect(verdictOf(params, 'upstream')).toEqual({ dial: 80 })
    expect(verdictOf(params, 'both')?.dial).toBeCloseTo(80 + 140, 6)
    const table = { p0: 10, p100: 50 }
    expect(verdictOf({ table, handshake: true }, 'upstream')).toEqual({ dial: 20 })
    // Each of them by itself cannot be early.
    expect(verdictOf({ latency: 10, jitter: 40, handshake: true }, 'both')?.dial).toBeCloseTo(50, 6)
  })

  test('costs nothing unless asked for, or where there is nothing to wait for', () => {
    expect(verdictOf({ latency: 50 }, 'both')).toBeUndefined()
    expect(verdictOf({ latency: 50, handshake: false }, 'both')).toBeUndefined()
    expect(verdictOf({ handshake: true }, 'both')).toBeUndefined()
  })
})

test('probability may be drawn for each chunk', () => {
  expect(definition.per).toEqual(['session', 'chunk'])
})
