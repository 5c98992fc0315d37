import { describe, expect, test } from 'vitest'
import type { Door } from '../../../src/core/fault-factory.ts'
import { randomFor } from '../../../src/core/random.ts'
import { ConnectionFault } from '../../support/connection-fault.ts'
import { ManualRandom } from '../../support/manual-random.ts'

/** The times at which the door changes up to `until`, asked as the engine does: whenever it wants to be. */
function changes(door: Door, from: number, until: number): number[] {
  const times: number[] = []
  let shut = door.shut(from, 0)
  for (let at = door.wakeAt ?? Infinity; at <= until; at = door.wakeAt ?? Infinity) {
    const now = door.shut(at, 0)
    if (now === shut) throw new Error(`nothing has changed at ${at}`)
    shut = now
    times.push(at)
  }
  return times
}

test('begins up when it is first asked, and is down and up by turns from then on', () => {
  const fault = new ConnectionFault('flap')
  const door = fault.door({ up: '1s', down: '200ms' })
  expect(door.shut(50, 0)).toBe(false)
  expect(door.wakeAt).toBe(1050)
  expect(changes(door, 50, 3700)).toEqual([1050, 1250, 2250, 2450, 3450, 3650])
  expect(fault.counters.applied).toBe(3)
  expect(fault.records.slice(0, 3)).toEqual([
    'shut @ 1050 {"ms":200}',
    'opened @ 1250 {"ms":1000}',
    'shut @ 2250 {"ms":200}',
  ])
})

test('asking in between changes nothing', () => {
  const fault = new ConnectionFault('flap')
  const door = fault.door({ up: 100, down: 50 })
  const answers = [0, 0, 99.9, 100, 100, 149.9, 150, 249.9, 250].map((at) => door.shut(at, 0))
  expect(answers).toEqual([false, false, false, true, true, true, false, false, true])
  expect(fault.counters.applied).toBe(2)
})

test('asked late it is where it should be, and has acted only where somebody saw it', () => {
  const fault = new ConnectionFault('flap')
  const door = fault.door({ up: 100, down: 50 })
  door.shut(0, 0)
  expect(door.shut(6 * 150 + 20, 0)).toBe(false)
  expect(door.wakeAt).toBe(6 * 150 + 100)
  expect(fault.records).toEqual([])
  expect(door.shut(13 * 150 + 120, 0)).toBe(true)
  expect(door.wakeAt).toBe(14 * 150)
  expect(fault.counters.applied).toBe(1)
  expect(fault.records).toEqual(['shut @ 2070 {"ms":30}'])
})

test('each period varies by up to the jitter, both ways, and is never shorter than 10 ms', () => {
  const params = { up: 100, down: 50, jitter: 40 }
  const drawn = new ConnectionFault('flap', () => new ManualRandom(0, 0.75, 0.5))
  // 60 up, 70 down, 100 up, 10 (50 - 40) down, 120 up, 50 down.
  expect(changes(drawn.door(params), 0, 410)).toEqual([60, 130, 230, 240, 360, 410])
  const short = new ConnectionFault('flap', () => new ManualRandom(0))
  expect(changes(short.door({ up: 30, down: 20, jitter: 500 }), 0, 40)).toEqual([10, 20, 30, 40])
})

test('the seed decides the pattern', () => {
  const params = { up: 100, down: 100, jitter: 90 }
  const pattern = (seed: number) =>
    changes(new ConnectionFault('flap', () => randomFor(seed, 'flap')).door(params), 0, 5000)
  expect(pattern(1)).toEqual(pattern(1))
  expect(pattern(1)).not.toEqual(pattern(2))
})

test('resets the sessions unless it is told otherwise', () => {
  const fault = new ConnectionFault('flap')
  expect(fault.door({ up: 100, down: 50 }).sessions).toBe('reset')
  expect(fault.door({ up: 100, down: 50, sessions: 'keep' }).sessions).toBe('keep')
})

describe('an update', () => {
  test.each([
    { at: 40, params: { up: 70, down: 50 }, after: [70, 120, 190], why: 'shortens the present period' },
    { at: 40, params: { up: 300, down: 50 }, after: [300, 350], why: 'prolongs it' },
    { at: 40, params: { up: 100, down: 20 }, after: [100, 120, 220], why: 'changes the next one' },
    { at: 120, params: { up: 100, down: 200 }, after: [300, 400], why: 'prolongs the time it is away' },
  ])('$why and keeps the phase', ({ at, params, after }) => {
    const fault = new ConnectionFault('flap')
    const door = fault.door({ up: 100, down: 50 })
    changes(door, 0, at)
    expect(changes(fault.door(params, door), at, 400).slice(0, after.length)).toEqual(after)
  })

  test('ends now what is over by the new length, and skips nothing', () => {
    const fault = new ConnectionFault('flap')
    const door = fault.door({ up: 1000, down: 50 })
    door.shut(0, 0)
    const updated = fault.door({ up: 100, down: 50 }, door)
    expect(updated.shut(900, 0)).toBe(true)
    expect(changes(updated, 900, 1100)).toEqual([950, 1050, 1100])
    expect(fault.records[0]).toBe('shut @ 900 {"ms":50}')
  })

  test('while it is away does not count again', () => {
    const fault = new ConnectionFault('flap')
    const door = fault.door({ up: 100, down: 50 })
    door.shut(0, 0)
    door.shut(100, 0)
    expect(fault.door({ up: 100, down: 60 }, door).shut(110, 0)).toBe(true)
    expect(fault.counters.applied).toBe(1)
  })

  test('finds the phase also when the old one was not asked for several periods, or never', () => {
    const fault = new ConnectionFault('flap')
    const door = fault.door({ up: 100, down: 50 })
    door.shut(0, 0)
    const updated = fault.door({ up: 100, down: 80 }, door)
    expect(updated.shut(1000 + 20, 0)).toBe(true)
    expect(updated.wakeAt).toBe(1000 + 80)
    const unasked = fault.door({ up: 30, down: 20 }, fault.door({ up: 100, down: 50 }))
    expect(changes(unasked, 500, 600)).toEqual([530, 550, 580, 600])
  })

  test('does not draw again for the present period, and goes on with the draws behind it', () => {
    const params = { up: 100, down: 100, jitter: 90 }
    const fault = new ConnectionFault('flap', () => randomFor(3, 'flap'))
    const expected = changes(fault.door(params), 0, 5000)
    let door = fault.door(params)
    const seen: number[] = []
    for (let from = 0; from < 5000; from += 250) {
      seen.push(...changes(door, from, from + 249.999))
      door = fault.door(params, door)
    }
    expect(seen).toEqual(expected.filter((at) => at <= 5000))
  })
})

test.each([
  [{ up: 0, down: '1s' }, 'up: expected at least 10 ms, got 0'],
  [{ up: '1s', down: '5ms' }, 'down: expected at least 10 ms, got "5ms"'],
  [{ up: '1s' }, 'down is missing: expected milliseconds or a duration'],
  [{ up: 'often', down: 50 }, 'up: expected milliseconds or a duration such as "250ms", "1.5s", "5m", got "often"'],
])('%j is refused', (params, message) => {
  expect(() => new ConnectionFault('flap').door(params)).toThrow(message)
})

// A proxy that was disabled for a day with periods of 10 ms had 8 million of them to catch up on, and half a second to do so.
test('asked after very many periods it goes on from then', () => {
  const random = new ManualRandom(0.5)
  let draws = 0
  const counted = { next: () => (draws++, random.next()) }
  const door = new ConnectionFault('flap', () => counted).door({ up: 10, down: 10, jitter: 5 })
  door.shut(0, 0)
  const year = 365 * 86_400_000 + 3
  const shut = door.shut(year, 0)
  expect(draws).toBeLessThan(20_000)
  expect(door.wakeAt).toBe(year + 10)
  expect(door.shut(year + 10, 0)).toBe(!shut)
})
