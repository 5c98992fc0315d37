import { FoulweatherError } from '../core/errors.ts'
import type { ProxyPlan, TlsOptions } from '../core/plan.ts'
import type { Ending } from '../core/words.ts'
import type { ProxyOutcome, ProxySnapshot } from './data-plane.ts'
import { Doors, type DoorState } from './doors.ts'
import { Entrance, type EntranceEvents } from './entrance.ts'
import type { FaultNow } from './fault-at-work.ts'
import { FaultSet } from './fault-set.ts'
import { exchangeFaultsOf, type ExchangeFault } from './http/exchange-fault.ts'
import type { ExchangeRecorder } from './http/exchange-facts.ts'
import { InTurns } from './in-turns.ts'
import type { Accepted } from './peer-socket.ts'
import type { ProxyCounters } from './proxy-counters.ts'
import { needsPreamble, Preamble, type PreambleHome } from './preamble.ts'
import { Session, type Arrived, type SessionHome } from './session.ts'
import type { EngineShared } from './shared.ts'
import type { ProxyShare } from './sharing/sharing.ts'
import { speaksOtherwise } from './speaks-otherwise.ts'
import { ListenTls } from './tls/listen-tls.ts'
import { UpstreamTls } from './tls/upstream-tls.ts'
import type { Visitor } from './visitor.ts'

/** A proxy at work: its entrance, its sessions, its faults. */
export class Proxy implements SessionHome, PreambleHome, EntranceEvents {
  readonly shared: EngineShared
  readonly counters: ProxyCounters
  readonly sessions = new Map<string, Visitor>()
  readonly #onEnded: (session: Visitor) => void
  readonly #entrance: Entrance
  readonly #faults: FaultSet
  readonly #doors: Doors
  /** Sessions that have yet to be brought in step with faults that have moved by themselves. */
  readonly #behind: InTurns<Visitor>
  /** Sessions that a door has yet to end. */
  readonly #shutOut: InTurns<Visitor>
  /** Sessions that are not let in yet, in the order in which they came. */
  readonly #waiting = new Set<Visitor>()
  #plan: ProxyPlan
  #exchangeFaults: { readonly of: readonly FaultNow[]; readonly faults: readonly ExchangeFault[] } | undefined
  #recorder: ExchangeRecorder | undefined
  #listenTls: { readonly of: TlsOptions; readonly made: ListenTls } | undefined
  #upstreamTls: { readonly of: TlsOptions; readonly made: UpstreamTls } | undefined
  readonly #share: ProxyShare
  /** What the others know of `sessions` and `#waiting`. */
  #told = { live: 0, waiting: 0 }
  #running = false

  constructor(shared: EngineShared, plan: ProxyPlan, counters: ProxyCounters, onEnded: (session: Visitor) => void) {
    this.shared = shared
    this.#onEnded = onEnded
    this.#share = shared.sharing.proxy(plan.name)
    this.#plan = plan
    this.counters = counters
    this.#entrance = new Entrance(shared, this)
    this.#behind = new InTurns(shared)
    this.#shutOut = new InTurns(shared)
    this.#faults = new FaultSet(shared, plan.name, counters, () => this.#faultsMoved())
    this.#doors = new Doors(shared, plan.name, this.#share.leads)
    this.#updateFaults(plan)
  }

  /**
   * Brings the proxy in step with its plan. Faults change before this returns; the listener when the answer comes.
   *
   * @param mercy faults that go let their sessions live, whatever they were to do when they go.
   */
  async apply(plan: ProxyPlan, mercy = false): Promise<ProxyOutcome> {
    const before = this.#plan
    // The plan may name the bound address once it is known: that is no move.
    const listenMoved = plan.listen !== before.listen && plan.listen !== this.#entrance.address
    const moved = listenMoved || plan.upstream !== before.upstream || speaksOtherwise(plan, before)
    if (moved || !plan.enabled) this.#close(plan.enabled ? 'changed' : 'disabled')
    this.#plan = plan
    if (plan.faults !== before.faults) this.#updateFaults(plan, mercy)
    if (plan.enabled && !this.#running) return this.#start()
    return this.#outcome()
  }

  /** All faults go at once, without what they were to do when they go. A start or stop that is under way goes on as it is. */
  clearFaults(): void {
    if (this.#plan.faults.length === 0) return
    for (const { work } of this.faults) work.resetsOnRemove = false
    this.#plan = { ...this.#plan, faults: [] }
    this.#updateFaults(this.#plan)
  }

  /** For good: closes the listener, and the sessions now or, if there is a drain time, when it is over. */
  stop(reason: 'deleted' | 'shutdown'): void {
    this.#close(reason)
    this.#faults.close()
  }

  /** Resolves when nothing of it holds an address any more that it has let go of. */
  get settled(): Promise<unknown> {
    return this.#entrance.settled
  }

  #close(reason: 'disabled' | 'changed' | 'deleted' | 'shutdown'): void {
    const { address } = this.#entrance
    this.#entrance.close()
    this.#running = false
    if (address !== undefined) this.#emitState('proxy-stopped', address)
    const ending: Ending = { origin: 'proxy', reason }
    for (const session of this.sessions.values()) session.drain(this.shared.drainMs, ending)
  }

  get place(): ProxyCounters['lastSeen'] {
    return { listen: this.#entrance.address ?? this.#plan.listen, upstream: this.#plan.upstream }
  }

  /** `leaving`: live sessions of the proxies that had this name before. */
  snapshot(leaving: number): ProxySnapshot {
    const running = this.#entrance.listening
    return { name: this.#plan.name, ...this.place, running, ...this.counters.data(this.sessions.size + leaving) }
  }

  accepted(connection: Accepted): void {
    const ordinal = this.#share.ordinals.add(1)
    this.counters.countSession()
    this.#doors.came()
    const id = this.shared.nextSessionId()
    const first = needsPreamble(this.#plan, this.faults, this.shared.factory)
    const visitor = first ? new Preamble(this, id, ordinal, connection) : new Session(this, id, ordinal, connection)
    if (first) this.#waiting.add(visitor)
    this.sessions.set(id, visitor)
    this.#letIn(visitor)
    if (!this.#doors.empty) this.#entrance.look()
  }

  /** Where a fault counts who is in, nobody in another thread comes or is let in meanwhile. */
  #letIn(visitor: Visitor): void {
    if (this.#asksConnections) return this.#share.exclusively(() => this.#letInOrQueue(visitor))
    this.#tellSessions()
    visitor.enter()
  }

  #letInOrQueue(visitor: Visitor): void {
    this.#tellSessions()
    const active = this.activeSessions
    visitor.enter()
    // Whoever left in another thread, just before this one was known to wait, has told nobody of the place.
    if (visitor.queued && this.activeSessions < active - 1) this.#lookAtQueue()
  }

  /** Whoever waits may be let in by that, and then nobody in another thread is to have the same place. */
  #bringInStep(visitor: Visitor): void {
    if (this.#waiting.has(visitor) && this.#asksConnections)
      this.#share.exclusively(() => visitor.setFaults(this.faults))
    else visitor.setFaults(this.faults)
  }

  sessionAsks(ask: () => void): void {
    if (this.#asksConnections) this.#share.exclusively(ask)
    else ask()
  }

  get #asksConnections(): boolean {
    return this.faults.some(({ plan }) => this.shared.factory.hasConnect(plan))
  }

  preambleOver(preamble: Preamble, accepted: Accepted, arrived: Arrived): Session {
    const session = new Session(this, preamble.id, preamble.ordinal, accepted, arrived)
    this.#forget(preamble)
    this.sessions.set(session.id, session)
    this.#letIn(session)
    if (!this.#doors.empty) this.#entrance.look()
    return session
  }

  preambleFailed({ id }: Preamble, error: string): void {
    this.shared.events.emit('handshake-failed', { proxy: this.#plan.name, session: id, error })
  }

  preambleEnded(preamble: Preamble): void {
    this.sessionEnded(preamble)
  }

  acceptFailed(error: string): void {
    this.shared.events.emit('accept-failed', { proxy: this.#plan.name, error })
  }

  /** Sessions that were let in and are not over, in all threads. */
  get activeSessions(): number {
    return this.#share.active.value
  }

  sessionWaits(session: Session): void {
    this.#waiting.add(session)
    this.#tellSessions()
  }

  sessionLetIn(session: Session): void {
    this.#waiting.delete(session)
    this.#tellSessions()
  }

  /** Counts what has changed for all threads, and lets them know where one of them may wait for it. */
  #tellSessions(): void {
    const live = this.sessions.size
    const waiting = this.#waiting.size
    const { live: knownLive, waiting: knownWaiting } = this.#told
    if (live === knownLive && waiting === knownWaiting) return
    this.#told = { live, waiting }
    if (live !== knownLive) this.#share.live.add(live - knownLive)
    const active = live - waiting - (knownLive - knownWaiting)
    // In this order: who is queued counts itself among those that wait, and then looks again at how many are in.
    if (active !== 0) this.#share.active.add(active)
    const others = this.#share.waiting.add(waiting - knownWaiting) > waiting
    if (active === 0) return
    if (!this.#doors.empty || (active < 0 && others)) this.shared.sharing.nudge({ about: 'sessions', proxy: this.name })
  }

  /** In another thread. */
  sessionsMoved(): void {
    if (!this.#doors.empty) this.#entrance.look()
    this.#lookAtQueue()
  }

  /** In another thread: a fault was disarmed, or is not any more. */
  limitsMoved(): void {
    this.#faults.moved()
  }

  serverConnected(connectMs: number): void {
    this.counters.connect.observe(connectMs)
  }

  sessionOpened(session: Session): void {
    if (this.shared.events.listenerCount('session-opened') > 0)
      this.shared.events.emit('session-opened', session.info())
  }

  dialFailed(session: Session, error: string): void {
    const { id, upstream } = session
    this.shared.events.emit('dial-failed', { proxy: this.#plan.name, session: id, upstream, error })
  }

  #forget(visitor: Visitor): void {
    this.sessions.delete(visitor.id)
    this.#waiting.delete(visitor)
    this.#behind.forget(visitor)
    this.#shutOut.forget(visitor)
    this.#tellSessions()
  }

  sessionEnded(session: Visitor): void {
    this.#forget(session)
    if (session.ending !== undefined) this.counters.countEnding(session.ending)
    this.#onEnded(session)
    if (this.shared.events.listenerCount('session-ended') > 0) this.shared.events.emit('session-ended', session.info())
    this.#lookAtQueue()
    if (!this.#doors.empty) this.#entrance.look()
  }

  lookAtDoors(now: number): DoorState {
    return this.#doors.look(now, this.activeSessions)
  }

  doorMoved({ shutBy }: DoorState, error?: FoulweatherError): void {
    const { listen } = this.place
    const proxy = this.#plan.name
    if (error !== undefined) {
      this.shared.events.emit('reopen-failed', { proxy, listen, error: error.message })
    } else if (shutBy === undefined) {
      this.shared.events.emit('door-opened', { proxy, listen })
    } else {
      this.shared.events.emit('door-shut', { proxy, listen, fault: shutBy })
    }
  }

  doorEnds({ how, fault }: NonNullable<DoorState['ends']>): void {
    const ending: Ending = { origin: 'injected', reason: fault }
    this.#shutOut.start(this.sessions.values(), (session) => {
      if (how === 'reset') session.reset(ending)
      else session.drop(ending)
    })
  }

  #updateFaults({ faults }: ProxyPlan, mercy = false): void {
    this.counters.forgetFaultsBut(faults.map((fault) => fault.name))
    this.#faults.update(faults, this.#share.ordinals.value, mercy)
    // Whoever changes the plan may rely on it when the answer comes.
    this.#behind.stop()
    this.#doors.update(this.faults)
    for (const session of this.sessions.values()) this.#bringInStep(session)
    this.#entrance.look()
    this.#shutOut.finish()
  }

  /** A window has opened or closed, a ramp has taken a step, or a limit has been crossed: nobody waits for that. */
  #faultsMoved(): void {
    this.#doors.update(this.faults)
    this.#behind.start(this.sessions.values(), (session) => this.#bringInStep(session))
    this.#entrance.look()
  }

  /** A place is free: the first that still has to wait is asked last. */
  #lookAtQueue(): void {
    if (this.#waiting.size === 0) return
    this.#share.exclusively(() => {
      for (const session of this.#waiting) if (session.queued && !session.lookAgain()) return
    })
  }

  async #start(): Promise<ProxyOutcome> {
    try {
      this.#running = true
      const open = await this.#entrance.open(this.#plan.listen)
      if (open) this.#listening()
    } catch (error) {
      if (!(error instanceof FoulweatherError)) throw error
      this.#running = false
      return { ...this.#outcome(), error: asListenError(error) }
    }
    return this.#outcome()
  }

  #listening(): void {
    const { listen, upstream } = this.place
    this.counters.moveTo(listen, upstream)
    this.#emitState('proxy-started', listen)
    this.#entrance.look()
  }

  #outcome(): ProxyOutcome {
    return { name: this.#plan.name, running: this.#entrance.address !== undefined, listen: this.place.listen }
  }

  #emitState(event: 'proxy-started' | 'proxy-stopped', listen: string): void {
    this.shared.events.emit(event, { proxy: this.#plan.name, listen, upstream: this.#plan.upstream })
  }

  get name(): string {
    return this.#plan.name
  }

  get upstream(): string {
    return this.#plan.upstream
  }

  get faults(): readonly FaultNow[] {
    return this.#faults.now
  }

  get plan(): ProxyPlan {
    return this.#plan
  }

  get exchangeFaults(): readonly ExchangeFault[] {
    const of = this.#faults.now
    if (this.#exchangeFaults?.of !== of) {
      this.#exchangeFaults = { of, faults: exchangeFaultsOf(of, this.shared.factory) }
    }
    return this.#exchangeFaults.faults
  }

  get upstreamTls(): UpstreamTls | undefined {
    const { upstream, tls } = this.#plan
    if (tls?.upstream === undefined) return undefined
    if (this.#upstreamTls?.of !== tls || this.#upstreamTls.made.upstream !== upstream) {
      this.#upstreamTls = { of: tls, made: new UpstreamTls(upstream, tls.upstream) }
    }
    return this.#upstreamTls.made
  }

  get listenTls(): ListenTls | undefined {
    const { protocol, tls } = this.#plan
    if (tls?.listen === undefined) return undefined
    if (this.#listenTls?.of !== tls) this.#listenTls = { of: tls, made: new ListenTls(tls.listen, protocol) }
    return this.#listenTls.made
  }

  get recorder(): ExchangeRecorder {
    this.#recorder ??= this.counters.http.recorder(this.shared.exchanges, this.#plan.name)
    return this.#recorder
  }
}

/** Resolution failures come without the words that Go puts before them when a listener starts. */
function asListenError(error: FoulweatherError): FoulweatherError {
  if (error.message.startsWith('listen ')) return error
  return new FoulweatherError('listen_failed', `listen tcp: ${error.message}`, {
    field: 'listen',
    value: error.value,
    cause: error,
  })
}
