import { describe, expect, test } from 'vitest'
import { describeFault, faultDefinition } from '../../../src/faults/index.ts'
import { ConnectionFault } from '../../support/connection-fault.ts'

test.each(['refuse', 'flap', 'max_sessions'])('%s acts on the whole proxy: no direction, no probability', (type) => {
  const definition = faultDefinition(type)
  if (definition === undefined) throw new Error(`no fault ${type}`)
  expect(describeFault(definition)).toMatchObject({ layer: 'connection', directions: [], per: [], toxic: null })
  expect(definition).not.toHaveProperty('stage')
})

describe('refuse', () => {
  test('is shut always, whatever the sessions do, and counts once', () => {
    const fault = new ConnectionFault('refuse')
    const door = fault.door({})
    for (const at of [5, 6, 1e6]) for (const active of [0, 1, 100]) expect(door.shut(at, active)).toBe(true)
    expect(door.wakeAt).toBe(Infinity)
    expect(fault.counters.applied).toBe(1)
    expect(fault.records).toEqual(['shut @ 5'])
  })

  test('keeps the sessions unless it is told otherwise', () => {
    const fault = new ConnectionFault('refuse')
    expect(fault.door({}).sessions).toBe('keep')
    expect(fault.door({ sessions: 'close' }).sessions).toBe('close')
    expect(fault.door({ sessions: 'reset' }).sessions).toBe('reset')
    expect(() => fault.door({ sessions: 'kill' })).toThrow('sessions: expected keep, close or reset, got "kill"')
  })

  test('an update of a shut door does not shut it again', () => {
    const fault = new ConnectionFault('refuse')
    const door = fault.door({})
    door.shut(0, 0)
    const updated = fault.door({ sessions: 'reset' }, door)
    expect(updated.shut(10, 0)).toBe(true)
    expect(updated.sessions).toBe('reset')
    expect(fault.counters.applied).toBe(1)
  })
})

describe('max_sessions', () => {
  test('with refuse, the door is shut as long as there is no room', () => {
    const fault = new ConnectionFault('max_sessions')
    const door = fault.door({ max: 2 })
    expect([0, 1, 2, 3, 2, 1, 2].map((active, at) => door.shut(at, active))).toEqual([
      false,
      false,
      true,
      true,
      true,
      false,
      true,
    ])
    expect(door.sessions).toBe('keep')
    expect(door.wakeAt).toBe(Infinity)
    expect(fault.counters.applied).toBe(2)
    expect(fault.records).toEqual(['shut @ 2 {"active":2}', 'opened @ 5 {"active":1}', 'shut @ 6 {"active":2}'])
  })

  test('0 lets none in', () => {
    expect(new ConnectionFault('max_sessions').door({ max: 0 }).shut(0, 0)).toBe(true)
  })

  test.each([
    ['refuse', 'reset'],
    ['queue', 'queue'],
    ['hang', 'hang'],
    ['reset', 'reset'],
    ['close', 'close'],
  ])('with %s, a connection that was accepted and finds no room: %s', (beyond, instead) => {
    const fault = new ConnectionFault('max_sessions')
    const params = { max: 2, beyond }
    expect(fault.connect(params, { at: 0, active: 1 })).toBeUndefined()
    expect(fault.connect(params, { at: 0, active: 2 })).toEqual({ instead })
    expect(fault.connect(params, { at: 0, active: 3 })).toEqual({ instead })
    // Looked at again when a session has ended.
    expect(fault.connect(params, { at: 0, active: 1 })).toBeUndefined()
    expect(fault.counters.applied).toBe(0)
  })

  test.each(['queue', 'hang', 'reset', 'close'])('with %s, the door is open', (beyond) => {
    const fault = new ConnectionFault('max_sessions')
    const door = fault.door({ max: 2, beyond })
    expect([0, 2, 1e9].map((active) => door.shut(0, active))).toEqual([false, false, false])
    expect(fault.records).toEqual([])
  })

  test('an update opens a shut door when there is room now, or nothing is refused any more', () => {
    for (const params of [{ max: 3 }, { max: 2, beyond: 'queue' }]) {
      const fault = new ConnectionFault('max_sessions')
      const door = fault.door({ max: 2 })
      door.shut(0, 2)
      expect(fault.door(params, door).shut(10, 2)).toBe(false)
      expect(fault.records).toEqual(['shut @ 0 {"active":2}', 'opened @ 10 {"active":2}'])
      expect(fault.counters.applied).toBe(1)
    }
  })

  test.each([
    [{}, 'max is missing: expected a whole number of sessions, 0 or more'],
    [{ max: 1.5 }, 'max: expected a whole number of sessions, 0 or more, got 1.5'],
    [{ max: -1 }, 'max: expected a whole number of sessions, 0 or more, got -1'],
    [{ max: '10' }, 'max: expected a whole number of sessions, 0 or more, got "10"'],
    [{ max: 1, beyond: 'wait' }, 'beyond: expected refuse, queue, hang, reset or close, got "wait"'],
  ])('%j is refused', (params, message) => {
    expect(() => new ConnectionFault('max_sessions').door(params)).toThrow(message)
  })
})
