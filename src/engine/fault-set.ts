import type { FaultPlan } from '../core/plan.ts'
import { differInProbabilityAlone, FaultAtWork, type FaultNow } from './fault-at-work.ts'
import type { ProxyCounters } from './proxy-counters.ts'
import type { Scheduled } from './scheduler.ts'
import type { EngineShared } from './shared.ts'
import { rampedAt, windowAt } from './windows.ts'

type SetShared = Pick<EngineShared, 'clock' | 'scheduler' | 'limits' | 'factory'>

/** The faults of a proxy as time goes by: which are in their window, which a limit has disarmed, and what their ramps have reached. */
export class FaultSet implements Scheduled {
  dueAt = 0
  heapIndex = -1
  #now: readonly FaultNow[] = []
  readonly #shared: SetShared
  readonly #proxy: string
  readonly #counters: ProxyCounters
  readonly #changed: () => void
  #plans: readonly FaultPlan[] = []
  #works = new Map<string, FaultAtWork>()
  /** Of what has changed nobody has been told yet. */
  #untold = false
  #busy = false

  /** @param changed told when a window opens or closes, a ramp takes a step, or a limit is crossed; not of `update`. */
  constructor(shared: SetShared, proxy: string, counters: ProxyCounters, changed: () => void) {
    this.#shared = shared
    this.#proxy = proxy
    this.#counters = counters
    this.#changed = changed
  }

  /** In the order of the plan; those that are disarmed, or whose window is closed, included. */
  get now(): readonly FaultNow[] {
    return this.#now
  }

  /**
   * @param sessions how many the proxy has had so far: a fault that is new has come after them.
   * @param mercy faults that go let their sessions live.
   */
  update(plans: readonly FaultPlan[], sessions: number, mercy = false): void {
    const now = this.#shared.clock.now()
    const before = this.#works
    this.#busy = true
    const works = plans.map((plan) => this.#workFor(plan, before.get(plan.name), sessions, now))
    this.#works = new Map(works.map((work) => [work.name, work]))
    this.#plans = plans
    for (const [name, work] of before) {
      if (this.#works.get(name) === work) continue
      this.#forget(work)
      if (mercy) work.resetsOnRemove = false
    }
    this.#busy = false
    this.#untold = false
    this.#look(now)
  }

  /**
   * A limit has been crossed, or holds no more. New sessions see it at once. Who tells of it may be amid the bytes of one: the others are
   * told in a turn of their own.
   */
  moved(): void {
    if (this.#busy) return
    const now = this.#shared.clock.now()
    this.#look(now)
    this.#untold = true
    this.#shared.scheduler.schedule(this, now)
  }

  /** The scheduler: a window opens or closes, a ramp takes a step, a limit has been crossed. */
  fire(now: number): void {
    if (!this.#look(now) && !this.#untold) return
    this.#untold = false
    this.#changed()
  }

  /** Nothing changes by itself any more. */
  close(): void {
    this.#busy = true
    this.#shared.scheduler.cancel(this)
    for (const work of this.#works.values()) this.#forget(work)
  }

  #workFor(plan: FaultPlan, known: FaultAtWork | undefined, addedBehind: number, now: number): FaultAtWork {
    const { limits, factory } = this.#shared
    const { sharing } = limits
    const here = { at: now, behind: addedBehind }
    if (known === undefined || known.type !== plan.type) {
      const tally = this.#counters.ofFault(plan.name)
      const work = new FaultAtWork(plan, tally, {
        proxy: this.#proxy,
        home: this,
        share: sharing.fault(this.#proxy, plan, () => factory.cells(plan.type)),
        counts: sharing.counts(this.#proxy, plan, here),
      })
      work.gauges = limits.gaugesFor(work, plan)
      tally.work = work
      return work
    }
    const before = this.#plans.find(({ name }) => name === plan.name)
    const begins = before?.epoch !== plan.epoch
    if (begins) known.startAnew(sharing.counts(this.#proxy, plan, here))
    if (begins || before?.owner !== plan.owner) known.gauges = limits.gaugesFor(known, plan)
    return known
  }

  /** It is in the plan no more. A fault of another type may have taken over its name, and with that the tally. */
  #forget(work: FaultAtWork): void {
    if (work.tally.work === work) work.tally.work = undefined
    this.#shared.limits.leave(work)
  }

  /** Answers whether anything is other than it was. */
  #look(now: number): boolean {
    const before = this.#now
    let next = Infinity
    this.#now = this.#plans.flatMap((plan) => {
      const work = this.#works.get(plan.name)
      if (work === undefined) return []
      const age = now - work.addedAt
      const window = windowAt(plan.schedule, age)
      const ramped = rampedAt(plan, age)
      work.window = window.state
      work.ramped = ramped.values
      work.resetsOnRemove = plan.onRemove === 'reset' && plan.shadow !== true
      next = Math.min(next, work.addedAt + Math.min(window.until, ramped.until))
      const fresh = { work, plan: ramped.plan, on: window.state === 'working' && !work.off }
      return [before.find((old) => isSame(old, fresh)) ?? fresh]
    })
    this.#shared.scheduler.schedule(this, next)
    return this.#now.length !== before.length || this.#now.some((fault, index) => fault !== before[index])
  }
}

function isSame(a: FaultNow, b: FaultNow): boolean {
  return differInProbabilityAlone(a, b) && a.plan.probability === b.plan.probability
}
