import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import type { ControlChange } from '../../../../src/control/changes.ts'
import type { Awaitable, SessionInfo, Snapshot } from '../../../../src/engine/data-plane.ts'
import type { EngineEvents } from '../../../../src/engine/events.ts'
import type { Change } from '../../../../src/observe/events/change.ts'
import type { EventFilter } from '../../../../src/observe/events/filter.ts'
import { createEventHub } from '../../../../src/observe/events/hub.ts'
import { type Position, readPosition } from '../../../../src/observe/events/position.ts'
import type { HubEvent } from '../../../../src/observe/events/ring.ts'
import { CHANGE_TYPES } from '../../../../src/observe/events/types.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

test('every action of the control plane is a type of event, and no other', () => {
  // It is the compiler that looks: neither list may have what the other has not.
  const actions: readonly ControlChange['action'][] = CHANGE_TYPES
  const missing: Exclude<ControlChange['action'], (typeof CHANGE_TYPES)[number]>[] = []
  expect(new Set(actions).size).toBe(CHANGE_TYPES.length)
  expect(missing).toEqual([])
})

const BYTES = { upstream: { received: 1, sent: 1 }, downstream: { received: 2, sent: 2 } }

function session(n: number, proxy = 'pg'): SessionInfo {
  return {
    id: String(n),
    proxy,
    ordinal: n,
    state: 'open',
    client: `127.0.0.1:${n}`,
    upstream: 'db:5432',
    upstreamAddress: null,
    started: '2026-01-31T12:00:00.000Z',
    ageMs: 3,
    bytes: BYTES,
    held: { upstream: 0, downstream: 0 },
    stages: { upstream: [], downstream: ['slow'] },
    touchedBy: ['gone', 'slow'],
    ending: null,
  }
}

class Rig {
  readonly clock = new ManualClock()
  readonly control = { events: new EventEmitter<{ changed: [Change] }>(), clock: this.clock }
  readonly engine = new EventEmitter<EngineEvents>()
  applied: Record<string, number> = {}
  looks = 0
  /** What a look waits for. */
  answer: Promise<void> | undefined
  readonly hub
  #revision = 0

  constructor(kept = 1000) {
    const counts = (): Snapshot => {
      const faults = Object.fromEntries(Object.entries(this.applied).map(([name, applied]) => [name, { applied }]))
      return { proxies: [{ name: 'pg', faults }] } as unknown as Snapshot
    }
    const snapshot = (): Awaitable<Snapshot> => {
      this.looks++
      return this.answer === undefined ? counts() : this.answer.then(counts)
    }
    this.hub = createEventHub({ control: this.control, dataPlane: { snapshot, events: this.engine }, kept })
  }

  change(action: string, more: Partial<Change> = {}): void {
    const time = '2026-01-31T12:00:00.000Z'
    this.control.events.emit('changed', {
      revision: ++this.#revision,
      time,
      action,
      before: null,
      after: null,
      ...more,
    })
  }

  follow(filter: EventFilter = {}, after?: Position) {
    const live: HubEvent[] = []
    let ended = 0
    const subscription = this.hub.subscribe(filter, after, { take: (event) => live.push(event), end: () => ended++ })
    const { replay, missed, position, leave } = subscription
    return {
      live,
      replay,
      position,
      leave,
      /** As it was when it began. */
      missed: missed === undefined ? undefined : dataOf(missed),
      get names() {
        return [...replay, ...live].map(({ type }) => type)
      },
      get ended() {
        return ended
      },
    }
  }

  /** Each with the time that an answer takes. */
  async seconds(count: number): Promise<void> {
    for (let second = 0; second < count; second++) {
      this.clock.advance(1000)
      await this.settled()
    }
  }

  async settled(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
  }

  get here(): Position {
    return readPosition(this.hub.position) ?? { epoch: '?', number: 0 }
  }
}

function dataOf(frame: Buffer): Record<string, unknown> {
  return JSON.parse(/^data: (.*)$/m.exec(frame.toString())?.[1] ?? '') as Record<string, unknown>
}

test('an event is one frame: its id, its name and one line of JSON', () => {
  const rig = new Rig()
  const { live } = rig.follow()
  rig.change('fault-added', { proxy: 'pg', fault: 'a\nb\u2028', actor: 'me', reason: 'x\r\ny', after: { name: 'a' } })
  const [event] = live
  const [id, name, data, ...rest] = event?.frame.toString().split('\n') ?? []
  expect([id, name, rest]).toEqual([`id: ${event?.id}`, 'event: fault-added', ['', '']])
  expect(JSON.parse(data?.replace(/^data: /, '') ?? '')).toEqual({
    id: event?.id,
    type: 'fault-added',
    revision: 1,
    time: '2026-01-31T12:00:00.000Z',
    action: 'fault-added',
    proxy: 'pg',
    fault: 'a\nb\u2028',
    actor: 'me',
    reason: 'x\r\ny',
    before: null,
    after: { name: 'a' },
  })
})

test('two hubs have ids of their own', () => {
  const [one, two] = [new Rig(), new Rig()]
  one.change('halted')
  two.change('halted')
  expect(one.here.number).toBe(two.here.number)
  expect(one.here.epoch).not.toBe(two.here.epoch)
})

test('an event of more than 16 KiB keeps who, what and why', () => {
  const rig = new Rig()
  const { live } = rig.follow()
  const faults = Array.from({ length: 2000 }, (_, n) => ({ name: `fault ${n}` }))
  rig.change('proxy-updated', {
    proxy: 'pg',
    actor: 'me',
    reason: 'r'.repeat(5000),
    before: { faults },
    after: { faults },
  })
  expect(live[0]?.frame.length).toBeLessThan(16 * 1024)
  expect(dataOf(live[0]?.frame ?? Buffer.alloc(0))).toMatchObject({
    type: 'proxy-updated',
    proxy: 'pg',
    actor: 'me',
    reason: `${'r'.repeat(1000)}…`,
    truncated: true,
  })
  expect(dataOf(live[0]?.frame ?? Buffer.alloc(0))).not.toHaveProperty('before')
})

test('what is kept is bounded in bytes too', () => {
  const rig = new Rig(100_000)
  const { here } = rig
  const reason = 'r'.repeat(15_000)
  for (let n = 0; n < 1000; n++) rig.change('fault-added', { reason })
  const { replay, missed } = rig.follow({ type: (name) => name === 'fault-added' }, here)
  expect(missed).toMatchObject({ reason: 'too_old' })
  const bytes = replay.reduce((sum, { frame }) => sum + frame.length, 0)
  expect(bytes).toBeGreaterThan(3.9 * 2 ** 20)
  expect(bytes).toBeLessThanOrEqual(4 * 2 ** 20)
})

test('sessions push no changes out', () => {
  const rig = new Rig(50)
  const { here } = rig
  const everything = rig.follow()
  rig.change('fault-added')
  for (let second = 0; second < 10; second++) {
    for (let n = 0; n < 100; n++) rig.engine.emit('session-opened', session(n))
    rig.clock.advance(1000)
  }
  rig.change('fault-removed')
  expect(everything.live.filter(({ type }) => type === 'session-opened')).toHaveLength(1000)
  const changes = rig.follow({ type: (name) => name.startsWith('fault-') && name !== 'fault-applied' }, here)
  expect([changes.missed, changes.names]).toEqual([undefined, ['fault-added', 'fault-removed']])
  expect(rig.follow({}, here).missed).toMatchObject({ reason: 'too_old' })
})

test('who comes back is told what it has not seen, in order, and once', () => {
  const rig = new Rig()
  const first = rig.follow()
  rig.change('proxy-created')
  rig.engine.emit('session-opened', session(1))
  first.leave()
  const after = readPosition(first.live[0]?.id ?? '')
  rig.change('fault-added')
  rig.engine.emit('session-opened', session(2))
  rig.change('fault-removed')
  const again = rig.follow({}, after)
  rig.change('proxy-deleted')
  expect(again.missed).toBeUndefined()
  expect(again.names).toEqual(['session-opened', 'fault-added', 'session-opened', 'fault-removed', 'proxy-deleted'])
  expect(first.live).toHaveLength(2)
})

test('a place that is still to come is where everything has been seen', () => {
  const rig = new Rig()
  rig.change('halted')
  const { epoch, number } = rig.here
  const { missed, replay } = rig.follow({ type: (name) => name === 'halted' }, { epoch, number: number + 1000 })
  expect([missed, replay]).toEqual([undefined, []])
})

test('sessions are watched while somebody wants them, and a minute after', () => {
  const rig = new Rig()
  const listeners = () => rig.engine.listenerCount('session-opened')
  const changes = rig.follow({ type: (name) => name === 'halted' })
  expect(listeners()).toBe(0)
  const [one, two] = [rig.follow(), rig.follow()]
  expect(listeners()).toBe(1)
  one.leave()
  one.leave()
  expect(listeners()).toBe(1)
  two.leave()
  rig.clock.advance(59_999)
  expect(listeners()).toBe(1)
  const back = rig.follow()
  rig.clock.advance(60_000)
  expect(listeners()).toBe(1)
  back.leave()
  rig.clock.advance(60_000)
  expect(listeners()).toBe(0)
  changes.leave()
  expect(rig.clock.armed).toBe(0)
})

test('who comes back within the minute has missed no session; later that is said', () => {
  const rig = new Rig()
  const first = rig.follow({ proxy: 'pg' })
  rig.engine.emit('session-opened', session(1))
  const after = readPosition(first.live.at(-1)?.id ?? '')
  first.leave()
  rig.clock.advance(30_000)
  rig.engine.emit('session-ended', session(1))
  const back = rig.follow({ proxy: 'pg' }, after)
  expect([back.missed, back.names]).toEqual([undefined, ['session-ended']])
  back.leave()
  rig.clock.advance(60_000)
  rig.engine.emit('session-opened', session(2))
  // Also for who has seen the very last event that there was.
  const { here } = rig
  const late = rig.follow({ proxy: 'pg' }, here)
  expect([late.missed?.['reason'], late.names]).toEqual(['unwatched', []])
  for (const wanted of ['session-opened', 'fault-applied']) {
    const type = (name: string): boolean => name === wanted
    expect(rig.follow({ type }, here).missed).toMatchObject({ reason: 'unwatched' })
  }
  expect(rig.follow({ proxy: 'pg' }, rig.here).missed).toBeUndefined()
  expect(rig.follow({ type: (name) => name === 'halted' }, after).missed).toBeUndefined()
})

test('of a storm 200 a second are told; the others are counted by proxy and type', () => {
  const rig = new Rig()
  const { live } = rig.follow({ type: (name) => name.startsWith('session-') })
  for (let n = 0; n < 300; n++) rig.engine.emit('session-opened', session(n))
  for (let n = 0; n < 40; n++) rig.engine.emit('session-ended', session(n, 'redis'))
  expect(live).toHaveLength(200)
  rig.clock.advance(999)
  expect(live).toHaveLength(200)
  rig.clock.advance(1)
  expect(live.slice(200).map(({ type, proxy, frame }) => [type, proxy, dataOf(frame)['omitted']])).toEqual([
    ['sessions-omitted', 'pg', { 'session-opened': 100 }],
    ['sessions-omitted', 'redis', { 'session-ended': 40 }],
  ])
  rig.engine.emit('session-opened', session(1))
  expect(live).toHaveLength(203)
  expect(rig.clock.armed).toBe(0)
})

test('faults that have acted are looked up once a second, while somebody wants to know', async () => {
  const rig = new Rig()
  rig.applied = { slow: 7, idle: 3 }
  const changes = rig.follow({ type: (name) => name === 'halted' })
  await rig.seconds(5)
  expect(rig.looks).toBe(0)
  const { live } = rig.follow({ type: (name) => name === 'fault-applied' })
  await rig.settled()
  await rig.seconds(1)
  expect(live).toEqual([])
  rig.applied = { slow: 9, idle: 3, fresh: 1 }
  await rig.seconds(2)
  rig.applied = { slow: 10, idle: 3, fresh: 1 }
  await rig.seconds(1)
  expect(live.map(({ frame }) => dataOf(frame))).toMatchObject([
    { proxy: 'pg', fault: 'slow', applied: 9, more: 2 },
    { proxy: 'pg', fault: 'fresh', applied: 1, more: 1 },
    { proxy: 'pg', fault: 'slow', applied: 10, more: 1 },
  ])
  expect(rig.looks).toBe(5)
  expect(changes.live).toEqual([])
})

test('of very many faults that act each has its turn, and no act is left out', async () => {
  const rig = new Rig()
  const { live } = rig.follow()
  const names = Array.from({ length: 500 }, (_, n) => `f${n}`)
  const all = (applied: number) => Object.fromEntries(names.map((name) => [name, applied]))
  const more: Record<string, number> = {}
  for (let second = 1; second <= 10; second++) {
    rig.applied = all(second)
    await rig.seconds(1)
  }
  // Nothing happens any more: what has not been told yet is told now.
  await rig.seconds(3)
  for (const { frame } of live) {
    const { fault, more: times } = dataOf(frame) as { fault: string; more: number }
    more[fault] = (more[fault] ?? 0) + times
  }
  expect(more).toEqual(all(10))
})

test('faults are not looked up again while an answer is still to come', async () => {
  const rig = new Rig()
  rig.applied = { slow: 7 }
  const first = Promise.withResolvers<void>()
  rig.answer = first.promise
  const { live } = rig.follow({ type: (name) => name === 'fault-applied' })
  await rig.seconds(3)
  expect(rig.looks).toBe(1)
  first.resolve()
  rig.answer = undefined
  await rig.settled()
  rig.applied = { slow: 9 }
  await rig.seconds(1)
  expect(rig.looks).toBe(2)
  expect(live.map(({ frame }) => dataOf(frame))).toMatchObject([{ fault: 'slow', applied: 9, more: 2 }])
})

test('a look without an answer is made up for by the next one', async () => {
  const rig = new Rig()
  rig.applied = { slow: 7 }
  const { live } = rig.follow({ type: (name) => name === 'fault-applied' })
  await rig.seconds(1)
  rig.applied = { slow: 8 }
  rig.answer = Promise.reject(new Error('it is closing'))
  await rig.seconds(1)
  rig.answer = undefined
  rig.applied = { slow: 9 }
  await rig.seconds(1)
  expect(live.map(({ frame }) => dataOf(frame))).toMatchObject([{ fault: 'slow', applied: 9, more: 2 }])
})

test('what a look answers that nobody waits for any more is not told', async () => {
  const rig = new Rig()
  const { live } = rig.follow({ type: (name) => name === 'fault-applied' })
  await rig.seconds(1)
  const late = Promise.withResolvers<void>()
  rig.answer = late.promise
  rig.applied = { slow: 1 }
  rig.clock.advance(1000)
  rig.hub.close()
  late.resolve()
  await rig.settled()
  expect(live).toEqual([])
  expect(rig.clock.armed).toBe(0)
})

test('that a worker has died is kept with the changes, and belongs to no proxy', () => {
  const rig = new Rig()
  const all = rig.follow({ type: (name) => name.startsWith('worker-') })
  const ofPg = rig.follow({ proxy: 'pg' })
  const before = rig.here
  rig.engine.emit('worker-died', { worker: 2, sessions: 7, error: 'out of memory' })
  rig.engine.emit('worker-replaced', { worker: 2 })
  const told = [
    { type: 'worker-died', worker: 2, sessions: 7, error: 'out of memory' },
    { type: 'worker-replaced', worker: 2 },
  ]
  expect(all.live.map(({ frame }) => dataOf(frame))).toMatchObject(told)
  expect(ofPg.live).toEqual([])
  const later = rig.follow({ type: (name) => name.startsWith('worker-') }, before)
  expect(later.replay.map(({ frame }) => dataOf(frame))).toMatchObject(told)
  rig.hub.close()
  expect([rig.engine.listenerCount('worker-died'), rig.engine.listenerCount('worker-replaced')]).toEqual([0, 0])
})

test('filters by proxy and by profile', () => {
  const rig = new Rig()
  const ofPg = rig.follow({ proxy: 'pg' })
  const ofOutage = rig.follow({ profile: 'outage' })
  rig.change('proxy-created', { proxy: 'pg', after: { owner: 'api' } })
  rig.change('fault-added', { proxy: 'pg', after: { owner: 'profile:outage' } })
  rig.change('fault-removed', { proxy: 'redis', before: { owner: 'profile:outage' } })
  rig.change('fault-added', { proxy: 'redis', after: { owner: 'profile:other' } })
  rig.change('profile-activated', { profile: 'outage', after: {} })
  rig.change('halted')
  rig.engine.emit('session-opened', session(1))
  rig.engine.emit('limit-crossed', { proxy: 'pg', fault: 'a', limit: 'max_share', scope: 'fault', bound: 1, value: 2 })
  expect(ofPg.names).toEqual(['proxy-created', 'fault-added', 'session-opened', 'limit-crossed'])
  expect(ofOutage.names).toEqual(['fault-added', 'fault-removed', 'profile-activated'])
})

test('a hub that is closed lets go of everything, and ends who listens', async () => {
  const rig = new Rig()
  const follower = rig.follow()
  rig.hub.close()
  rig.hub.close()
  rig.change('halted')
  rig.engine.emit('proxy-started', { proxy: 'pg', listen: ':1', upstream: ':2' })
  expect([follower.ended, follower.live, rig.clock.armed]).toEqual([1, [], 0])
  expect([rig.engine.eventNames(), rig.control.events.eventNames()]).toEqual([[], []])
  const late = rig.follow()
  await Promise.resolve()
  expect([late.ended, rig.hub.subscribers]).toEqual([1, 1])
  follower.leave()
})
