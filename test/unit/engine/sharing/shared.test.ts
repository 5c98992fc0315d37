import { describe, expect, test } from 'vitest'
import type { FaultPlan, ProxyPlan } from '../../../../src/core/plan.ts'
import { createShared, type SharedSharing } from '../../../../src/engine/sharing/shared.ts'
import { NO_CHANGE, SharedMemory } from '../../../../src/engine/sharing/shares.ts'
import type { Nudge } from '../../../../src/engine/sharing/sharing.ts'
import { faultFactory } from '../../../../src/faults/index.ts'
import { fault } from '../../../support/engine-rig-faults.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

/** What three threads have in common, without the threads. */
class Threads {
  readonly clock = new ManualClock()
  readonly memory = new SharedMemory(3, { clock: this.clock, factory: faultFactory })
  readonly nudges: (Nudge & { readonly from: number })[] = []
  readonly all: readonly SharedSharing[]

  constructor() {
    this.all = [1, 2, 3].map((from) =>
      createShared(this.memory.process, from, (nudge) => this.nudges.push({ ...nudge, from })),
    )
  }

  put(...plans: readonly ProxyPlan[]): void {
    const shares = this.memory.put(plans, () => 2)
    for (const thread of this.all) thread.take(shares)
  }

  /** What `ask` answers in each of them. */
  each<T>(ask: (thread: SharedSharing) => T): readonly T[] {
    return this.all.map(ask)
  }
}

function proxy(name: string, ...faults: readonly FaultPlan[]): ProxyPlan {
  return { name, listen: ':1', upstream: ':2', enabled: true, protocol: 'tcp', faults }
}

const of = (threads: Threads, thread: number, plan: FaultPlan) =>
  threads.all[thread]?.counts('a', plan, { at: -1, behind: -1 })

const gaugesOf = (threads: Threads) =>
  threads.each((thread) => thread.gauge({ scope: 'fault', proxy: 'a', fault: 'noop' }))

const owned = (owner: string) => fault('noop', {}, { owner, ownerLimits: { maxActive: 1 } })

describe('numbers of a proxy', () => {
  test('are given once, whoever asks', () => {
    const threads = new Threads()
    threads.put(proxy('a'))
    const given = threads.each((thread) => thread.proxy('a').ordinals.add(1))
    expect(given).toEqual([1, 2, 3])
    expect(threads.each((thread) => thread.sessions.add(1))).toEqual([1, 2, 3])
  })

  test('go on while the proxy is there, and begin again with another of that name', () => {
    const threads = new Threads()
    threads.put(proxy('a'))
    threads.all[0]?.proxy('a').ordinals.add(7)
    threads.put(proxy('a', fault('noop')))
    expect(threads.all[1]?.proxy('a').ordinals.value).toBe(7)
    threads.memory.remove('a')
    threads.put(proxy('a'))
    expect(threads.all[1]?.proxy('a').ordinals.value).toBe(0)
  })

  test('a new thread finds what is in force as it is', () => {
    const threads = new Threads()
    threads.put(proxy('a', fault('noop')))
    threads.all[0]?.proxy('a').ordinals.add(5)
    threads.all[0]?.fault('a', fault('noop'), () => 0).active.add(2)
    const fresh = createShared(threads.memory.process, 2, () => {})
    fresh.take(threads.memory.put([proxy('a', fault('noop'))], () => 2, NO_CHANGE))
    expect(fresh.proxy('a').ordinals.value).toBe(5)
    expect(fresh.fault('a', fault('noop'), () => 0).active.value).toBe(2)
  })

  test('one of the threads leads', () => {
    const threads = new Threads()
    threads.put(proxy('a'))
    expect(threads.each((thread) => thread.proxy('a').leads)).toEqual([false, true, false])
  })

  test('what it shares has to be given first, and is not kept for longer than the change', () => {
    const threads = new Threads()
    expect(() => threads.all[0]?.proxy('a')).toThrow('nothing is shared for the proxy a')
    threads.put(proxy('a'))
    threads.put(proxy('b'))
    expect(() => threads.all[0]?.proxy('a')).toThrow('nothing is shared for the proxy a')
  })
})

describe('what is done exclusively', () => {
  test('may ask for it again, and is free afterwards, also when it fails', () => {
    const threads = new Threads()
    threads.put(proxy('a'))
    const [first, second] = threads.each((thread) => thread.proxy('a'))
    expect(first?.exclusively(() => first.exclusively(() => 'within'))).toBe('within')
    expect(() =>
      first?.exclusively(() => {
        throw new Error('wrong')
      }),
    ).toThrow('wrong')
    expect(second?.exclusively(() => 'free')).toBe('free')
  })
})

describe('counts of a fault', () => {
  test('are those of all threads, since it began, which all of them agree upon', () => {
    const threads = new Threads()
    const plan = fault('noop')
    threads.clock.advance(50)
    threads.put(proxy('a'))
    threads.all[0]?.proxy('a').ordinals.add(4)
    threads.put(proxy('a', plan))
    threads.clock.advance(50)
    of(threads, 0, plan)?.met.add(1)
    of(threads, 1, plan)?.met.add(1)
    expect(of(threads, 2, plan)).toMatchObject({ begun: { at: 50, behind: 4 }, met: { value: 2 }, taken: { value: 0 } })
  })

  test('stay over an update, and begin again with another epoch or another type', () => {
    const threads = new Threads()
    const plan = fault('noop')
    threads.put(proxy('a', plan))
    of(threads, 0, plan)?.met.add(1)
    threads.put(proxy('a', { ...plan, probability: 0.5, revision: 99 }))
    expect(of(threads, 1, plan)?.met.value).toBe(1)
    threads.put(proxy('a', { ...plan, epoch: 2 }))
    expect(of(threads, 1, plan)?.met.value).toBe(0)
    of(threads, 0, plan)?.met.add(1)
    threads.put(proxy('a', fault('slicer', { average_size: 1 }, { name: 'noop' })))
    expect(of(threads, 1, plan)?.met.value).toBe(0)
  })

  test('begin again with a fault that is put again after all of them were cleared', () => {
    const threads = new Threads()
    const plan = fault('noop')
    threads.put(proxy('a', plan))
    of(threads, 0, plan)?.met.add(1)
    threads.memory.clearFaults()
    threads.clock.advance(70)
    threads.put(proxy('a', plan))
    expect(of(threads, 1, plan)).toMatchObject({ begun: { at: 70 }, met: { value: 0 } })
  })

  test('what it works on stays over an epoch: that has not ended', () => {
    const threads = new Threads()
    const plan = fault('noop')
    threads.put(proxy('a', plan))
    threads.all[0]?.fault('a', plan, () => 0).active.add(3)
    threads.put(proxy('a', { ...plan, epoch: 2 }))
    expect(threads.all[2]?.fault('a', plan, () => 0).active.value).toBe(3)
  })

  test('cells are there for types that want them', () => {
    const threads = new Threads()
    const plan = fault('bandwidth', { rate: 1, scope: 'proxy' })
    threads.put(proxy('a', plan))
    const cells = threads.each((thread) => thread.fault('a', plan, () => 0).cells())
    cells[0]?.exclusively((values) => (values[1] = 4.5))
    expect(cells[2]?.exclusively((values) => [values.length, values[1]])).toEqual([
      faultFactory.cells('bandwidth'),
      4.5,
    ])
  })
})

describe('a gauge', () => {
  const limited = fault('noop', {}, { limits: { maxInjections: 3 } })
  test('is stopped once: whoever is first is told so', () => {
    const threads = new Threads()
    threads.put(proxy('a', limited))
    const [one, two] = gaugesOf(threads)
    expect([one?.stop('spent'), two?.stop('spent'), two?.stop('off')]).toEqual([true, false, true])
    expect([one?.off, one?.spent]).toEqual([true, true])
  })

  test('restarts once for each change: what has been counted since the first of them came to it stays', () => {
    const threads = new Threads()
    threads.put(proxy('a', limited))
    const [one, two, three] = gaugesOf(threads)
    one?.acts.add(5)
    one?.active.add(2)
    one?.stop('spent')
    one?.restart()
    expect([two?.acts.value, two?.spent, two?.active.value]).toEqual([0, false, 2])
    two?.acts.add(1)
    three?.restart()
    expect(three?.acts.value).toBe(1)
    const before = one?.run
    threads.put(proxy('a', limited))
    three?.restart()
    expect([one?.acts.value, one?.run]).toEqual([0, (before ?? 0) + 1])
  })

  test('restarts once also where the threads are told of a change one after the other', () => {
    const threads = new Threads()
    threads.put(proxy('a', limited))
    const change = threads.memory.nextChange()
    const [first, second] = threads.all
    const gauges = [first, second].map((thread) => {
      thread?.take(threads.memory.put([proxy('a', limited)], () => 2, change))
      const gauge = thread?.gauge({ scope: 'fault', proxy: 'a', fault: 'noop' })
      gauge?.restart()
      gauge?.acts.add(1)
      return gauge
    })
    expect(gauges[0]?.acts.value).toBe(2)
  })

  test('of an owner is one for all of its faults, and forgotten some time after the last of them', () => {
    const threads = new Threads()
    threads.put(proxy('a', owned('profile:p')), proxy('b', owned('profile:p')))
    threads.all[0]?.gauge({ scope: 'owner', owner: 'profile:p' }).active.add(1)
    expect(threads.all[1]?.gauge({ scope: 'owner', owner: 'profile:p' }).active.value).toBe(1)
    for (let n = 0; n < 200; n++) threads.put(proxy('a', owned(`profile:${n}`)), proxy('b'))
    threads.put(proxy('a', owned('profile:p')))
    expect(threads.all[0]?.gauge({ scope: 'owner', owner: 'profile:p' }).active.value).toBe(0)
  })

  test('lets the others know', () => {
    const threads = new Threads()
    threads.put(proxy('a', limited))
    gaugesOf(threads)[1]?.moved()
    expect(threads.nudges).toEqual([{ about: 'limits', from: 2 }])
  })
})

describe('a thread that is no more', () => {
  test('takes its part out of proxies that are removed, too, as long as sessions of these drain', () => {
    const threads = new Threads()
    threads.put(proxy('a'))
    const lives = threads.each((thread) => thread.proxy('a').live)
    for (const live of lives) live.add(2)
    threads.memory.remove('a')
    threads.put(proxy('a'))
    threads.all[1]?.proxy('a').live.add(5)
    expect(threads.memory.withdraw(2)).toEqual({ live: new Map([['a', 7]]) })
    expect(lives[0]?.value).toBe(4)
  })

  test('takes its part out of all that there is, and frees what it held', () => {
    const threads = new Threads()
    const plan = fault('noop', {}, { limits: { maxActive: 9 }, ownerLimits: { maxActive: 9 } })
    threads.put(proxy('a', plan), proxy('b'))
    for (const thread of threads.all) {
      const { live, active, waiting } = thread.proxy('a')
      live.add(3)
      active.add(2)
      waiting.add(1)
      thread.fault('a', plan, () => 0).active.add(2)
      thread.gauge({ scope: 'fault', proxy: 'a', fault: 'noop' }).active.add(2)
      thread.gauge({ scope: 'owner', owner: 'api' }).active.add(2)
      thread.gauge({ scope: 'process' }).active.add(2)
      thread.held?.add(100)
      thread.heldUp.add(1)
    }
    expect(threads.memory.withdraw(2)).toEqual({ live: new Map([['a', 3]]) })
    expect(threads.memory.withdraw(2)).toEqual({ live: new Map() })
    const [first] = threads.all
    const { live, active, waiting } = first?.proxy('a') ?? {}
    expect([live?.value, active?.value, waiting?.value]).toEqual([6, 4, 2])
    expect(first?.fault('a', plan, () => 0).active.value).toBe(4)
    for (const of of [
      { scope: 'fault', proxy: 'a', fault: 'noop' },
      { scope: 'owner', owner: 'api' },
      { scope: 'process' },
    ] as const) {
      expect(first?.gauge(of).active.value).toBe(4)
    }
    expect([first?.held?.value, first?.heldUp.value]).toEqual([200, 2])
  })
})
