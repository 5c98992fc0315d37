import type { EventEmitter } from 'node:events'
import { FoulweatherError } from '../../core/errors.ts'
import type { PlanChange, ProxyPlan } from '../../core/plan.ts'
import type { ProxyOutcome } from '../data-plane.ts'
import type { EngineEvents } from '../events.ts'
import { resolveListen } from '../listen-address.ts'
import { freeAddress } from '../listener.ts'
import { speaksOtherwise } from '../speaks-otherwise.ts'
import type { Shares } from '../sharing/memory.ts'
import { NO_CHANGE, type SharedMemory } from '../sharing/shares.ts'
import type { Crew } from './crew.ts'
import { outcomeFromWire } from './outcomes.ts'
import { GONE, type WorkerThread } from './worker-thread.ts'

interface Known {
  plan: ProxyPlan
  /** The address that all threads listen on; `undefined` = they do not. */
  bound: string | undefined
  readonly leader: number
}

interface InForceParts {
  readonly crew: Crew
  readonly memory: SharedMemory
  readonly events: EventEmitter<EngineEvents>
}

/** So long a start waits for a thread that is being replaced. */
const WAIT_FOR_THREAD_MS = 15_000

/** A start that so many threads have died in the middle of is to blame for that, and no other is to try it. */
const DEATHS_OF_ONE_START = 2

/** A new thread that cannot listen where the others do tries again so often. */
const TRY_AGAIN_MS = 1000

/** The plans that all threads have, and how they come to have them. */
export class InForce {
  readonly #crew: Crew
  readonly #memory: SharedMemory
  readonly #events: EventEmitter<EngineEvents>
  readonly #proxies = new Map<string, Known>()
  #files = 0
  #clearings = 0
  #closed = false

  constructor({ crew, memory, events }: InForceParts) {
    this.#crew = crew
    this.#memory = memory
    this.#events = events
  }

  has(proxy: string): boolean {
    return this.#proxies.has(proxy)
  }

  /** That thread tells what all do alike with the proxy. */
  speaks(thread: WorkerThread, proxy: string): boolean {
    const leader = this.#proxies.get(proxy)?.leader ?? 1
    return thread === (this.#crew.thread(leader) ?? this.#crew.threads[0])
  }

  async apply({ put = [], remove = [], mercy = false }: PlanChange): Promise<readonly ProxyOutcome[]> {
    if (this.#closed) return put.map(({ name, listen }) => ({ name, listen, running: false }))
    if (remove.length > 0) await this.#remove(remove)
    return Promise.all(put.map((plan) => this.#put(plan, mercy)))
  }

  async clearFaults(): Promise<void> {
    this.#clearings++
    for (const known of this.#proxies.values()) {
      // A start that is under way goes on with this one.
      known.plan = { ...known.plan, faults: [] }
    }
    this.#memory.clearFaults()
    await Promise.all(this.#crew.threads.map((thread) => thread.ask('clearFaults')))
  }

  /** A new thread gets everything that is in force. What cannot be listened on there yet is left to the others, and tried again. */
  async join(thread: WorkerThread): Promise<void> {
    const all = [...this.#proxies.values()]
    // Those that are about to be started, or could not be, are not for one thread alone.
    const put = all.map((known) => planFor(thread, known, known.bound !== undefined))
    const answer = await thread.ask('apply', { put }, this.#share(all, NO_CHANGE))
    if (answer === GONE) throw new Error(`worker ${thread.number} has died`)
    for (const { name, error } of answer) if (error !== undefined) void this.#tryAgain(thread, name, error.message)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    for (const known of this.#proxies.values()) this.#stopped(known)
  }

  async #remove(names: readonly string[]): Promise<void> {
    const removed = names.flatMap((name) => this.#proxies.get(name) ?? [])
    for (const name of names) {
      this.#proxies.delete(name)
      this.#memory.remove(name)
    }
    await this.#tellAll(this.#crew.threads, [], { remove: names })
    for (const known of removed) this.#stopped(known)
  }

  /** @throws Error when no thread could carry it out; what was in force before is so again, but for a listener that was being started. */
  async #put(plan: ProxyPlan, mercy: boolean): Promise<ProxyOutcome> {
    const known = this.#proxies.get(plan.name)
    const before = known && { ...known }
    const clearings = this.#clearings
    try {
      return await this.#change(plan, mercy)
    } catch (error) {
      await this.#takeBack(plan.name, before, clearings === this.#clearings)
      throw error
    }
  }

  /** A thread that comes, or is brought in step, must not meet what others could not carry out. */
  async #takeBack(name: string, before: Known | undefined, withFaults: boolean): Promise<void> {
    const known = this.#proxies.get(name)
    if (known === undefined) return
    if (before === undefined) {
      this.#proxies.delete(name)
      this.#memory.remove(name)
      await this.#tellAll(this.#crew.threads, [], { remove: [name] }).catch(() => {})
      return
    }
    // What has let go of its listener stays without it, as after any start that fails.
    const listens = known.bound === before.bound
    const { plan } = before
    known.plan = { ...plan, enabled: plan.enabled && listens, ...(withFaults ? {} : { faults: [] }) }
    if (!listens) known.bound = undefined
    await this.#tellAll(this.#crew.threads, [known], {}).catch(() => {})
  }

  async #change(plan: ProxyPlan, mercy: boolean): Promise<ProxyOutcome> {
    const known: Known = this.#proxies.get(plan.name) ?? { plan, bound: undefined, leader: this.#leaderFor(plan) }
    this.#proxies.set(plan.name, known)
    const before = { ...known }
    const listenMoved = plan.listen !== before.plan.listen && plan.listen !== known.bound
    const moved = listenMoved || plan.upstream !== before.plan.upstream || speaksOtherwise(plan, before.plan)
    known.plan = plan
    if (plan.enabled && (known.bound === undefined || moved)) {
      this.#stopped(before)
      return this.#start(known, listenMoved, mercy).catch((error: unknown) => {
        known.bound = undefined
        throw error
      })
    }
    if (!plan.enabled) known.bound = undefined
    const { threads } = this.#crew
    const outcomes = await this.#tellAll(threads, [known], { mercy })
    if (outcomes.size === 0 && threads.length > 0 && !this.#closed) throw allHaveDied(plan)
    if (!plan.enabled) this.#stopped(before)
    return (
      outcomes.get(known.leader) ?? { name: plan.name, running: known.bound !== undefined, listen: listenOf(known) }
    )
  }

  /** All or none: the first tries it, the others follow. */
  async #start(known: Known, listenMoved: boolean, mercy: boolean): Promise<ProxyOutcome> {
    const { name, listen, upstream } = known.plan
    try {
      if (listenMoved || known.bound === undefined) known.bound = await freeAddress(await resolveListen(listen))
    } catch (error) {
      if (!(error instanceof FoulweatherError)) throw error
      return this.#stopAll(known, error)
    }
    const change = this.#memory.nextChange()
    let first: WorkerThread | undefined
    let outcome: ProxyOutcome | undefined
    // One that dies amid it has not done it: another is the first then.
    for (let deaths = 0; outcome === undefined; deaths++) {
      if (deaths === DEATHS_OF_ONE_START) throw allHaveDied(known.plan)
      first = await this.#crew.present(() => this.#firstFor(known), WAIT_FOR_THREAD_MS)
      if (this.#closed || this.#proxies.get(name) !== known) return { name, running: false, listen }
      if (first === undefined) return this.#stopAll(known, nobodyIsThere(listen))
      outcome = (await this.#tellAll([first], [known], { mercy }, change)).get(first.number)
    }
    if (outcome.error !== undefined) return this.#stopAll(known, outcome.error)
    // Gone meanwhile, or closed.
    if (!outcome.running || this.#closed || this.#proxies.get(name) !== known) return outcome
    // Before the others are told: of its doors and sessions is told from now on.
    this.#events.emit('proxy-started', { proxy: name, listen: listenOf(known), upstream })
    const others = this.#crew.threads.filter((thread) => thread !== first)
    const outcomes = await this.#tellAll(others, [known], { mercy }, change)
    const failed = [...outcomes.values()].find(({ error }) => error !== undefined)
    if (failed?.error === undefined) return outcome
    this.#stopped(known)
    return this.#stopAll(known, failed.error)
  }

  /** A socket file is for its leader alone. */
  #firstFor({ plan, leader }: Known): WorkerThread | undefined {
    return this.#crew.thread(leader) ?? (isFile(plan.listen) ? undefined : this.#crew.threads[0])
  }

  async #stopAll(known: Known, error: FoulweatherError): Promise<ProxyOutcome> {
    known.bound = undefined
    const { name, listen } = known.plan
    const stopped = { ...known, plan: { ...known.plan, enabled: false } }
    await this.#tellAll(this.#crew.threads, [stopped], {})
    return { name, listen, running: false, error }
  }

  async #tryAgain(thread: WorkerThread, name: string, error: string): Promise<void> {
    for (let failure: string | undefined = error; failure !== undefined;) {
      const known = this.#proxies.get(name)
      if (known?.bound === undefined || this.#closed || !thread.isAlive) return
      this.#events.emit('reopen-failed', { proxy: name, listen: known.bound, error: failure })
      await new Promise<void>((resolve) => {
        setTimeout(resolve, TRY_AGAIN_MS).unref()
      })
      failure = await this.#tryIn(thread, name)
    }
  }

  /** Answers why it could not listen; `undefined` = it does, or is not to any more. */
  async #tryIn(thread: WorkerThread, name: string): Promise<string | undefined> {
    const known = this.#proxies.get(name)
    if (known?.bound === undefined || this.#closed) return undefined
    try {
      return (await this.#tellAll([thread], [known], {})).get(thread.number)?.error?.message
    } catch (error) {
      return String(error)
    }
  }

  #stopped({ plan, bound }: Known): void {
    const { name, upstream } = plan
    if (bound !== undefined) this.#events.emit('proxy-stopped', { proxy: name, listen: bound, upstream })
  }

  async #tellAll(
    threads: readonly WorkerThread[],
    put: readonly Known[],
    rest: Omit<PlanChange, 'put'>,
    change = this.#memory.nextChange(),
  ): Promise<ReadonlyMap<number, ProxyOutcome>> {
    const shares = this.#share(put, change)
    const answers = await Promise.all(
      threads.map(async (thread) => {
        const plans = put.map((known) => planFor(thread, known))
        const answer = await thread.ask('apply', { ...rest, put: plans }, shares)
        return answer === GONE ? [] : answer.map((outcome) => [thread.number, outcomeFromWire(outcome)] as const)
      }),
    )
    return new Map(answers.flat())
  }

  #share(put: readonly Known[], change: number): Shares {
    const leaders = new Map(put.map(({ plan, leader }) => [plan.name, leader]))
    const plans = put.map(({ plan }) => plan)
    return this.#memory.put(plans, ({ name }) => leaders.get(name) ?? 1, change)
  }

  /** A socket file can be listened on by one alone: they take turns. */
  #leaderFor({ listen }: ProxyPlan): number {
    if (!isFile(listen)) return 1
    return (this.#files++ % this.#crew.size) + 1
  }
}

const isFile = (listen: string): boolean => listen.startsWith('unix:')

function nobodyIsThere(listen: string): FoulweatherError {
  const message = `listen ${listen}: no worker is there to listen; try again`
  return new FoulweatherError('listen_failed', message, { field: 'listen', value: listen })
}

function allHaveDied({ name }: ProxyPlan): Error {
  return new Error(
    `the workers have died of the change of proxy ${JSON.stringify(name)}, which is taken back; the log says why`,
  )
}

const listenOf = ({ plan, bound }: Known): string => bound ?? plan.listen

function planFor({ number }: WorkerThread, known: Known, enabled = known.plan.enabled): ProxyPlan {
  const { plan, leader } = known
  const elsewhere = isFile(plan.listen) && number !== leader
  return { ...plan, listen: listenOf(known), enabled: enabled && !elsewhere }
}
