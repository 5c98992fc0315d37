import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { FaultChain, SharedObjects, type TestFault } from '../../support/fault-chain.ts'
import { ManualClock } from '../../support/manual-clock.ts'

/** A session on the pipe: its chain, what it is given besides the pipe, and which of its deliveries the pipe has nothing to do with. */
interface Session {
  readonly chain: FaultChain
  around: { readonly front: readonly TestFault[]; readonly behind: readonly TestFault[] }
  spared: boolean
  /** Deliveries by number, from … to: made while the draw spared the session. */
  readonly exempt: [number, number][]
  /** When it was cut off with whatever it held. */
  leftAt: number
}

const SESSIONS = 4

type Step =
  | { readonly do: 'send'; readonly who: number; readonly size: number }
  | { readonly do: 'wait'; readonly time: number }
  | { readonly do: 'lag'; readonly who: number; readonly front: number; readonly behind: number }
  | { readonly do: 'spare'; readonly who: number }
  | { readonly do: 'leave'; readonly who: number }
  | { readonly do: 'rate'; readonly rate: number }

const who = fc.nat(SESSIONS - 1)
const rates = fc.oneof(fc.integer({ min: 20, max: 3000 }), fc.integer({ min: 10_000, max: 200_000 }))
const bursts = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 2000 }))
const lags = fc.oneof(fc.constant(0), fc.nat(500))
const traffic: readonly fc.WeightedArbitrary<Step>[] = [
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('send' as const), who, size: fc.integer({ min: 1, max: 2000 }) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), time: fc.nat(400) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), who }) },
]
const retimed: readonly fc.WeightedArbitrary<Step>[] = [
  { weight: 2, arbitrary: fc.record({ do: fc.constant('lag' as const), who, front: lags, behind: lags }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('spare' as const), who }) },
]
const changed: fc.WeightedArbitrary<Step> = {
  weight: 1,
  arbitrary: fc.record({ do: fc.constant('rate' as const), rate: rates }),
}

const lag = (name: string, latency: number): TestFault[] =>
  latency === 0 ? [] : [{ type: 'latency', name, params: { latency } }]

/** A proxy of `SESSIONS` sessions with one pipe, played on one clock. Sessions join with their first step. */
class Rig {
  readonly clock = new ManualClock()
  readonly sessions = new Map<number, Session>()
  /** From when on which rate: `[at, rate]`. */
  readonly rates: [number, number][]
  readonly #shared = new SharedObjects()
  #pipe: TestFault
  readonly #burst: number

  constructor(rate: number, burst: number) {
    this.#burst = burst
    this.#pipe = this.#pipeAt(rate)
    this.rates = [[0, rate]]
    // The pipe is there from the beginning, and so is what it has saved up.
    this.#of(0)
  }

  play(steps: readonly Step[]): void {
    for (const step of steps) this.#act(step)
    this.clock.advanceTo(1e8)
    for (const { chain } of this.sessions.values()) chain.verify()
  }

  /** What the pipe let through, over all sessions, by time. */
  get delivered(): { at: number; bytes: number }[] {
    const all = [...this.sessions.values()].flatMap(({ chain, exempt, leftAt }) =>
      chain.delivered
        .filter(({ at }, number) => at < leftAt && !exempt.some(([from, to]) => number >= from && number < to))
        .map(({ at, bytes }) => ({ at, bytes: bytes.length })),
    )
    return all.toSorted((a, b) => a.at - b.at)
  }

  /** How many sessions that have stayed did not get every byte in order. */
  get incomplete(): number {
    const stayed = [...this.sessions.values()].filter(({ leftAt }) => leftAt === Infinity)
    return stayed.filter(({ chain }) => !chain.output.equals(chain.input)).length
  }

  /** Bytes that the pipe can have carried until `at`, without the burst. */
  capacity(at: number): number {
    let bytes = 0
    for (const [index, [from, rate]] of this.rates.entries()) {
      const to = Math.min(at, this.rates[index + 1]?.[0] ?? Infinity)
      if (to > from) bytes += ((to - from) * rate) / 1000
    }
    return bytes
  }

  #pipeAt(rate: number): TestFault {
    return { type: 'bandwidth', params: { rate, burst: this.#burst, scope: 'proxy' } }
  }

  #of(who: number): Session {
    const known = this.sessions.get(who)
    if (known !== undefined) return known
    const chain = new FaultChain([this.#pipe], { clock: this.clock, shared: this.#shared })
    const session = { chain, around: { front: [], behind: [] }, spared: false, exempt: [], leftAt: Infinity }
    this.sessions.set(who, session)
    return session
  }

  #act(step: Step): void {
    if (step.do === 'wait') this.clock.advance(step.time)
    else if (step.do === 'rate') this.#changeRate(step.rate)
    else {
      const session = this.#of(step.who)
      if (session.leftAt < Infinity) return
      if (step.do === 'send') session.chain.send(step.size)
      else if (step.do === 'leave') session.leftAt = this.clock.now()
      else if (step.do === 'spare') this.#spare(session)
      else {
        session.around = { front: lag('front', step.front), behind: lag('behind', step.behind) }
        this.#set(session)
      }
    }
  }

  #changeRate(rate: number): void {
    this.#pipe = this.#pipeAt(rate)
    this.rates.push([this.clock.now(), rate])
    for (const session of this.sessions.values()) if (session.leftAt === Infinity) this.#set(session)
  }

  #spare(session: Session): void {
    const { length } = session.chain.delivered
    const last = session.exempt.at(-1)
    session.spared = !session.spared
    if (session.spared) session.exempt.push([length, Infinity])
    else if (last !== undefined) last[1] = length
    this.#set(session)
  }

  #set({ chain, around, spared }: Session): void {
    chain.set(...around.front, spared ? { ...this.#pipe, selected: false } : this.#pipe, ...around.behind)
  }
}

/** The largest number of bytes by which deliveries are ahead of what is allowed until then. */
function excess(rig: Rig, allowed: (at: number) => number): number {
  let bytes = 0
  let worst = -Infinity
  for (const delivery of rig.delivered) {
    bytes += delivery.bytes
    worst = Math.max(worst, bytes - allowed(delivery.at))
  }
  return worst
}

test('sessions on one pipe never carry more than its rate together, whoever joins, leaves, is spared or passes again', () => {
  const steps = fc.array(fc.oneof(...traffic, ...retimed), { maxLength: 40 })
  const cases = fc.property(rates, bursts, steps, (rate, burst, steps) => {
    const rig = new Rig(rate, burst)
    rig.play(steps)
    expect(excess(rig, (at) => rig.capacity(at) + burst)).toBeLessThan(0.01)
    expect(rig.incomplete).toBe(0)
  })
  fc.assert(cases, { numRuns: 400 })
})

test('nor when the rate changes, but for the piece under way and what is saved up in time', () => {
  const steps = fc.array(fc.oneof(...traffic, changed), { maxLength: 40 })
  const cases = fc.property(rates, bursts, steps, (rate, burst, steps) => {
    const rig = new Rig(rate, burst)
    rig.play(steps)
    // A piece takes 100 ms at most, and counts as if it had crossed at the new rate from its beginning.
    const pieces = rig.rates
      .slice(1)
      .reduce((sum, [, rate]) => sum + Math.max(rate * 0.01, Math.min(256, rate * 0.1)) + rate * 0.1, 0)
    expect(excess(rig, (at) => rig.capacity(at) + burst * rig.rates.length + pieces)).toBeLessThan(0.01)
    expect(rig.incomplete).toBe(0)
  })
  fc.assert(cases, { numRuns: 400 })
})

test('a pipe that always has something to carry is used to the full, and passing again changes nothing', () => {
  const sends = fc.array(fc.record({ who, size: fc.integer({ min: 1, max: 2000 }) }), { minLength: 1, maxLength: 12 })
  const again = fc.array(fc.record({ at: fc.nat(3000), who }), { maxLength: 6 })
  const cases = fc.property(fc.integer({ min: 500, max: 5000 }), sends, again, (rate, sends, again) => {
    const [plain, disturbed] = [[], again.toSorted((a, b) => a.at - b.at)].map((changes) => {
      const rig = new Rig(rate, 0)
      const steps: Step[] = sends.map(({ who, size }) => ({ do: 'send', who, size }))
      let now = 0
      for (const { at, who } of changes) {
        // A latency of next to nothing behind the pipe: all that is held passes again.
        steps.push(
          { do: 'wait', time: at - now },
          { do: 'lag', who, front: 0, behind: 1e-9 },
          { do: 'lag', who, front: 0, behind: 0 },
        )
        now = at
      }
      rig.play(steps)
      return rig.delivered
    })
    const total = sends.reduce((sum, { size }) => sum + size, 0)
    expect(plain?.at(-1)?.at).toBeCloseTo((total / rate) * 1000, 4)
    const stamps = (all: typeof plain) => all?.map(({ at, bytes }) => `${bytes} @ ${at.toFixed(4)}`).toSorted()
    expect(stamps(disturbed)).toEqual(stamps(plain))
  })
  fc.assert(cases, { numRuns: 200 })
})
