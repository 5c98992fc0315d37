import { describe, expect, test } from 'vitest'
import { begunAnew, fault, updated } from '../../support/engine-rig-faults.ts'
import { RelayRig } from '../../support/engine-rig-relay.ts'

const BOUND = { limits: { maxAddedDelay: 100 } }

/** How it is, and what has disarmed it. */
function state(rig: RelayRig, name: string): unknown {
  const { faults } = rig.counters.data(0)
  return [faults[name]?.state, faults[name]?.disarmed?.value]
}

describe('a chunk that would be held for longer than the bound', () => {
  test('passes at once, and so does all that comes', () => {
    const rig = new RelayRig()
    const slow = fault('latency', { latency: 90 }, BOUND)
    rig.faults(slow)
    rig.receive('a')
    rig.clock.advance(200)
    rig.faults(updated(slow, { latency: 110 }))
    rig.receive('b')
    rig.receive('c')
    rig.clock.advance(100)
    expect(rig.lines).toEqual(['"a" @ 90', '"b" @ 200', '"c" @ 200'])
    expect(state(rig, 'latency')).toEqual(['disarmed', 110])
    expect(rig.counters.ofFault('latency')).toMatchObject({ applied: 1, active: 0 })
    expect(rig.decisions.list().at(-1)).toMatchObject({
      kind: 'limit',
      what: 'max_added_delay',
      fault: 'latency',
      detail: { scope: 'fault', bound: 100, value: 110 },
    })
  })

  test('does not go before those that are held already, and these go when the session is in step', () => {
    const rig = new RelayRig()
    const wave = { shape: 'saw', amplitude: 45, period: 1000 }
    rig.faults(fault('latency', { latency: 60, wave }, BOUND))
    rig.receive('a', 880)
    rig.receive('b', 70)
    expect([rig.lines, state(rig, 'latency')]).toEqual([[], ['disarmed', expect.closeTo(100.5)]])
    rig.clock.advance(10)
    rig.receive('c')
    expect(rig.lines).toEqual(['"a" @ 951', '"b" @ 951', '"c" @ 960'])
  })

  test('is one that never would go, too: what a cut pipe holds', () => {
    const rig = new RelayRig()
    rig.faults(fault('bandwidth', { rate: 0 }, BOUND))
    rig.receive('a')
    rig.receive('b', 10)
    expect(rig.lines).toEqual(['"a" @ 0', '"b" @ 10'])
    expect(state(rig, 'bandwidth')).toEqual(['disarmed', Number.MAX_SAFE_INTEGER])
    expect(rig.source.reading).toBe(true)
  })

  test('is one that a thin pipe has no room for: what is in front keeps its place', () => {
    const rig = new RelayRig()
    rig.faults(fault('bandwidth', { rate: 1000 }, BOUND))
    rig.receive(Buffer.from('x'.repeat(50)))
    rig.receive(Buffer.from('y'.repeat(100)))
    rig.clock.advance(1000)
    expect(rig.text).toBe('x'.repeat(50) + 'y'.repeat(100))
    expect(state(rig, 'bandwidth')).toEqual(['disarmed', expect.any(Number)])
  })

  test('may be the end', () => {
    const rig = new RelayRig()
    rig.faults(fault('slow_close', { delay: 1000 }, BOUND))
    rig.receive('a')
    rig.relay.sourceEnded()
    rig.clock.advance(50)
    expect(rig.lines).toEqual(['"a" @ 0', 'end @ 0'])
  })

  test('is measured for each fault by itself', () => {
    const rig = new RelayRig()
    rig.faults(
      fault('latency', { latency: 80 }, { name: 'one', ...BOUND }),
      fault('latency', { latency: 80 }, { name: 'two', ...BOUND }),
    )
    rig.receive('a')
    rig.clock.advance(200)
    expect(rig.lines).toEqual(['"a" @ 160'])
  })

  test('of several faults with an owner, one is enough to disarm all', () => {
    const rig = new RelayRig()
    const more = { owner: 'profile:x', ownerLimits: { maxAddedDelay: 100 } }
    rig.faults(
      fault('latency', { latency: 50 }, { name: 'short', ...more }),
      fault('latency', { latency: 200 }, { name: 'long', ...more }),
    )
    rig.receive('a')
    rig.clock.advance(30)
    expect(rig.lines).toEqual(['"a" @ 1'])
    expect([state(rig, 'short'), state(rig, 'long')]).toEqual([
      ['disarmed', 200],
      ['disarmed', 200],
    ])
  })

  test('counts for the process as well', () => {
    const rig = new RelayRig({ limits: { maxAddedDelay: 100 } })
    rig.faults(fault('latency', { latency: 200 }))
    rig.receive('a')
    expect(rig.lines).toEqual(['"a" @ 0'])
  })
})

test('exactly the bound is not too long', () => {
  const rig = new RelayRig()
  rig.faults(fault('latency', { latency: 100 }, BOUND))
  rig.receive('a')
  rig.clock.advance(100)
  expect([rig.lines, state(rig, 'latency')]).toEqual([['"a" @ 100'], ['working', undefined]])
})

test('a fault that is armed again holds what comes', () => {
  const rig = new RelayRig()
  const slow = fault('latency', { latency: 200 }, BOUND)
  rig.faults(slow)
  rig.receive('a')
  rig.clock.advance(10)
  rig.faults(begunAnew(slow, { limits: { maxAddedDelay: 300 } }))
  rig.receive('b')
  rig.clock.advance(500)
  expect(rig.lines).toEqual(['"a" @ 0', '"b" @ 210'])
  expect(state(rig, 'latency')).toEqual(['working', undefined])
})

describe('what a fault takes and does not give on', () => {
  test('has lasted too long when it has lasted for the bound: who has lost bytes is reset', () => {
    const rig = new RelayRig()
    rig.faults(fault('blackhole', {}, BOUND))
    rig.receive('a', 50)
    rig.clock.advance(99)
    expect([rig.lines, state(rig, 'blackhole')]).toEqual([[], ['working', undefined]])
    rig.clock.advance(10)
    expect(rig.lines).toEqual(['reset @ 150 (injected: blackhole)'])
    expect(state(rig, 'blackhole')).toEqual(['disarmed', 100])
  })

  test('begins with the first of it: what has been given on since counts for nothing', () => {
    const rig = new RelayRig()
    rig.faults(fault('limit_data', { bytes: 3, end: 'stall' }, BOUND))
    rig.receive('abc')
    rig.clock.advance(500)
    expect(state(rig, 'limit_data')).toEqual(['working', undefined])
    rig.receive('d')
    rig.clock.advance(100)
    expect(state(rig, 'limit_data')).toEqual(['disarmed', 100])
    expect(rig.text).toBe('abc')
  })
})

test('nothing stays scheduled of a bound that is gone', () => {
  const rig = new RelayRig()
  const hole = fault('timeout', {}, BOUND)
  rig.faults(hole)
  rig.receive('a')
  expect(rig.scheduler.size).toBe(1)
  rig.faults({ ...begunAnew(hole, {}), limits: {} })
  expect(rig.scheduler.size).toBe(0)
})
