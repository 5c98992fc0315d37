import type { FaultPlan } from '../core/plan.ts'
import { FaultAtWork, type FaultNow } from './fault-at-work.ts'
import type { ProxyCounters } from './proxy-counters.ts'
import type { Scheduled } from './scheduler.ts'
import type { EngineShared } from './shared.ts'
import { rampedAt, windowAt } from './windows.ts'

/** The faults of a proxy as time goes by: which are in their window, and what their ramps have reached. */
export class FaultSet implements Scheduled {
  dueAt = 0
  heapIndex = -1
  #now: readonly FaultNow[] = []
  readonly #shared: Pick<EngineShared, 'clock' | 'scheduler'>
  readonly #counters: ProxyCounters
  readonly #changed: () => void
  #plans: readonly FaultPlan[] = []
  #works = new Map<string, FaultAtWork>()

  /** @param changed told when a window opens or closes, or a ramp takes a step; not of `update`. */
  constructor(shared: Pick<EngineShared, 'clock' | 'scheduler'>, counters: ProxyCounters, changed: () => void) {
    this.#shared = shared
    this.#counters = counters
    this.#changed = changed
  }

  /** In the order of the plan; those whose window is closed included. */
  get now(): readonly FaultNow[] {
    return this.#now
  }

  /** @param sessions how many the proxy has had so far: a fault that is new has come after them. */
  update(plans: readonly FaultPlan[], sessions: number): void {
    const now = this.#shared.clock.now()
    const before = this.#works
    this.#works = new Map(plans.map((plan) => [plan.name, this.#workFor(plan, before.get(plan.name), sessions, now)]))
    this.#plans = plans
    for (const [name, work] of before) if (this.#works.get(name) !== work) forget(work)
    this.#look(now)
  }

  /** The scheduler: a window opens or closes, a ramp takes a step. */
  fire(now: number): void {
    if (this.#look(now)) this.#changed()
  }

  /** Nothing changes by itself any more. */
  close(): void {
    this.#shared.scheduler.cancel(this)
    for (const work of this.#works.values()) forget(work)
  }

  #workFor(plan: FaultPlan, known: FaultAtWork | undefined, sessions: number, now: number): FaultAtWork {
    if (known === undefined || known.type !== plan.type) {
      const tally = this.#counters.ofFault(plan.name)
      const work = new FaultAtWork(plan, tally, sessions, now)
      tally.work = work
      return work
    }
    const before = this.#plans.find(({ name }) => name === plan.name)
    if (before?.epoch !== plan.epoch) known.startAnew(plan, now)
    return known
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
      work.resetsOnRemove = plan.onRemove === 'reset'
      next = Math.min(next, work.addedAt + Math.min(window.until, ramped.until))
      const fresh = { work, plan: ramped.plan, on: window.state === 'working' }
      return [before.find((old) => isSame(old, fresh)) ?? fresh]
    })
    this.#shared.scheduler.schedule(this, next)
    return this.#now.length !== before.length || this.#now.some((fault, index) => fault !== before[index])
  }
}

/** It is in the plan no more. A fault of another type may have taken over its name, and with that the tally. */
function forget(work: FaultAtWork): void {
  if (work.tally.work === work) work.tally.work = undefined
}

function isSame(a: FaultNow, b: FaultNow): boolean {
  if (a.work !== b.work || a.on !== b.on || a.plan.revision !== b.plan.revision || a.plan.draw !== b.plan.draw)
    return false
  // A ramp changes these without a revision.
  if (a.plan.epoch !== b.plan.epoch || a.plan.probability !== b.plan.probability) return false
  return Object.keys(b.plan.ramp ?? {}).every((name) => a.plan.params[name] === b.plan.params[name])
}
