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
import { departed, forgetOldest, NOTHING } from './departed.ts'
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
const LOOKS_UNANSWERED = 15

/**
 * So long whoever only looks waits for a thread: many times of what one takes that is saturated. What one has counted is as it was at the last
 * look then, and the rest of what it has is left out.
 */
const ANSWER_WITHIN_MS = 3000

/** So long beyond the drain time a thread may take to close; one that does not is ended as it is. */
const CLOSE_MS = 4000

const ENDED_SESSIONS_KEPT = 256

/** All threads do these alike: one tells. */
const TOLD_BY_ONE: ReadonlySet<EventName> = new Set<EventName>(['door-shut', 'door-opened'])

/** @throws Error when a thread cannot begin. */
export async function createWorkersDataPlane(options: WorkersOptions): Promise<DataPlane> {
  const dataPlane = new WorkersDataPlane(options)
  try {
    await dataPlane.begin()
  } catch (error) {
    await dataPlane.close()
    throw error
  }
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
  readonly #decisions: SharedCounter
  readonly #exchanges: SharedCounter
  readonly #clock: Clock = systemClock
  readonly #lookTimer: NodeJS.Timeout
  readonly #unanswered = new WeakMap<WorkerThread, number>()
  #closed: Promise<void> | undefined

  constructor(options: WorkersOptions) {
    this.#options = options
    const { workers, entry, factory, replay } = options
    this.#memory = new SharedMemory(workers, { clock: this.#clock, factory })
    const { process } = this.#memory
    const counters = new BigInt64Array(process.counters)
    this.#decisions = new SharedCounter(counters, 1)
    this.#exchanges = new SharedCounter(counters, 2)
    const common = { options: options.options, memory: process, clockOffset: clockOffset() }
    this.#crew = new Crew(workers, {
      start: (thread, events) =>
        new WorkerThread(entry, { ...common, thread, ...(replay === undefined ? {} : { replay }) }, events),
      join: (thread) => this.#join(thread),
      told: (thread, told) => this.#told(thread, told),
      left: (worker, error) => this.#left(worker, error),
      replaced: (worker) => this.events.emit('worker-replaced', { worker }),
    })
    this.#inForce = new InForce({ crew: this.#crew, memory: this.#memory, events: this.events })
    this.#watchListeners()
    this.#lookTimer = setInterval(() => this.#rememberAll(), LOOK_MS).unref()
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
    const { threads } = this.#crew
    const all = await Promise.all(threads.map((thread) => this.#knownOf(thread, proxy)))
    // Who has died while the others were waited for is among those that are gone.
    const alive = all.flatMap((known, index) => (known === GONE || threads[index]?.isAlive !== true ? [] : [known]))
    const gone = this.#departed === undefined ? [] : [only(this.#departed, proxy)]
    // All of them may have died a moment ago.
    const [first = NOTHING, ...others] = [...alive, ...gone]
    return mergeSnapshots([first, ...others])
  }

  async sessions(filter?: SessionFilter): Promise<readonly SessionInfo[]> {
    const all = (await this.#look('sessions', filter)).flat()
    const ended = all.filter(({ ending }) => ending !== null)
    const live = all.filter(({ ending }) => ending === null)
    ended.sort((a, b) => (a.ending?.at ?? '').localeCompare(b.ending?.at ?? '') || Number(a.id) - Number(b.id))
    live.sort((a, b) => Number(a.id) - Number(b.id))
    return [...ended.slice(-ENDED_SESSIONS_KEPT), ...live]
  }

  async decisions(filter?: DecisionFilter): Promise<readonly Decision[]> {
    const newest = this.#decisions.value
    return latest(await this.#look('decisions', filter), newest, this.#options.options.decisionsKept ?? 10_000)
  }

  async exchanges(filter?: ExchangeFilter): Promise<readonly ExchangeInfo[]> {
    const newest = this.#exchanges.value
    return latest(await this.#look('exchanges', filter), newest, this.#exchangesKept)
  }

  exchangeLog(): ExchangeLogInfo {
    const newest = this.#exchanges.value
    const kept = this.#exchangesKept
    return { started: this.#exchangesFrom, newest, dropped: Math.max(0, newest - kept), kept }
  }

  async kill(id: string): Promise<boolean> {
    const found = Promise.withResolvers<boolean>()
    // Of a thread that answers nothing nobody knows whether it has the session; who has it says so.
    const all = this.#crew.threads.map(async (thread) => {
      if ((await thread.ask('kill', id)) === true) found.resolve(true)
    })
    return Promise.race([found.promise, Promise.all(all).then(() => false)])
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
    this.#crew.close()
    const enough = Promise.withResolvers<void>()
    const timer = setTimeout(enough.resolve, (this.#options.options.drainMs ?? 0) + CLOSE_MS)
    try {
      await Promise.race([Promise.all(this.#crew.threads.map((thread) => thread.ask('close'))), enough.promise])
    } finally {
      clearTimeout(timer)
      await this.#crew.end()
    }
  }

  get #exchangesKept(): number {
    return this.#options.options.exchangesKept ?? 1000
  }

  /** For who only looks: all threads that are there, but what one was asked that died meanwhile, or does not answer in time, is left out. */
  async #look<Name extends CallName>(
    call: Name,
    ...asks: Calls[Name]['asks']
  ): Promise<readonly Calls[Name]['answers'][]> {
    const answers = await Promise.all(this.#crew.threads.map((thread) => inTime(thread.ask(call, ...asks))))
    return answers.flatMap((answer) => (answer === GONE || answer === LATE ? [] : [answer]))
  }

  async #join(thread: WorkerThread): Promise<void> {
    // A door that has long been shut is shut there as well, which is no news.
    thread.watch(this.#watched().filter((name) => !TOLD_BY_ONE.has(name)))
    await this.#inForce.join(thread)
    thread.watch(this.#watched())
  }

  #left(worker: number, error: string): void {
    const withdrawn = this.#memory.withdraw(worker)
    const last = this.#last.get(worker) ?? NOTHING
    this.#last.delete(worker)
    const gone = departed(last, withdrawn)
    const all = this.#departed === undefined ? gone : mergeSnapshots([this.#departed, gone])
    this.#departed = forgetOldest(all, (name) => this.#inForce.has(name))
    const sessions = [...withdrawn.live.values()].reduce((sum, live) => sum + live, 0)
    this.events.emit('worker-died', { worker, sessions, error })
    // Places that its sessions had, and memory that they held, are free.
    for (const proxy of withdrawn.live.keys()) this.#nudgeAll({ about: 'sessions', proxy })
    this.#nudgeAll({ about: 'held' })
  }

  #nudgeAll(nudge: Parameters<WorkerThread['nudge']>[0]): void {
    for (const thread of this.#crew.threads) thread.nudge(nudge)
  }

  /** Remembers what every thread has counted. */
  #rememberAll(): void {
    for (const thread of this.#crew.threads) {
      const unanswered = this.#unanswered.get(thread) ?? 0
      this.#unanswered.set(thread, unanswered + 1)
      if (unanswered >= LOOKS_UNANSWERED)
        void thread.kill(`it has not answered for ${(LOOKS_UNANSWERED * LOOK_MS) / 1000} s`)
      if (unanswered === 0) void this.#remember(thread)
    }
  }

  async #remember(thread: WorkerThread): Promise<void> {
    await this.#snapshotOf(thread).catch((): typeof GONE => GONE)
    this.#unanswered.set(thread, 0)
  }

  async #knownOf(thread: WorkerThread, proxy?: string): Promise<Snapshot | typeof GONE> {
    const snapshot = await inTime(this.#snapshotOf(thread, proxy))
    return snapshot === LATE ? only(this.#last.get(thread.number) ?? NOTHING, proxy) : snapshot
  }

  /** Remembered: what somebody has been shown may not go back when the thread dies. */
  async #snapshotOf(thread: WorkerThread, proxy?: string): Promise<Snapshot | typeof GONE> {
    const snapshot = await thread.ask('snapshot', proxy)
    if (snapshot === GONE || !thread.isAlive) return GONE
    const before = this.#last.get(thread.number)
    this.#last.set(thread.number, before === undefined || proxy === undefined ? snapshot : within(before, snapshot))
    return snapshot
  }

  #told(thread: WorkerThread, told: readonly Told[]): void {
    for (const [name, payload] of told) {
      if (TOLD_BY_ONE.has(name) && !this.#speaksFor(thread, payload)) continue
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- name and payload have come together
      this.events.emit<EventName>(name, ...([payload] as unknown as EngineEvents[EventName]))
    }
  }

  #speaksFor(thread: WorkerThread, payload: object): boolean {
    return 'proxy' in payload && typeof payload.proxy === 'string' && this.#inForce.speaks(thread, payload.proxy)
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
  'proxy-started',
  'proxy-stopped',
  'worker-died',
  'worker-replaced',
])

/** Instead of an answer: there is none yet. */
const LATE = Symbol('late')

async function inTime<T>(answer: Promise<T>): Promise<T | typeof LATE> {
  const late = Promise.withResolvers<typeof LATE>()
  const timer = setTimeout(() => late.resolve(LATE), ANSWER_WITHIN_MS)
  try {
    return await Promise.race([answer, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

/** `all`, with what `part` says of some of its proxies. */
function within(all: Snapshot, part: Snapshot): Snapshot {
  const fresh = new Set(part.proxies.map(({ name }) => name))
  return { ...part, proxies: [...all.proxies.filter(({ name }) => !fresh.has(name)), ...part.proxies] }
}

function only(snapshot: Snapshot, proxy: string | undefined): Snapshot {
  if (proxy === undefined) return snapshot
  return { ...snapshot, proxies: snapshot.proxies.filter(({ name }) => name === proxy) }
}

/**
 * Each thread keeps the latest of its own: of all of them together as many are looked at as one would keep. What has come after `newest` is left
 * for the next time: a thread that was asked earlier may not have answered with what comes before it.
 */
function latest<T extends { readonly seq: number }>(
  all: readonly (readonly T[])[],
  newest: number,
  kept: number,
): readonly T[] {
  const wanted = all.flat().filter(({ seq }) => seq <= newest && seq > newest - kept)
  return wanted.sort((a, b) => a.seq - b.seq)
}
