import { EventEmitter } from 'node:events'
import type { Clock } from '../core/clock.ts'
import type { Decision } from '../core/decision.ts'
import type { FaultLimits, PlanChange, ProxyPlan } from '../core/plan.ts'
import type { FaultFactory } from '../core/fault-factory.ts'
import { Budget } from './budget.ts'
import type {
  LocalDataPlane,
  ProxyOutcome,
  ProxySnapshot,
  SessionFilter,
  SessionInfo,
  Snapshot,
  WorkerInfo,
} from './data-plane.ts'
import { DecisionLog, type DecisionFilter } from './decision-log.ts'
import type { EngineEvents } from './events.ts'
import type { ExchangeInfo } from './http/exchange-info.ts'
import { ExchangeLog, type ExchangeFilter, type ExchangeLogInfo } from './http/exchange-log.ts'
import { Limits } from './limits.ts'
import { Proxy } from './proxy.ts'
import { ProxyCounters } from './proxy-counters.ts'
import { ReadMemory } from './read-memory.ts'
import type { Replay } from './replay.ts'
import { createAlone } from './sharing/alone.ts'
import type { Nudge, Sharing } from './sharing/sharing.ts'
import { Scheduler } from './scheduler.ts'
import { describeSession, type SessionFacts } from './session-info.ts'
import type { Visitor } from './visitor.ts'
import type { EngineShared } from './shared.ts'
import { systemClock } from './system-clock.ts'

export interface DataPlaneOptions {
  /** Decides every draw, together with the place it is made for. */
  readonly seed: number
  readonly factory: FaultFactory
  /** How long an upstream may take to accept a connection. Milliseconds; default 5000. */
  readonly dialTimeoutMs?: number
  /** How long sessions may go on when their proxy is stopped. Milliseconds; default 0: they are closed at once. */
  readonly drainMs?: number
  /**
   * Bytes that one direction of one session may hold before it stops reading, 256 more counted for each chunk; default 48 MiB. Rate × delay
   * has to fit.
   */
  readonly sessionBudget?: number
  /** Bytes that all sessions together may hold, give or take one read per session; default 256 MiB. */
  readonly processBudget?: number
  /** Pass a RST of one peer on as an orderly close; default false. */
  readonly softenResets?: boolean
  /**
   * Speak to connections, accepted and dialled, by their handles, which is an undocumented part of Node; default true. Where a Node
   * has no such part, and with `false`, they are read by `data` events instead: the same bytes at four times the CPU.
   */
  readonly acceptHandles?: boolean
  /** How many decisions are kept for `decisions()`; default 10 000. */
  readonly decisionsKept?: number
  /** How many exchanges of HTTP are kept for `exchanges()`; default 1000. */
  readonly exchangesKept?: number
  /** `exchanges()` shows the values of queries as they came; default false. */
  readonly showQueries?: boolean
  /** Bounds of what all faults together may do; default: none. */
  readonly limits?: FaultLimits
  /** A recorded run whose decisions are taken again. */
  readonly replay?: Replay
  /** Default: the real time. */
  readonly clock?: Clock
  /** What other threads that serve the same proxies have in common with this one; default: there are none. */
  readonly sharing?: Sharing
}

const ENDED_SESSIONS_KEPT = 256
const DELETED_PROXIES_KEPT = 1024

/** How long `close` waits for the last sockets beyond the drain time. */
const CLOSE_GRACE_MS = 3000

export function createLocalDataPlane(options: DataPlaneOptions): NudgedDataPlane {
  return new InThisThread(options)
}

/** One that other threads may tell that something has moved. */
export interface NudgedDataPlane extends LocalDataPlane {
  nudged(nudge: Nudge): void
}

/** The data plane in this very thread. */
class InThisThread implements NudgedDataPlane {
  readonly events = new EventEmitter<EngineEvents>()
  readonly #shared: EngineShared
  readonly #proxies = new Map<string, Proxy>()
  /** Deleted, with sessions that still drain. */
  readonly #leaving = new Set<Proxy>()
  /** By name; those of deleted proxies stay, so that no counter goes back. */
  readonly #counters = new Map<string, ProxyCounters>()
  readonly #ended: SessionFacts[] = []
  #closed = false

  constructor(options: DataPlaneOptions) {
    const clock = options.clock ?? systemClock
    const { sharing = createAlone() } = options
    const decisions = new DecisionLog(options.seed, options.decisionsKept ?? 10_000, sharing.decisions)
    this.#shared = {
      seed: options.seed,
      factory: options.factory,
      clock,
      scheduler: new Scheduler(clock),
      memory: new ReadMemory(),
      budget: new Budget(options.processBudget ?? 256 * 2 ** 20, sharing),
      sessionBudget: options.sessionBudget ?? 48 * 2 ** 20,
      dialTimeoutMs: options.dialTimeoutMs ?? 5000,
      drainMs: options.drainMs ?? 0,
      softenResets: options.softenResets ?? false,
      acceptHandles: options.acceptHandles ?? true,
      reusePort: options.sharing !== undefined,
      sharing,
      decisions,
      limits: new Limits({ clock, decisions, events: this.events, limits: options.limits, sharing }),
      exchanges: new ExchangeLog(options.exchangesKept ?? 1000, options.showQueries, sharing.exchanges),
      ...(options.replay === undefined ? {} : { replay: options.replay }),
      events: this.events,
      nextSessionId: () => String(sharing.sessions.add(1)),
    }
  }

  async apply({ put = [], remove = [], mercy = false }: PlanChange): Promise<readonly ProxyOutcome[]> {
    // Nobody would ever stop what is started now.
    if (this.#closed) return put.map(({ name, listen }) => ({ name, listen, running: false }))
    const removed = remove.flatMap((name) => this.#proxies.get(name) ?? [])
    for (const name of remove) this.#remove(name)
    // A door that was about to open again may have taken the address: whoever asks may want it next.
    if (remove.length > 0) await Promise.all(removed.map((proxy) => proxy.settled))
    return Promise.all(put.map((plan) => this.#proxyFor(plan).apply(plan, mercy)))
  }

  clearFaults(): void {
    for (const proxy of [...this.#proxies.values(), ...this.#leaving]) proxy.clearFaults()
  }

  snapshot(proxy?: string): Snapshot {
    const { budget, sessionBudget, scheduler } = this.#shared
    const wanted = (name: string): boolean => proxy === undefined || name === proxy
    const alive = [...this.#proxies.values()]
      .filter(({ name }) => wanted(name))
      .map((one) => one.snapshot(this.#leavingOf(one.name)))
    const deleted = [...this.#counters]
      .filter(([name]) => wanted(name) && !this.#proxies.has(name))
      .map((entry) => this.#deleted(...entry))
    return {
      proxies: [...alive, ...deleted],
      decisions: { total: this.#shared.decisions.total, kept: this.#shared.decisions.capacity },
      held: { bytes: budget.used, limit: budget.limit, perSessionLimit: sessionBudget, stalls: budget.stalls },
      lateness: scheduler.lateness,
    }
  }

  sessions({ id, proxy, state = 'live' }: SessionFilter = {}): readonly SessionInfo[] {
    const wanted = (one: SessionFacts | Visitor): boolean =>
      (proxy === undefined || one.proxy === proxy) && (id === undefined || one.id === id)
    const ended = state === 'live' ? [] : this.#ended.filter(wanted).map(describeSession)
    const live = state === 'ended' ? [] : this.#liveSessions().filter(wanted)
    return [...ended, ...live.map((session) => session.info())]
  }

  decisions(filter?: DecisionFilter): readonly Decision[] {
    return this.#shared.decisions.list(filter)
  }

  exchanges(filter?: ExchangeFilter): readonly ExchangeInfo[] {
    return this.#shared.exchanges.list(filter)
  }

  exchangeLog(): ExchangeLogInfo {
    return this.#shared.exchanges.info
  }

  kill(id: string): boolean {
    const session = this.#liveSessions().find((one) => one.id === id)
    if (session === undefined) return false
    session.reset({ origin: 'proxy', reason: 'killed' })
    return true
  }

  nudged(nudge: Nudge): void {
    if (nudge.about === 'held') this.#shared.budget.look()
    else if (nudge.about === 'sessions') this.#proxies.get(nudge.proxy)?.sessionsMoved()
    else for (const proxy of this.#proxies.values()) proxy.limitsMoved()
  }

  workers(): readonly WorkerInfo[] {
    return []
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const name of this.#proxies.keys()) this.#remove(name, 'shutdown')
    const { clock, drainMs, scheduler } = this.#shared
    const until = clock.now() + drainMs + CLOSE_GRACE_MS
    while (this.#leaving.size > 0 && clock.now() < until) {
      await new Promise<void>((resolve) => {
        clock.setTimer(10, resolve)
      })
      this.#forgetEmpty()
    }
    for (const session of this.#liveSessions()) session.drop({ origin: 'proxy', reason: 'shutdown' })
    scheduler.close()
  }

  #proxyFor(plan: ProxyPlan): Proxy {
    const known = this.#proxies.get(plan.name)
    if (known !== undefined) return known
    const counters = this.#counters.get(plan.name) ?? new ProxyCounters()
    this.#counters.delete(plan.name)
    this.#counters.set(plan.name, counters)
    const fresh = new Proxy(this.#shared, plan, counters, (session) => this.#keepEnded(session))
    this.#proxies.set(plan.name, fresh)
    return fresh
  }

  #remove(name: string, reason: 'deleted' | 'shutdown' = 'deleted'): void {
    const proxy = this.#proxies.get(name)
    if (proxy === undefined) return
    proxy.counters.lastSeen = proxy.place
    proxy.stop(reason)
    this.#proxies.delete(name)
    this.#forgetEmpty()
    if (proxy.sessions.size > 0) this.#leaving.add(proxy)
    // Never used (it may have failed to start): nothing to remember.
    if (proxy.counters.total === 0) this.#counters.delete(name)
    this.#forgetOldest()
  }

  #liveSessions(): readonly Visitor[] {
    return [...this.#proxies.values(), ...this.#leaving].flatMap((proxy) => Array.from(proxy.sessions.values()))
  }

  #deleted(name: string, counters: ProxyCounters): ProxySnapshot {
    return { name, ...counters.lastSeen, running: false, ...counters.data(this.#leavingOf(name)) }
  }

  /** Sessions of deleted proxies of that name. They count on under it, so they are active under it too. */
  #leavingOf(name: string): number {
    let sessions = 0
    for (const proxy of this.#leaving) if (proxy.name === name) sessions += proxy.sessions.size
    return sessions
  }

  #forgetEmpty(): void {
    for (const proxy of this.#leaving) if (proxy.sessions.size === 0) this.#leaving.delete(proxy)
  }

  /** Names of deleted proxies come from users: what is kept of them has to have a bound. */
  #forgetOldest(): void {
    let surplus = this.#counters.size - this.#proxies.size - DELETED_PROXIES_KEPT
    for (const name of this.#counters.keys()) {
      if (surplus <= 0) return
      if (this.#proxies.has(name)) continue
      this.#counters.delete(name)
      surplus--
    }
  }

  #keepEnded(session: Visitor): void {
    this.#ended.push(session.facts())
    if (this.#ended.length > ENDED_SESSIONS_KEPT) this.#ended.shift()
  }
}
