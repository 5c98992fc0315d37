import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { randomFor } from '../../../src/core/random.ts'
import { ExchangeFaults, aRequest, aResponse } from '../../support/exchange-context.ts'
import { FaultChain, SharedObjects, type TestFault } from '../../support/fault-chain.ts'
import { ManualClock } from '../../support/manual-clock.ts'

/*
 * Threads that serve the sessions of one proxy share cells and nothing else. Here they are one process, each with stages and objects of its own, so
 * that what they do can be put in any order.
 */

const THREADS = 3
const SESSIONS = 6

type Step =
  | { readonly do: 'send'; readonly who: number; readonly size: number }
  | { readonly do: 'wait'; readonly time: number }
  /** What is held passes again, through other delays. */
  | { readonly do: 'lag'; readonly who: number; readonly front: number; readonly behind: number }
  | { readonly do: 'spare'; readonly who: number }
  /** The next parameters, in one thread after the other. */
  | { readonly do: 'update' }
  /** The next parameters, in one thread alone: the others have not heard of them yet. */
  | { readonly do: 'hear'; readonly thread: number }

const who = fc.nat(SESSIONS - 1)
const lags = fc.oneof(fc.constant(0), fc.nat(500))
const send = fc.record({ do: fc.constant('send' as const), who, size: fc.integer({ min: 1, max: 2000 }) })
const wait = fc.record({ do: fc.constant('wait' as const), time: fc.nat(400) })
const traffic: fc.WeightedArbitrary<Step>[] = [
  { weight: 6, arbitrary: send },
  { weight: 4, arbitrary: wait },
]
const changes: fc.WeightedArbitrary<Step>[] = [
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lag' as const), who, front: lags, behind: lags }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('spare' as const), who }) },
  { weight: 1, arbitrary: fc.constant({ do: 'update' as const }) },
]
const hear: fc.WeightedArbitrary<Step> = {
  weight: 1,
  arbitrary: fc.record({ do: fc.constant('hear' as const), thread: fc.nat(THREADS - 1) }),
}

/** Which thread each session is in. */
const places = fc.array(fc.nat(THREADS - 1), { minLength: SESSIONS, maxLength: SESSIONS })

const lag = (name: string, latency: number): TestFault[] =>
  latency === 0 ? [] : [{ type: 'latency', name, params: { latency } }]

interface Session {
  readonly chain: FaultChain
  readonly thread: number
  front: readonly TestFault[]
  behind: readonly TestFault[]
  spared: boolean
}

/** A proxy whose sessions are in several threads. Sessions join with their first step. */
class Rig {
  readonly clock = new ManualClock()
  readonly #sessions = new Map<number, Session>()
  readonly #threads: readonly SharedObjects[]
  readonly #places: readonly number[]
  readonly #faults: readonly TestFault[]
  /** Which of the parameters each thread has heard of. */
  readonly #heard = Array.from({ length: THREADS }, () => 0)

  /** @param faults one after the other in force, and then from the beginning. */
  constructor(faults: readonly TestFault[], places: readonly number[]) {
    const first = new SharedObjects()
    this.#threads = [first, ...Array.from({ length: THREADS - 1 }, () => new SharedObjects(first))]
    this.#places = places
    this.#faults = faults
  }

  play(steps: readonly Step[]): this {
    for (const step of steps) this.#act(step)
    this.clock.advanceTo(1e9)
    for (const { chain } of this.#sessions.values()) chain.verify()
    return this
  }

  /** Of each session what came out when, and what was put on record. */
  get seen(): readonly (readonly string[])[] {
    return Array.from({ length: SESSIONS }, (_, who) => {
      const chain = this.#sessions.get(who)?.chain
      return chain === undefined ? [] : [...chain.lines, ...chain.records, `${chain.welcomeAt}`]
    })
  }

  /** What came out over all sessions, by time. */
  get delivered(): readonly { readonly at: number; readonly bytes: number }[] {
    const all = [...this.#sessions.values()].flatMap(({ chain }) => chain.delivered)
    return all.map(({ at, bytes }) => ({ at, bytes: bytes.length })).toSorted((a, b) => a.at - b.at)
  }

  /** Sessions that did not get every byte in order. */
  get incomplete(): number {
    return [...this.#sessions.values()].filter(({ chain }) => !chain.over && !chain.output.equals(chain.input)).length
  }

  #act(step: Step): void {
    if (step.do === 'wait') this.clock.advance(step.time)
    else if (step.do === 'hear') this.#hear(step.thread, (this.#heard[step.thread] ?? 0) + 1)
    else if (step.do === 'update') {
      const next = Math.max(...this.#heard) + 1
      for (const thread of this.#threads.keys()) this.#hear(thread, next)
    } else {
      const session = this.#of(step.who)
      if (session.chain.over || session.chain.ending) return
      if (step.do === 'send') session.chain.send(step.size)
      else {
        if (step.do === 'spare') session.spared = !session.spared
        else [session.front, session.behind] = [lag('front', step.front), lag('behind', step.behind)]
        this.#set(session)
      }
    }
  }

  #hear(thread: number, version: number): void {
    this.#heard[thread] = version
    for (const session of this.#sessions.values()) if (session.thread === thread) this.#set(session)
  }

  #set({ chain, thread, front, behind, spared }: Session): void {
    const fault = this.#faultIn(thread)
    chain.set(...front, spared ? { ...fault, selected: false } : fault, ...behind)
  }

  #faultIn(thread: number): TestFault {
    const fault = this.#faults[(this.#heard[thread] ?? 0) % this.#faults.length]
    if (fault === undefined) throw new Error('no fault')
    return fault
  }

  #of(who: number): Session {
    const known = this.#sessions.get(who)
    if (known !== undefined) return known
    const thread = this.#places[who] ?? 0
    const randomOf = (name: string) => randomFor(who, name)
    const options = { clock: this.clock, randomOf, ...this.#sharedIn(thread) }
    const chain = new FaultChain([this.#faultIn(thread)], options)
    const session = { chain, thread, front: [], behind: [], spared: false }
    this.#sessions.set(who, session)
    return session
  }

  #sharedIn(thread: number): { readonly shared?: SharedObjects } {
    const shared = this.#threads[thread]
    return shared === undefined ? {} : { shared }
  }
}

const ALL_IN_ONE = Array.from({ length: SESSIONS }, () => 0)

const pipe = (rate: number, burst = 0): TestFault => ({ type: 'bandwidth', params: { rate, burst, scope: 'proxy' } })
const overload = (capacity: number, concurrency: number, queue: number): TestFault => ({
  type: 'overload',
  params: { capacity, concurrency, queue },
})
const stall = (every: number, length: number): TestFault => ({
  type: 'stall',
  params: { every, for: length, jitter: length / 2 },
})

/** In which the order of updates over sessions is the same wherever they are: each thread is told in its turn. */
const SHARING: readonly (readonly [string, readonly TestFault[]])[] = [
  ['bandwidth', [pipe(3000), pipe(500), pipe(0), pipe(20_000)]],
  ['bandwidth with a burst', [pipe(3000, 1000), pipe(500, 4000)]],
  ['overload', [overload(20, 1, 5), overload(50, 1, 5)]],
  ['overload of several servers', [overload(20, 4, 100), overload(20, 2, 3), overload(40, 7, 100)]],
  ['stall', [stall(200, 100), stall(150, 60)]],
]

describe.each(SHARING)('%s', (_name, faults) => {
  test('it makes no difference which thread a session is in', () => {
    const steps = fc.array(fc.oneof(...traffic, ...changes), { maxLength: 60 })
    const cases = fc.property(steps, places, (steps, places) => {
      // By thread, so that an update reaches the sessions in the same order.
      const inOrder = places.toSorted((a, b) => a - b)
      const joined = inOrder.flatMap((_, who): Step[] => [
        { do: 'send', who, size: 1 },
        { do: 'wait', time: 20 },
      ])
      const seen = [ALL_IN_ONE, inOrder].map((where) => new Rig(faults, where).play([...joined, ...steps]).seen)
      expect(seen[1]).toEqual(seen[0])
    })
    fc.assert(cases, { numRuns: 150 })
  })
})

/** The most by which `bytes` delivered in any stretch of time are ahead of `rate`. */
function worstWindow(delivered: Rig['delivered'], rate: number): number {
  let level = 0
  let before = 0
  let worst = 0
  // A bucket without depth that empties at the rate: what is in it is the worst of all windows that end there.
  for (const { at, bytes } of delivered) {
    level = Math.max(0, level - ((at - before) * rate) / 1000) + bytes
    before = at
    worst = Math.max(worst, level)
  }
  return worst
}

test('whatever the threads do, one pipe never carries more than its rate in any stretch of time', () => {
  const steps = fc.array(fc.oneof(...traffic), { maxLength: 60 })
  const cases = fc.property(fc.integer({ min: 500, max: 20_000 }), steps, places, (rate, steps, places) => {
    const rig = new Rig([pipe(rate)], places).play(steps)
    // One piece, which has taken the time before it.
    expect(worstWindow(rig.delivered, rate)).toBeLessThanOrEqual(
      Math.max(rate * 0.01, Math.min(256, rate * 0.1)) + 0.01,
    )
    expect(rig.incomplete).toBe(0)
  })
  fc.assert(cases, { numRuns: 200 })
})

test('while some threads have heard of a new rate and others have not, no more than the larger is carried, and no byte is lost', () => {
  const rates = fc.record({ slow: fc.integer({ min: 500, max: 5000 }), more: fc.integer({ min: 0, max: 15_000 }) })
  const steps = fc.array(fc.oneof(...traffic, hear), { maxLength: 60 })
  const cases = fc.property(rates, steps, places, ({ slow, more }, steps, places) => {
    const fast = slow + more
    const rig = new Rig([pipe(slow), pipe(fast)], places).play(steps)
    const heard = steps.filter((step) => step.do === 'hear').length
    const piece = Math.max(fast * 0.01, Math.min(256, fast * 0.1)) + fast * 0.1
    let total = 0
    for (const { at, bytes } of rig.delivered) {
      total += bytes
      expect(total - (at * fast) / 1000).toBeLessThan(piece * heard + 0.01)
    }
    expect(rig.incomplete).toBe(0)
  })
  fc.assert(cases, { numRuns: 200 })
})

test('a pipe that some threads still hold to be cut carries what the others send, and in the end everything', () => {
  const steps = fc.array(fc.oneof(...traffic, hear), { maxLength: 60 })
  const cases = fc.property(steps, places, (steps, places) => {
    const rig = new Rig([pipe(0), pipe(5000)], places)
    const heard = (thread: number) => steps.filter((step) => step.do === 'hear' && step.thread === thread).length
    // At the end all have heard of the same.
    const last: Step[] = Array.from({ length: THREADS }, (_, thread) => thread).flatMap((thread) =>
      heard(thread) % 2 === 0 ? [{ do: 'hear', thread }] : [],
    )
    rig.play([...steps, ...last])
    expect(rig.incomplete).toBe(0)
  })
  fc.assert(cases, { numRuns: 200 })
})

test('servers take jobs in the order in which they come to whatever thread, so many at a time', () => {
  const times = fc.array(fc.record({ who, pause: fc.nat(60) }), { minLength: 1, maxLength: 60 })
  const servers = fc.integer({ min: 1, max: 4 })
  const cases = fc.property(times, servers, fc.nat(6), places, (times, servers, queue, places) => {
    const rig = new Rig([overload(20, servers, queue)], places)
    const service = (servers / 20) * 1000
    /** When each server is free again, and when each job that was let in was started. */
    const freeAt = Array.from({ length: servers }, () => 0)
    const started: number[] = []
    const over = new Set<number>()
    const expected: number[] = []
    const steps: Step[] = []
    let now = 0
    for (const { who, pause } of times) {
      now += pause
      steps.push({ do: 'wait', time: pause }, { do: 'send', who, size: 1 })
      if (over.has(who)) continue
      const free = Math.min(...freeAt)
      const start = Math.max(now, free)
      const arrival = now
      if (start > now && started.filter((at) => at > arrival).length >= queue) {
        over.add(who)
        continue
      }
      freeAt[freeAt.indexOf(free)] = start + service
      started.push(start)
      expected.push(start + service)
    }
    expect(rig.play(steps).delivered.map(({ at }) => at)).toEqual(expected)
  })
  fc.assert(cases, { numRuns: 300 })
})

test('no key gets more than its limit in a window, whichever threads its requests come to', () => {
  const requests = fc.array(
    fc.record({ thread: fc.nat(THREADS - 1), pause: fc.nat(300), client: fc.constantFrom('a', 'b', 'c') }),
    { maxLength: 80 },
  )
  const cases = fc.property(fc.nat(5), requests, (limit, requests) => {
    const params = { limit, window: '1s' }
    const first = new ExchangeFaults('http_rate_limit', params)
    const threads = [first, ...[1, 2].map(() => new ExchangeFaults('http_rate_limit', params, undefined, first))]
    const windows = new Map<string, { readonly start: number; used: number }>()
    let at = 0
    for (const [index, { thread, pause, client }] of requests.entries()) {
      at += pause
      const known = windows.get(client)
      const window = known === undefined || at >= known.start + 1000 ? { start: at, used: 0 } : known
      windows.set(client, window)
      window.used++
      const passes = threads[thread]?.request(aRequest(), { exchange: index, at, client }) === undefined
      expect(passes).toBe(window.used <= limit)
    }
  })
  fc.assert(cases, { numRuns: 200 })
})

test('one wave goes through all threads: it begins with the first exchange that meets it in any', () => {
  const meetings = fc.array(fc.record({ thread: fc.nat(THREADS - 1), pause: fc.nat(900) }), { minLength: 1 })
  const cases = fc.property(meetings, (meetings) => {
    const params = { latency: 100, wave: { shape: 'square', amplitude: 50, period: '1s' } }
    const first = new ExchangeFaults('http_latency', params)
    const threads = [first, ...[1, 2].map(() => new ExchangeFaults('http_latency', params, undefined, first))]
    let at = 5
    let began: number | undefined
    for (const [index, { thread, pause }] of meetings.entries()) {
      at += pause
      began ??= at
      const high = (at - began) % 1000 < 500
      const faults = threads[thread]
      expect(faults?.response(aResponse(), aRequest(), { exchange: index, at })?.wait).toBe(high ? 150 : 50)
    }
  })
  fc.assert(cases, { numRuns: 200 })
})
