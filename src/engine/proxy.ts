import { FoulweatherError } from '../core/errors.ts'
import type { FaultPlan, ProxyPlan } from '../core/plan.ts'
import type { FaultCounters } from '../core/stage-factory.ts'
import type { Ending } from '../core/words.ts'
import type { ProxyOutcome, ProxySnapshot } from './data-plane.ts'
import { resolveListen } from './listen-address.ts'
import { Listener, type ListenerEvents } from './listener.ts'
import type { Accepted } from './peer-socket.ts'
import type { ProxyCounters } from './proxy-counters.ts'
import { Session, type SessionHome } from './session.ts'
import type { EngineShared } from './shared.ts'

/** A proxy at work: its listener, its sessions, its faults. */
export class Proxy implements SessionHome, ListenerEvents {
  readonly shared: EngineShared
  readonly counters: ProxyCounters
  readonly sessions = new Map<string, Session>()
  readonly #onEnded: (session: Session) => void
  #plan: ProxyPlan
  #listener: Listener | undefined
  /** Changes with every start and stop: a start that finds another turn than its own has been overtaken. */
  #turn = 0
  #ordinal = 0

  constructor(shared: EngineShared, plan: ProxyPlan, counters: ProxyCounters, onEnded: (session: Session) => void) {
    this.shared = shared
    this.#onEnded = onEnded
    this.#plan = plan
    this.counters = counters
  }

  /** Brings the proxy in step with its plan. Faults change before this returns; the listener when the answer comes. */
  async apply(plan: ProxyPlan): Promise<ProxyOutcome> {
    const before = this.#plan
    // The plan may name the bound address once it is known: that is no move.
    const listenMoved = plan.listen !== before.listen && plan.listen !== this.#listener?.address
    const moved = listenMoved || plan.upstream !== before.upstream
    if (moved || !plan.enabled) this.stop(plan.enabled ? 'changed' : 'disabled')
    this.#plan = plan
    if (plan.faults !== before.faults) {
      this.counters.forgetFaultsBut(plan.faults.map((fault) => fault.name))
      for (const session of this.sessions.values()) session.setFaults(plan.faults)
    }
    if (plan.enabled && this.#listener === undefined) return this.#start()
    return this.#outcome()
  }

  /** Closes the listener, and the sessions now or, if there is a drain time, when it is over. */
  stop(reason: 'disabled' | 'changed' | 'deleted' | 'shutdown'): void {
    this.#turn++
    const listener = this.#listener
    if (listener !== undefined) {
      this.#listener = undefined
      listener.close()
      this.#emitState('proxy-stopped', listener.address)
    }
    const ending: Ending = { origin: 'proxy', reason }
    for (const session of this.sessions.values()) session.drain(this.shared.drainMs, ending)
  }

  get place(): ProxyCounters['lastSeen'] {
    return { listen: this.#listener?.address ?? this.#plan.listen, upstream: this.#plan.upstream }
  }

  /** `leaving`: live sessions of the proxies that had this name before. */
  snapshot(leaving: number): ProxySnapshot {
    const running = this.#listener !== undefined
    return { name: this.#plan.name, ...this.place, running, ...this.counters.data(this.sessions.size + leaving) }
  }

  accepted(connection: Accepted): void {
    this.#ordinal++
    this.counters.countSession()
    const session = new Session(this, this.shared.nextSessionId(), this.#ordinal, connection)
    this.sessions.set(session.id, session)
  }

  acceptFailed(error: string): void {
    this.shared.events.emit('accept-failed', { proxy: this.#plan.name, error })
  }

  sessionOpened(session: Session, connectMs: number): void {
    this.counters.connect.observe(connectMs)
    if (this.shared.events.listenerCount('session-opened') > 0)
      this.shared.events.emit('session-opened', session.info())
  }

  dialFailed(session: Session, error: string): void {
    const { id, upstream } = session
    this.shared.events.emit('dial-failed', { proxy: this.#plan.name, session: id, upstream, error })
  }

  sessionEnded(session: Session): void {
    this.sessions.delete(session.id)
    if (session.ending !== undefined) this.counters.countEnding(session.ending)
    this.#onEnded(session)
    if (this.shared.events.listenerCount('session-ended') > 0) this.shared.events.emit('session-ended', session.info())
  }

  async #start(): Promise<ProxyOutcome> {
    const turn = ++this.#turn
    try {
      const address = await resolveListen(this.#plan.listen)
      const listener = await Listener.open(address, this, this.shared.acceptHandles)
      if (turn === this.#turn) this.#listening(listener)
      // Stopped or deleted meanwhile: nobody would ever close this one.
      else listener.close()
    } catch (error) {
      if (!(error instanceof FoulweatherError)) throw error
      return { ...this.#outcome(), error: asListenError(error) }
    }
    if (turn === this.#turn && this.#listener !== undefined) this.#emitState('proxy-started', this.#listener.address)
    return this.#outcome()
  }

  #listening(listener: Listener): void {
    this.#listener = listener
    this.counters.moveTo(listener.address, this.#plan.upstream)
  }

  #outcome(): ProxyOutcome {
    return { name: this.#plan.name, running: this.#listener !== undefined, listen: this.place.listen }
  }

  #emitState(event: 'proxy-started' | 'proxy-stopped', listen: string): void {
    this.shared.events.emit(event, { proxy: this.#plan.name, listen, upstream: this.#plan.upstream })
  }

  countersOf(fault: string): FaultCounters {
    return this.counters.ofFault(fault)
  }

  get name(): string {
    return this.#plan.name
  }

  get upstream(): string {
    return this.#plan.upstream
  }

  get faults(): readonly FaultPlan[] {
    return this.#plan.faults
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
