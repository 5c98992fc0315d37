import { EventEmitter } from 'node:events'
import type { Clock } from '../../core/clock.ts'
import type { Decision } from '../../core/decision.ts'
import type { FaultFactory } from '../../core/fault-factory.ts'
import type { PlanChange } from '../../core/plan.ts'
import type { DataPlane, ProxyOutcome, SessionFilter, SessionInfo, Snapshot, WorkerInfo } from '../data-plane.ts'
import type { DecisionFilter } from '../decision-log.ts'
import type { EngineEvents } from '../events.ts'
import type { ExchangeInfo } from '../http/exchange-info.ts'
import type { ExchangeFilter, ExchangeLogInfo } from '../http/exchange-log.ts'
import type { Recorded } from '../replay.ts'
import { SharedCounter } from '../sharing/counter.ts'
import { SharedMemory } from '../sharing/shares.ts'
import { systemClock } from '../system-clock.ts'
import { Crew } from './crew.ts'
import { departed, NOTHING } from './departed.ts'
import { InForce } from './in-force.ts'
import { mergeSnapshots } from './merge.ts'
import type { CallName, Calls, EventName, Told, WireOptions } from './messages.ts'
import { clockOffset } from './thread-clock.ts'
import { GONE, WorkerThread } from './worker-thread.ts'

export interface WorkersOptions {
  /** 2 or more. */
  readonly workers: number
  /** The file that a thread runs: it has to call `serveThread`. */
  readonly entry: URL
  readonly factory: FaultFactory
  readonly options: WireOptions
  readonly replay?: readonly Recorded[]
}

/** How often the counters of all threads are looked at, so that one that dies takes few of its own with it. */
const LOOK_MS = 1000

/** So many looks in a row that a thread has not answered, and it is taken for dead: it is in a loop without end. */
const LOOKS_UNANSWERED = 60

const ENDED_SESSIONS_KEPT = 256

/** All threads do these alike: one tells. */
const TOLD_BY_ONE: ReadonlySet<EventName> = new Set<EventName>([
  'proxy-started',
  'proxy-stopped',
  'door-shut',
  'door-opened',
])

/** @throws Error when a thread cannot begin. */
export async function createWorkersDataPlane(options: WorkersOptions): Promise<DataPlane> {
  const dataPlane = new WorkersDataPlane(options)
  await dataPlane.begin()
  return dataPlane
}

/**
 * The data plane in several threads: each has an event loop, an engine and listeners of its own, and the kernel spreads connections over them
 * (`SO_REUSEPORT`). A change is in force when all of them have said so.
 */
class WorkersDataPlane implements DataPlane {
  readonly events = new EventEmitter<EngineEvents>()
  readonly #options: WorkersOptions
  readonly #memory: SharedMemory
  readonly #crew: Crew
  readonly #inForce: InForce
  /** What each thread had counted when it was last asked. */
  readonly #last = new Map<number, Snapshot>()
  /** What those had counted that are no more, taken together. */
  #departed: Snapshot | undefined
  #exchangesFrom = new Date().toISOString()
  readonly #exchanges: SharedCounter
  readonly #clock: Clock = systemClock
  readonly #lookTimer: NodeJS.Timeout
  #unanswered = new Map<WorkerThread, number>()
  #closed: Promise<void> | undefined

  constructor(options: WorkersOptions) {
    this.#options = options
    const { workers, entry, factory, replay } = options
    this.#memory = new SharedMemory(workers, { clock: this.#clock, factory })
    const { process } = this.#memory
    this.#exchanges = new SharedCounter(new BigInt64Array(process.counters), 2)
    const common = { options: options.options, memory: process, clockOffset: clockOffset() }
    this.#crew = new Crew(workers, {
      start: (thread, events) =>
        new WorkerThread(entry, { ...common, thread, ...(replay === undefined ? {} : { replay }) }, events),
      join: (thread) => this.#join(thread),
      told: (thread, told) => this.#told(thread, told),
      left: (thread, error) => this.#left(thread, error),
      replaced: (worker) => this.events.emit('worker-replaced', { worker }),
    })
    this.#inForce = new InForce(this.#crew, this.#memory)
    this.#watchListeners()
    this.#lookTimer = setInterval(() => this.#look(), LOOK_MS).unref()
  }

  begin(): Promise<void> {
    return this.#crew.begin()
  }

  apply(change: PlanChange): Promise<readonly ProxyOutcome[]> {
    return this.#inForce.apply(change)
  }

  clearFaults(): Promise<void> {
    return this.#inForce.clearFaults()
  }

  async snapshot(proxy?: string): Promise<Snapshot> {
    const all = await this.#ask('snapshot', proxy)
    const gone = this.#departed === undefined ? [] : [only(this.#departed, proxy)]
    const [first, ...others] = [...all, ...gone]
    if (first === undefined) throw new Error('no worker is there to be asked')
    return mergeSnapshots([first, ...others])
  }

  async sessions(filter?: SessionFilter): Promise<readonly SessionInfo[]> {
    const all = (await this.#ask('sessions', filter)).flat()
    const ended = all.filter(({ ending }) => ending !== null)
    const live = all.filter(({ ending }) => ending === null)
    ended.sort((a, b) => (a.ending?.at ?? '').localeCompare(b.ending?.at ?? '') || Number(a.id) - Number(b.id))
    live.sort((a, b) => Number(a.id) - Number(b.id))
    return [...ended.slice(-ENDED_SESSIONS_KEPT), ...live]
  }

  async decisions(filter?: DecisionFilter): Promise<readonly Decision[]> {
    return this.#latest(await this.#ask('decisions', filter), this.#options.options.decisionsKept ?? 10_000)
  }

  async exchanges(filter?: ExchangeFilter): Promise<readonly ExchangeInfo[]> {
    return this.#latest(await this.#ask('exchanges', filter), this.#exchangesKept)
  }

  exchangeLog(): ExchangeLogInfo {
    const newest = this.#exchanges.value
    const kept = this.#exchangesKept
    return { started: this.#exchangesFrom, newest, dropped: Math.max(0, newest - kept), kept }
  }

  async kill(id: string): Promise<boolean> {
    const killed = await this.#ask('kill', id)
    return killed.includes(true)
  }

  workers(): readonly WorkerInfo[] {
    return this.#crew.info()
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close())
  }

  async #close(): Promise<void> {
    clearInterval(this.#lookTimer)
    this.#inForce.close()
    await this.#ask('close')
    await this.#crew.end()
  }

  get #exchangesKept(): number {
    return this.#options.options.exchangesKept ?? 1000
  }

  /** All threads that are there; what one was asked that died meanwhile is left out. */
  async #ask<Name extends CallName>(
    call: Name,
    ...asks: Calls[Name]['asks']
  ): Promise<readonly Calls[Name]['answers'][]> {
    const answers = await Promise.all(this.#crew.threads.map((thread) => thread.ask(call, ...asks)))
    return answers.flatMap((answer) => (answer === GONE ? [] : [answer]))
  }

  /** Each thread keeps the latest of its own: of all of them together as many are shown as one would keep. */
  #latest<T extends { readonly seq: number }>(all: readonly (readonly T[])[], kept: number): readonly T[] {
    const sorted = all.flat().sort((a, b) => a.seq - b.seq)
    return sorted.length > kept ? sorted.slice(-kept) : sorted
  }

  async #join(thread: WorkerThread): Promise<void> {
    thread.watch(this.#watched())
    await this.#inForce.join(thread)
  }

  #left(thread: WorkerThread, error: string): void {
    const withdrawn = this.#memory.withdraw(thread.number)
    const last = this.#last.get(thread.number) ?? NOTHING
    this.#last.delete(thread.number)
    this.#unanswered.delete(thread)
    const gone = departed(last, withdrawn)
    this.#departed = this.#departed === undefined ? gone : mergeSnapshots([this.#departed, gone])
    const sessions = [...withdrawn.live.values()].reduce((sum, live) => sum + live, 0)
    this.events.emit('worker-died', { worker: thread.number, sessions, error })
    // Places that its sessions had, and memory that they held, are free.
    for (const proxy of withdrawn.live.keys()) this.#nudgeAll({ about: 'sessions', proxy })
    this.#nudgeAll({ about: 'held' })
  }

  #nudgeAll(nudge: Parameters<WorkerThread['nudge']>[0]): void {
    for (const thread of this.#crew.threads) thread.nudge(nudge)
  }

  /** Remembers what every thread has counted. */
  #look(): void {
    for (const thread of this.#crew.threads) {
      const unanswered = this.#unanswered.get(thread) ?? 0
      this.#unanswered.set(thread, unanswered + 1)
      if (unanswered >= LOOKS_UNANSWERED) void thread.terminate(false)
      if (unanswered === 0) void this.#remember(thread)
    }
  }

  async #remember(thread: WorkerThread): Promise<void> {
    const snapshot = await thread.ask('snapshot', undefined).catch((): typeof GONE => GONE)
    this.#unanswered.set(thread, 0)
    if (snapshot !== GONE && thread.isAlive) this.#last.set(thread.number, snapshot)
  }

  #told(thread: WorkerThread, told: readonly Told[]): void {
    for (const [name, payload] of told) {
      if (TOLD_BY_ONE.has(name) && !this.#speaksFor(thread, payload)) continue
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- name and payload have come together
      this.events.emit<EventName>(name, ...([payload] as unknown as EngineEvents[EventName]))
    }
  }

  #speaksFor(thread: WorkerThread, payload: object): boolean {
    return 'proxy' in payload && typeof payload.proxy === 'string' && this.#inForce.leads(thread, payload.proxy)
  }

  /** Threads tell only what somebody listens for: with thousands of sessions a second that is work. */
  #watchListeners(): void {
    const changed = (): void => {
      for (const thread of this.#crew.threads) thread.watch(this.#watched())
    }
    const emitter: EventEmitter = this.events
    // Told before a listener is added, and after one is gone.
    emitter.on('newListener', () => queueMicrotask(changed))
    emitter.on('removeListener', changed)
  }

  #watched(): readonly EventName[] {
    return this.events.eventNames().filter((name): name is EventName => !NOT_OF_THREADS.has(name))
  }
}

const NOT_OF_THREADS: ReadonlySet<string | symbol> = new Set([
  'newListener',
  'removeListener',
  'worker-died',
  'worker-replaced',
])

function only(snapshot: Snapshot, proxy: string | undefined): Snapshot {
  if (proxy === undefined) return snapshot
  return { ...snapshot, proxies: snapshot.proxies.filter(({ name }) => name === proxy) }
}
