import { FoulweatherError } from '../../core/errors.ts'
import type { PlanChange, ProxyPlan } from '../../core/plan.ts'
import type { ProxyOutcome } from '../data-plane.ts'
import { resolveListen } from '../listen-address.ts'
import { freeAddress } from '../listener.ts'
import { speaksOtherwise } from '../speaks-otherwise.ts'
import type { SharedMemory } from '../sharing/shares.ts'
import type { Crew } from './crew.ts'
import { outcomeFromWire } from './outcomes.ts'
import { GONE, type WorkerThread } from './worker-thread.ts'

interface Known {
  plan: ProxyPlan
  /** The address that all threads listen on; `undefined` = they do not. */
  bound: string | undefined
  readonly leader: number
}

/** The plans that all threads have, and how they come to have them. */
export class InForce {
  readonly #crew: Crew
  readonly #memory: SharedMemory
  readonly #proxies = new Map<string, Known>()
  #files = 0
  #closed = false

  constructor(crew: Crew, memory: SharedMemory) {
    this.#crew = crew
    this.#memory = memory
  }

  /** That thread tells what all do alike with the proxy. */
  leads({ number }: WorkerThread, proxy: string): boolean {
    return number === (this.#proxies.get(proxy)?.leader ?? 1)
  }

  async apply({ put = [], remove = [], mercy = false }: PlanChange): Promise<readonly ProxyOutcome[]> {
    if (this.#closed) return put.map(({ name, listen }) => ({ name, listen, running: false }))
    if (remove.length > 0) {
      for (const name of remove) this.#proxies.delete(name)
      await this.#tellAll(this.#crew.threads, [], { remove })
      for (const name of remove) if (!this.#proxies.has(name)) this.#memory.remove(name)
    }
    return Promise.all(put.map((plan) => this.#put(plan, mercy)))
  }

  async clearFaults(): Promise<void> {
    for (const known of this.#proxies.values()) {
      // A start that is under way goes on with this one.
      known.plan = { ...known.plan, faults: [] }
    }
    await Promise.all(this.#crew.threads.map((thread) => thread.ask('clearFaults')))
  }

  /** A new thread gets everything that is in force. What cannot be listened on there is left to the others. */
  async join(thread: WorkerThread): Promise<void> {
    // Those that are about to be started, or could not be, are not for one thread alone.
    const put = [...this.#proxies.values()].map((known) => planFor(thread, known, known.bound !== undefined))
    const answer = await thread.ask('apply', { put }, this.#memory.all)
    if (answer === GONE) throw new Error(`worker ${thread.number} has died`)
  }

  close(): void {
    this.#closed = true
  }

  async #put(plan: ProxyPlan, mercy: boolean): Promise<ProxyOutcome> {
    const before = this.#proxies.get(plan.name)
    const known: Known = before ?? { plan, bound: undefined, leader: this.#leaderFor(plan) }
    this.#proxies.set(plan.name, known)
    const previous = known.plan
    const listenMoved = plan.listen !== previous.listen && plan.listen !== known.bound
    const moved = listenMoved || plan.upstream !== previous.upstream || speaksOtherwise(plan, previous)
    known.plan = plan
    if (plan.enabled && (known.bound === undefined || moved)) return this.#start(known, listenMoved, mercy)
    if (!plan.enabled) known.bound = undefined
    const outcomes = await this.#tellAll(this.#crew.threads, [known], { mercy })
    return (
      outcomes.get(known.leader) ?? { name: plan.name, running: known.bound !== undefined, listen: listenOf(known) }
    )
  }

  /** All or none: the first tries it, the others follow. */
  async #start(known: Known, listenMoved: boolean, mercy: boolean): Promise<ProxyOutcome> {
    const { name, listen } = known.plan
    try {
      if (listenMoved || known.bound === undefined) known.bound = await freeAddress(await resolveListen(listen))
    } catch (error) {
      if (!(error instanceof FoulweatherError)) throw error
      return this.#stopAll(known, error)
    }
    const first = this.#crew.thread(known.leader) ?? this.#crew.threads[0]
    if (first === undefined) throw new Error('no worker is there to listen')
    const outcome = (await this.#tellAll([first], [known], { mercy })).get(first.number)
    if (outcome?.error !== undefined) return this.#stopAll(known, outcome.error)
    // Gone meanwhile, or stopped by another change.
    if (outcome === undefined || !outcome.running || this.#proxies.get(name) !== known) {
      return outcome ?? { name, running: false, listen }
    }
    const others = this.#crew.threads.filter((thread) => thread !== first)
    const failed = [...(await this.#tellAll(others, [known], { mercy })).values()].find(
      ({ error }) => error !== undefined,
    )
    return failed?.error === undefined ? outcome : this.#stopAll(known, failed.error)
  }

  async #stopAll(known: Known, error: FoulweatherError): Promise<ProxyOutcome> {
    known.bound = undefined
    const { name, listen } = known.plan
    const stopped = { ...known, plan: { ...known.plan, enabled: false } }
    await this.#tellAll(this.#crew.threads, [stopped], {})
    return { name, listen, running: false, error }
  }

  async #tellAll(
    threads: readonly WorkerThread[],
    put: readonly Known[],
    rest: Omit<PlanChange, 'put'>,
  ): Promise<ReadonlyMap<number, ProxyOutcome>> {
    const leaders = new Map(put.map(({ plan, leader }) => [plan.name, leader]))
    const shares = this.#memory.put(
      put.map(({ plan }) => plan),
      ({ name }) => leaders.get(name) ?? 1,
    )
    const answers = await Promise.all(
      threads.map(async (thread) => {
        const plans = put.map((known) => planFor(thread, known))
        const answer = await thread.ask('apply', { ...rest, put: plans }, shares)
        return answer === GONE ? [] : answer.map((outcome) => [thread.number, outcomeFromWire(outcome)] as const)
      }),
    )
    return new Map(answers.flat())
  }

  /** A socket file can be listened on by one alone: they take turns. */
  #leaderFor({ listen }: ProxyPlan): number {
    if (!isFile(listen)) return 1
    return (this.#files++ % this.#crew.size) + 1
  }
}

const isFile = (listen: string): boolean => listen.startsWith('unix:')

const listenOf = ({ plan, bound }: Known): string => bound ?? plan.listen

function planFor({ number }: WorkerThread, known: Known, enabled = known.plan.enabled): ProxyPlan {
  const { plan, leader } = known
  const elsewhere = isFile(plan.listen) && number !== leader
  return { ...plan, listen: listenOf(known), enabled: enabled && !elsewhere }
}
