import { describe, expect, test } from 'vitest'
import type { FaultPlan } from '../../../src/core/plan.ts'
import type { Stage } from '../../../src/core/outlet.ts'
import { Doors } from '../../../src/engine/doors.ts'
import { faultFactory } from '../../../src/faults/index.ts'
import { fault, likelier } from '../../support/engine-rig-faults.ts'
import { RelayRig } from '../../support/engine-rig-relay.ts'

const JITTERY = { latency: 500, jitter: 400 }

interface Session {
  readonly rig: RelayRig
  /** Stages that were made for it. */
  readonly made: readonly Stage[]
}

function session(ordinal: number): Session {
  const rig = new RelayRig({ ordinal })
  const made: Stage[] = []
  const stage = (...args: Parameters<typeof faultFactory.stage>): Stage | undefined => {
    const fresh = faultFactory.stage(...args)
    if (fresh !== undefined) made.push(fresh)
    return fresh
  }
  Object.assign(rig.shared, { factory: { ...faultFactory, stage } })
  return { rig, made }
}

function sessions(count: number): readonly Session[] {
  return Array.from({ length: count }, (_, index) => session(index + 1))
}

function due(rig: RelayRig): readonly number[] {
  const times: number[] = []
  for (let held = rig.relay.queue.head; held !== undefined; held = held.following) times.push(held.at)
  return times
}

function plan(rigs: ReturnType<typeof sessions>, one: FaultPlan): readonly boolean[] {
  return rigs.map(({ rig }) => {
    rig.faults(one)
    return rig.chain.names.length > 0
  })
}

describe('a probability that rises, and nothing else', () => {
  test('keeps those that are selected as they are, and adds others by the number that they have drawn', () => {
    const rigs = sessions(200)
    const some = fault('latency', JITTERY, { probability: 0.3 })
    const first = plan(rigs, some)
    const before = rigs.map(({ rig, made }) => {
      for (let chunk = 0; chunk < 5; chunk++) rig.receive('x', 1)
      return { times: due(rig), stages: [...made] }
    })
    const more = plan(rigs, likelier(some, 0.6))
    expect(more.every((works, index) => works || first[index] === false)).toBe(true)
    expect([first, more].map((all) => all.filter(Boolean).length)).toEqual([
      expect.closeTo(60, -1.7),
      expect.closeTo(120, -1.7),
    ])
    for (const [index, { rig, made }] of rigs.entries()) {
      if (first[index] !== true) continue
      expect(made).toEqual(before[index]?.stages)
      expect(due(rig)).toEqual(before[index]?.times)
    }
    // The same as if it had been so from the beginning.
    expect(more).toEqual(plan(sessions(200), fault('latency', JITTERY, { probability: 0.6 })))
  })

  test('and falls again lets those go that joined, and nobody else', () => {
    const rigs = sessions(100)
    const some = fault('latency', JITTERY, { probability: 0.3 })
    const first = plan(rigs, some)
    plan(rigs, likelier(some, 0.6))
    const joined = rigs.find(({ rig }, index) => first[index] === false && rig.chain.names.length > 0)
    joined?.rig.receive('x')
    expect(joined?.rig.relay.queue.empty).toBe(false)
    expect(plan(rigs, some)).toEqual(first)
    joined?.rig.clock.advance(1)
    expect(joined?.rig.text).toBe('x')
  })

  test('is what the next chunk is drawn with, where each is drawn for', () => {
    const { rig, made } = session(1)
    const some = fault('latency', { latency: 1 }, { per: 'chunk', probability: 0 })
    const selected = (): number =>
      rig.decisions.list().filter(({ kind, selected: is }) => kind === 'chunk' && is).length
    rig.faults(some)
    for (let chunk = 0; chunk < 20; chunk++) rig.receive('x')
    expect(selected()).toBe(0)
    rig.faults(likelier(some, 1))
    for (let chunk = 0; chunk < 20; chunk++) rig.receive('x')
    expect(selected()).toBe(20)
    expect(rig.decisions.list().at(-1)).toMatchObject({ chunk: 40 })
    expect(made).toHaveLength(1)
  })

  test('a ramp of it makes no new stages either', () => {
    const { rig, made } = session(1)
    rig.faults(fault('latency', JITTERY, { ramp: { probability: { from: 1, to: 0.999, over: 2000 } } }))
    rig.receive('x')
    const [at] = due(rig)
    rig.clock.advance(300)
    expect([due(rig), made.length]).toEqual([at === undefined || at <= 300 ? [] : [at], 1])
  })

  test('leaves a door what it is', () => {
    const rig = new RelayRig()
    const doors = new Doors(rig.shared, 'db')
    const some = fault('flap', { up: 10, down: 10 })
    const look = (at: number): unknown => {
      doors.update(rig.faultSet.now)
      return doors.look(at, 0).shutBy
    }
    const built: unknown[] = []
    Object.assign(rig.shared, {
      factory: {
        ...faultFactory,
        door: (...args: Parameters<typeof faultFactory.door>) => built[built.push(faultFactory.door(...args)) - 1],
      },
    })
    rig.faultSet.update([some], 0)
    expect([look(0), look(10)]).toEqual([undefined, 'flap'])
    rig.faultSet.update([likelier(some, 0.5)], 0)
    expect([look(15), look(20), built.length]).toEqual(['flap', undefined, 1])
  })
})
