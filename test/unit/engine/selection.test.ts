import { EventEmitter } from 'node:events'
import { describe, expect, test } from 'vitest'
import type { Decision } from '../../../src/core/decision.ts'
import type { FaultPlan } from '../../../src/core/plan.ts'
import { DecisionLog } from '../../../src/engine/decision-log.ts'
import { faultFactory } from '../../../src/faults/index.ts'
import { FaultSet } from '../../../src/engine/fault-set.ts'
import { Limits } from '../../../src/engine/limits.ts'
import { ProxyCounters } from '../../../src/engine/proxy-counters.ts'
import { createReplay } from '../../../src/engine/replay.ts'
import { Scheduler } from '../../../src/engine/scheduler.ts'
import { Selection } from '../../../src/engine/selection.ts'
import { fault, redrawn } from '../../support/engine-rig-faults.ts'
import { ManualClock } from '../../support/manual-clock.ts'

/** A proxy without sockets: its faults, and sessions that come and go. */
class Rig {
  readonly clock = new ManualClock()
  readonly counters = new ProxyCounters()
  readonly decisions = new DecisionLog(1, 1000)
  readonly faults: FaultSet
  readonly shared
  ordinal = 0
  moves = 0

  constructor(replay?: readonly Decision[]) {
    const scheduler = new Scheduler(this.clock)
    const recorded = replay === undefined ? {} : { replay: createReplay(replay) }
    this.shared = {
      seed: 1,
      clock: this.clock,
      scheduler,
      decisions: this.decisions,
      factory: faultFactory,
      limits: new Limits({ clock: this.clock, decisions: this.decisions, events: new EventEmitter() }),
      ...recorded,
    }
    this.faults = new FaultSet(this.shared, 'pg', this.counters, () => this.moves++)
  }

  plan(...plans: readonly FaultPlan[]): void {
    this.faults.update(plans, this.ordinal)
  }

  session(clientAddress = '127.0.0.1:50000'): Selection {
    const ordinal = ++this.ordinal
    return new Selection({ shared: this.shared, proxy: 'pg', ordinal, id: `s${ordinal}`, clientAddress })
  }

  /** Whether the only fault works on it. */
  works(session: Selection): boolean {
    const [only] = this.faults.now
    if (only === undefined) throw new Error('no fault')
    return session.works(only)
  }

  /** For so many new sessions. */
  outcomes(count: number, client?: string): readonly boolean[] {
    return Array.from({ length: count }, () => this.works(this.session(client)))
  }

  reasons(): readonly (string | undefined)[] {
    return this.decisions.list().map(({ reason }) => reason)
  }

  tally(name = 'noop') {
    const { seen, selected, active, skipped } = this.counters.ofFault(name)
    return { seen, selected, active, skipped }
  }
}

const T = true
const F = false

describe('match.session', () => {
  test.each([
    [{ skip: 2 }, [F, F, T, T, T]],
    [{ first: 2 }, [T, T, F, F, F]],
    [{ skip: 1, first: 2 }, [F, T, T, F, F]],
    [{ every: 3 }, [F, F, T, F, F, T, F]],
    [{ skip: 1, every: 2, max: 2 }, [F, F, T, F, T, F, F, F]],
    [{ max: 1 }, [T, F, F]],
    [{}, [T, T]],
  ])('%j', (session, expected) => {
    const rig = new Rig()
    rig.plan(fault('noop', {}, { match: { session } }))
    expect(rig.outcomes(expected.length)).toEqual(expected)
  })

  test('counts the sessions that match by address', () => {
    const rig = new Rig()
    rig.plan(fault('noop', {}, { match: { client: ['10.0.0.0/8'], session: { every: 2 } } }))
    expect(rig.outcomes(3, '127.0.0.1:1')).toEqual([F, F, F])
    expect(rig.outcomes(4, '10.0.0.1:1')).toEqual([F, T, F, T])
    expect(rig.tally().skipped).toEqual({ match: 5 })
  })
})

test('sessions that are older than the fault can be left alone', () => {
  const rig = new Rig()
  const old = rig.session()
  rig.plan(fault('noop', {}, { existing: 'skip' }))
  expect([rig.works(old), rig.works(rig.session())]).toEqual([F, T])
  expect(rig.reasons()).toEqual(['existing', undefined])
})

test('a session is asked once, whoever asks, and everything is counted and put on record', () => {
  const rig = new Rig()
  rig.plan(fault('noop', {}, { probability: 0.5 }))
  const sessions = Array.from({ length: 100 }, () => rig.session())
  const first = sessions.map((session) => rig.works(session))
  expect(sessions.map((session) => rig.works(session))).toEqual(first)
  const selected = first.filter(Boolean).length
  expect(rig.tally()).toEqual({ seen: 100, selected, active: selected, skipped: { draw: 100 - selected } })
  expect(rig.decisions.list().map((one) => one.selected)).toEqual(first)
  expect(rig.decisions.list()[4]).toMatchObject({
    proxy: 'pg',
    fault: 'noop',
    type: 'noop',
    session: 's5',
    ordinal: 5,
    seed: 1,
  })
  for (const session of sessions) session.close()
  expect(rig.tally().active).toBe(0)
})

function drawn(others: readonly FaultPlan[], draw = 0): readonly boolean[] {
  const rig = new Rig()
  rig.plan({ ...fault('noop', {}, { name: 'x', probability: 0.5 }), draw }, ...others)
  return rig.outcomes(200)
}

test('a draw depends on nothing but seed, proxy, ordinal, fault and the number of the draw', () => {
  const alone = drawn([])
  expect(drawn([fault('noop', {}, { name: 'y', probability: 0.5 }), fault('latency')])).toEqual(alone)
  expect(drawn([], 1)).not.toEqual(alone)
})

test('another draw decides anew, another probability alone holds the draw against it', () => {
  const rig = new Rig()
  const half = fault('noop', {}, { probability: 0.5 })
  rig.plan(half)
  const sessions = Array.from({ length: 100 }, () => rig.session())
  const first = sessions.map((session) => rig.works(session))
  rig.plan({ ...redrawn(half, 0.8), draw: half.draw })
  const more = sessions.map((session) => rig.works(session))
  expect(more.every((works, index) => works || first[index] === false)).toBe(true)
  expect(more.filter(Boolean).length).toBeGreaterThan(first.filter(Boolean).length)
  rig.plan({ ...redrawn(half, 0.5), draw: half.draw })
  expect(sessions.map((session) => rig.works(session))).toEqual(first)
  expect(rig.tally().active).toBe(first.filter(Boolean).length)
  rig.plan(redrawn(half, 0.5))
  expect(sessions.map((session) => rig.works(session))).not.toEqual(first)
})

test('max_active bounds the sessions at a time, and a place that is free is taken by the next', () => {
  const rig = new Rig()
  rig.plan(fault('noop', {}, { limits: { maxActive: 2 } }))
  const [a, b, c] = [rig.session(), rig.session(), rig.session()]
  expect([a, b, c].map((session) => rig.works(session))).toEqual([T, T, F])
  a.close()
  expect(rig.works(rig.session())).toBe(true)
  expect(rig.works(c)).toBe(false)
  expect(rig.tally()).toMatchObject({ active: 2, skipped: { max_active: 1 } })
})

test('a fault that has acted as often as it may selects nobody any more, until it begins again', () => {
  const rig = new Rig()
  const limited = fault('noop', {}, { limits: { maxInjections: 3 } })
  rig.plan(limited)
  expect(rig.outcomes(1)).toEqual([T])
  const [noop] = rig.faults.now
  if (noop !== undefined) noop.work.counters.applied += 3
  expect(rig.outcomes(1)).toEqual([F])
  expect([rig.reasons().at(-1), rig.counters.data(0).faults['noop']?.state]).toEqual(['max_injections', 'spent'])
  rig.plan({ ...limited, epoch: 1 })
  expect(rig.outcomes(1)).toEqual([T])
  expect(rig.counters.data(0).faults['noop']?.state).toBe('working')
})

test('outside its window a fault works on nobody and decides nothing', () => {
  const rig = new Rig()
  rig.plan(fault('noop', {}, { schedule: { after: 100, for: 50 } }))
  const session = rig.session()
  const asked = (): unknown[] => [rig.works(session), rig.moves, rig.counters.data(0).faults['noop']?.state]
  expect(asked()).toEqual([F, 0, 'waiting'])
  expect(rig.decisions.total).toBe(0)
  rig.clock.advance(100)
  expect(asked()).toEqual([T, 1, 'working'])
  rig.clock.advance(50)
  expect(asked()).toEqual([F, 2, 'over'])
  rig.clock.advance(1e6)
  expect(rig.moves).toBe(2)
  rig.plan()
  expect(rig.counters.data(0).faults['noop']?.state).toBe('gone')
})

test('a recorded run is followed whatever the probability and the seed are now', () => {
  const first = new Rig()
  first.plan(fault('noop', {}, { probability: 0.5 }))
  const outcomes = first.outcomes(50)
  const again = new Rig(first.decisions.list())
  again.plan(fault('noop', {}, { probability: 1 }))
  expect(again.outcomes(50)).toEqual(outcomes)
  expect(again.outcomes(2)).toEqual([T, T])
  expect(again.tally().skipped).toEqual({ replay: outcomes.filter((one) => !one).length })
})

describe('a new draw', () => {
  // With each change of the probability all live sessions came once more: the one that was meant to be the first became the second.
  test('leaves sessions where they stand in the order', () => {
    const rig = new Rig()
    const first = fault('noop', {}, { match: { session: { first: 2, max: 2 } } })
    rig.plan(first)
    const sessions = Array.from({ length: 3 }, () => rig.session())
    const outcomes = () => sessions.map((session) => rig.works(session))
    expect(outcomes()).toEqual([true, true, false])
    rig.plan(redrawn(first, 0))
    expect(outcomes()).toEqual([false, false, false])
    rig.plan(redrawn(first, 1))
    expect(outcomes()).toEqual([true, true, false])
    expect(rig.outcomes(2)).toEqual([false, false])
    rig.plan({ ...redrawn(first, 1), match: { session: { first: 4 } } })
    expect(outcomes()).toEqual([true, true, true])
  })
})

test('a fault of another type under the same name is known as what it is', () => {
  const rig = new Rig()
  rig.plan(fault('noop', {}, { name: 'x' }))
  rig.plan(fault('latency', {}, { name: 'x' }))
  expect(rig.counters.data(0).faults['x']?.state).toBe('working')
  rig.plan()
  expect(rig.counters.data(0).faults['x']?.state).toBe('gone')
})
