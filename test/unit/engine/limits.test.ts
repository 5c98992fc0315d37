import { EventEmitter } from 'node:events'
import { describe, expect, test } from 'vitest'
import type { FaultLimits, FaultPlan } from '../../../src/core/plan.ts'
import { DecisionLog } from '../../../src/engine/decision-log.ts'
import { Doors } from '../../../src/engine/doors.ts'
import type { EngineEvents } from '../../../src/engine/events.ts'
import { FaultSet } from '../../../src/engine/fault-set.ts'
import { Limits } from '../../../src/engine/limits.ts'
import { ProxyCounters } from '../../../src/engine/proxy-counters.ts'
import { Scheduler } from '../../../src/engine/scheduler.ts'
import { Selection } from '../../../src/engine/selection.ts'
import { faultFactory } from '../../../src/faults/index.ts'
import { begunAnew, fault, likelier } from '../../support/engine-rig-faults.ts'
import { ManualClock } from '../../support/manual-clock.ts'

/** Several proxies without sockets, in one process. */
class Process {
  readonly clock = new ManualClock()
  readonly factory = faultFactory
  readonly decisions = new DecisionLog(1, 1000)
  readonly events = new EventEmitter<EngineEvents>()
  readonly told: object[] = []
  readonly scheduler = new Scheduler(this.clock)
  readonly limits: Limits

  constructor(limits?: FaultLimits) {
    this.limits = new Limits({ clock: this.clock, decisions: this.decisions, events: this.events, limits })
    this.events.on('limit-crossed', (crossed) => this.told.push(crossed))
  }

  proxy(name: string, ...plans: readonly FaultPlan[]): Place {
    const place = new Place(this, name)
    place.plan(...plans)
    return place
  }

  crossings(): readonly object[] {
    return this.decisions
      .list()
      .filter(({ kind }) => kind === 'limit')
      .map(({ proxy, fault: name, what, detail }) => Object.assign({ proxy, fault: name, limit: what }, detail))
  }
}

class Place {
  readonly counters = new ProxyCounters()
  readonly sessions: Selection[] = []
  readonly faults: FaultSet
  readonly #process: Process
  readonly #name: string

  constructor(process: Process, name: string) {
    this.#process = process
    this.#name = name
    this.faults = new FaultSet(process, name, this.counters, () => this.#inStep())
  }

  plan(...plans: readonly FaultPlan[]): void {
    this.faults.update(plans, this.sessions.length)
    this.#inStep()
  }

  #inStep(): void {
    for (const session of this.sessions) session.forgetBut(this.faults.now)
  }

  /** A session comes; answers which faults work on it. */
  come(): string {
    const ordinal = this.sessions.length + 1
    const { clock, decisions } = this.#process
    const shared = { seed: 1, clock, decisions, factory: faultFactory }
    const session = new Selection({
      shared,
      proxy: this.#name,
      ordinal,
      id: `${ordinal}`,
      clientAddress: '127.0.0.1:1',
    })
    this.sessions.push(session)
    return this.working(session)
  }

  working(session: Selection): string {
    const works = this.faults.now.filter((one) => session.works(one))
    return works.map(({ work }) => work.name).join(' ')
  }

  times(count: number): readonly string[] {
    return Array.from({ length: count }, () => this.come())
  }

  act(name: string, times = 1): void {
    const work = this.faults.now.find((one) => one.work.name === name)?.work
    if (work !== undefined) for (let act = 0; act < times; act++) work.counters.applied++
  }

  states(): Readonly<Record<string, string>> {
    const { faults } = this.counters.data(0)
    return Object.fromEntries(Object.entries(faults).map(([name, { state }]) => [name, state]))
  }

  snapshot(name: string) {
    return this.counters.data(0).faults[name]
  }
}

const OWNED = { owner: 'profile:x' }

describe('max_share', () => {
  test('counts from twenty on; the one that would cross it is left alone, and so are all that come', () => {
    const process = new Process()
    const proxy = process.proxy('pg', fault('noop', {}, { limits: { maxShare: 0.5 } }))
    expect(proxy.times(22)).toEqual([...Array.from({ length: 19 }, () => 'noop'), '', '', ''])
    const crossed = { limit: 'max_share', scope: 'fault', bound: 0.5, value: 1 }
    expect(proxy.snapshot('noop')).toMatchObject({
      seen: 20,
      selected: 19,
      skipped: { max_share: 1 },
      state: 'disarmed',
      disarmed: { ...crossed, at: expect.stringMatching(/^\d{4}-.*Z$/) },
    })
    expect(process.crossings()).toEqual([{ proxy: 'pg', fault: 'noop', ...crossed }])
    expect(process.told).toEqual(process.crossings())
  })

  test('is not crossed by what is exactly as much', () => {
    const process = new Process()
    const limited = fault('noop', {}, { limits: { maxShare: 0.5 }, match: { session: { every: 2 } } })
    const proxy = process.proxy('pg', limited)
    expect(proxy.times(100).filter((works) => works !== '')).toHaveLength(50)
    expect(proxy.states()).toEqual({ noop: 'working' })
  })

  test('also holds for those that a larger probability adds', () => {
    const process = new Process()
    const limited = fault('noop', {}, { limits: { maxShare: 0.5 }, probability: 0.2 })
    const proxy = process.proxy('pg', limited)
    proxy.times(100)
    proxy.plan(likelier(limited, 0.9))
    const working = (): number => proxy.sessions.filter((session) => proxy.working(session) !== '').length
    expect(working()).toBeGreaterThan(20)
    expect(proxy.states()).toEqual({ noop: 'disarmed' })
    expect(working()).toBe(0)
    expect(proxy.snapshot('noop')).toMatchObject({ seen: 100, selected: 50, disarmed: { value: 0.51 } })
  })

  test('of one that comes and goes with its probability counts once', () => {
    const process = new Process()
    const limited = fault('noop', {}, { limits: { maxShare: 0.5 }, probability: 0.3 })
    const proxy = process.proxy('pg', limited)
    proxy.times(100)
    for (const probability of [0, 0.3, 0, 0.3, 0]) {
      proxy.plan(likelier(limited, probability))
      for (const session of proxy.sessions) proxy.working(session)
    }
    expect(proxy.states()).toEqual({ noop: 'working' })
  })
})

describe('a disarmed fault', () => {
  test('begins again with its epoch, and lets go of its sessions until then', () => {
    const process = new Process()
    const limited = fault('noop', {}, { limits: { maxShare: 0.5 } })
    const proxy = process.proxy('pg', limited)
    proxy.times(20)
    expect(proxy.snapshot('noop')?.active).toBe(19)
    process.clock.advance(1)
    expect(proxy.snapshot('noop')?.active).toBe(0)
    proxy.plan({ ...limited, params: {} })
    expect(proxy.come()).toBe('')
    proxy.plan(begunAnew(limited, {}))
    expect([proxy.states(), proxy.come()]).toEqual([{ noop: 'working' }, 'noop'])
    expect(proxy.snapshot('noop')?.disarmed).toBeUndefined()
    expect(process.told).toHaveLength(1)
  })

  test('has its door open at once, and ends nobody any more', () => {
    const process = new Process()
    const owned = { ...OWNED, ownerLimits: { maxShare: 0.5 } }
    const refuse = fault('refuse', { sessions: 'reset' }, owned)
    const proxy = process.proxy('pg', refuse, fault('noop', {}, owned))
    const [shut, open] = [0, 1].map(() => {
      const doors = new Doors({ seed: 1, factory: faultFactory, decisions: process.decisions }, 'pg')
      doors.update(proxy.faults.now)
      return doors
    })
    expect(shut?.look(0, 0)).toMatchObject({ shutBy: 'refuse', ends: { how: 'reset' } })
    proxy.times(10)
    for (const doors of [shut, open])
      expect(doors?.look(0, 0)).toEqual({ shutBy: undefined, ends: undefined, until: Infinity })
  })

  test('that is removed before its sessions have been told worked on none of them to the last', () => {
    const process = new Process()
    const proxy = process.proxy('pg', fault('noop', {}, { limits: { maxShare: 0.5 }, onRemove: 'reset' }))
    proxy.times(20)
    expect(proxy.snapshot('noop')).toMatchObject({ state: 'disarmed', active: 19 })
    proxy.faults.update([], 20)
    expect(proxy.sessions.flatMap((session) => session.forgetBut(proxy.faults.now))).toEqual([])
    expect(proxy.snapshot('noop')?.active).toBe(0)
  })

  test('nobody waits for anything of when it is gone', () => {
    const process = new Process()
    const proxy = process.proxy('pg', fault('noop', {}, { limits: { maxShare: 0.5 } }))
    proxy.times(20)
    proxy.plan()
    process.clock.advance(1)
    proxy.faults.close()
    expect(process.scheduler.size).toBe(0)
  })
})

describe('limits of an owner', () => {
  test('count what all of its faults do on all proxies, and stop all of them', () => {
    const process = new Process()
    const ownerLimits = { maxShare: 0.5 }
    const a = process.proxy('a', fault('noop', {}, { ...OWNED, ownerLimits }))
    const b = process.proxy('b', fault('noop', {}, { ...OWNED, ownerLimits }), fault('latency', {}, { name: 'other' }))
    a.times(10)
    expect(b.times(9)).toEqual(Array.from({ length: 9 }, () => 'noop other'))
    expect(b.come()).toBe('other')
    expect([a.come(), b.come()]).toEqual(['', 'other'])
    expect([a.states(), b.states()]).toEqual([{ noop: 'disarmed' }, { noop: 'disarmed', other: 'working' }])
    const facts = { limit: 'max_share', scope: 'owner', bound: 0.5, value: 1 }
    expect(process.crossings()).toEqual([{ proxy: 'b', fault: 'noop', ...facts }])
    process.clock.advance(1)
    expect([a.snapshot('noop')?.active, b.snapshot('noop')?.active, b.snapshot('other')?.active]).toEqual([0, 0, 11])
  })

  test('are armed again by a fault that is new, and by one that begins anew, with all that was counted gone', () => {
    const process = new Process()
    const ownerLimits = { maxShare: 0.5 }
    const first = fault('noop', {}, { ...OWNED, ownerLimits })
    const a = process.proxy('a', first)
    a.times(20)
    expect(a.states()).toEqual({ noop: 'disarmed' })
    const b = process.proxy('b', fault('noop', {}, { ...OWNED, ownerLimits }))
    expect([a.states(), a.come(), b.come()]).toEqual([{ noop: 'working' }, 'noop', 'noop'])
    b.times(18)
    expect([a.states(), b.states()]).toEqual([{ noop: 'disarmed' }, { noop: 'disarmed' }])
    a.plan(begunAnew(first, {}))
    expect([b.states(), b.come()]).toEqual([{ noop: 'working' }, 'noop'])
  })

  test('take the last that were given, and begin with these', () => {
    const process = new Process()
    const first = fault('noop', {}, { ...OWNED, ownerLimits: { maxActive: 1 } })
    const a = process.proxy('a', first)
    expect(a.times(2)).toEqual(['noop', ''])
    a.plan(begunAnew(first, { ownerLimits: { maxActive: 3 } }))
    expect(a.sessions.map((session) => a.working(session))).toEqual(['noop', 'noop'])
    expect(a.times(2)).toEqual(['noop', ''])
  })

  test('max_active holds for what is under way when all that there is of it begins anew', () => {
    const process = new Process()
    const only = fault('noop', {}, { ...OWNED, ownerLimits: { maxActive: 1, maxInjections: 1 } })
    const proxy = process.proxy('pg', only)
    expect(proxy.times(2)).toEqual(['noop', ''])
    proxy.act('noop')
    proxy.plan(begunAnew(only, {}))
    expect([proxy.states(), proxy.come()]).toEqual([{ noop: 'working' }, ''])
    proxy.sessions[0]?.close()
    expect(proxy.come()).toBe('noop')
  })

  test('max_active is a cap, and a place that is free is taken by the next', () => {
    const process = new Process()
    const ownerLimits = { maxActive: 2 }
    const [a, b] = ['a', 'b'].map((name) => process.proxy(name, fault('noop', {}, { ...OWNED, ownerLimits })))
    expect([a?.come(), b?.come(), a?.come(), b?.come()]).toEqual(['noop', 'noop', '', ''])
    a?.sessions[0]?.close()
    expect([b?.come(), b?.come()]).toEqual(['noop', ''])
    expect(b?.snapshot('noop')).toMatchObject({ state: 'working', skipped: { max_active: 2 } })
  })

  test('max_injections: all of them are spent together', () => {
    const process = new Process()
    const ownerLimits = { maxInjections: 3 }
    const a = process.proxy('a', fault('noop', {}, { ...OWNED, ownerLimits }))
    const b = process.proxy('b', fault('noop', {}, { ...OWNED, ownerLimits }))
    a.act('noop', 2)
    expect(a.come()).toBe('noop')
    b.act('noop')
    expect([a.come(), b.come()]).toEqual(['', ''])
    expect(a.snapshot('noop')).toMatchObject({
      applied: 2,
      state: 'disarmed',
      skipped: { max_injections: 1 },
      disarmed: { limit: 'max_injections', scope: 'owner', bound: 3, value: 3 },
    })
    expect(process.told).toHaveLength(1)
  })
})

describe('limits of the process', () => {
  test('hold for all faults, whoever owns them', () => {
    const process = new Process({ maxInjections: 2, maxActive: 3 })
    const a = process.proxy('a', fault('noop'))
    const b = process.proxy('b', fault('noop', {}, OWNED))
    expect([a.come(), a.come(), b.come(), b.come()]).toEqual(['noop', 'noop', 'noop', ''])
    a.act('noop')
    b.act('noop')
    expect([a.states(), b.states()]).toEqual([{ noop: 'disarmed' }, { noop: 'disarmed' }])
    expect(process.crossings()).toMatchObject([
      { limit: 'max_active', scope: 'process', bound: 3, value: 4 },
      { proxy: 'b', limit: 'max_injections', scope: 'process', bound: 2, value: 2 },
    ])
  })

  test('know nothing of what only counts', () => {
    const process = new Process({ maxActive: 1 })
    const a = process.proxy('a', fault('noop', {}, { name: 'shadow', shadow: true }), fault('noop'))
    expect(a.times(2)).toEqual(['noop', ''])
    expect(a.snapshot('shadow')).toMatchObject({ selected: 2, active: 2, shadowed: 2, skipped: {} })
  })
})

test('a fault by itself is spent, with the facts', () => {
  const process = new Process()
  const proxy = process.proxy('pg', fault('noop', {}, { limits: { maxInjections: 2 } }))
  proxy.act('noop', 2)
  const facts = { limit: 'max_injections', scope: 'fault', bound: 2, value: 2 }
  expect(proxy.snapshot('noop')).toMatchObject({ state: 'spent', disarmed: facts })
  expect(process.told).toEqual([{ proxy: 'pg', fault: 'noop', ...facts }])
})

test('max_active is told once for each time that it is reached, and once a second at most', () => {
  const process = new Process()
  const proxy = process.proxy('pg', fault('noop', {}, { limits: { maxActive: 1 } }))
  const again = (): void => {
    for (const session of proxy.sessions) session.close()
    proxy.times(3)
  }
  again()
  expect(process.told).toHaveLength(1)
  again()
  expect(process.told).toHaveLength(1)
  process.clock.advance(1000)
  proxy.times(3)
  expect(process.told).toHaveLength(1)
  again()
  expect(process.told).toHaveLength(2)
})

test('a fault without limits is held to none', () => {
  const process = new Process()
  const proxy = process.proxy('pg', fault('noop'))
  expect(proxy.faults.now[0]?.work.gauges).toEqual([])
  expect(proxy.faults.now[0]?.work.counters).toBe(proxy.counters.ofFault('noop'))
})
