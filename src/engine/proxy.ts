import { FoulweatherError } from '../core/errors.ts'
import type { ProxyPlan } from '../core/plan.ts'
import type { Ending } from '../core/words.ts'
import type { ProxyOutcome, ProxySnapshot } from './data-plane.ts'
import { Doors, type DoorState } from './doors.ts'
import { Entrance, type EntranceEvents } from './entrance.ts'
import type { FaultNow } from './fault-at-work.ts'
import { FaultSet } from './fault-set.ts'
import { InTurns } from './in-turns.ts'
import type { Accepted } from './peer-socket.ts'
import type { ProxyCounters } from './proxy-counters.ts'
import { Session, type SessionHome } from './session.ts'
import type { EngineShared } from './shared.ts'

/** A proxy at work: its entrance, its sessions, its faults. */
export class Proxy implements SessionHome, EntranceEvents {
  readonly shared: EngineShared
  readonly counters: ProxyCounters
  readonly sessions = new Map<string, Session>()
  readonly #onEnded: (session: Session) => void
  readonly #entrance: Entrance
  readonly #faults: FaultSet
  readonly #doors: Doors
  /** Sessions that have yet to be brought in step with faults that have moved by themselves. */
  readonly #behind: InTurns<Session>
  /** Sessions that a door has yet to end. */
  readonly #shutOut: InTurns<Session>
  /** Sessions that are not let in yet, in the order in which they came. */
  readonly #waiting = new Set<Session>()
  #plan: ProxyPlan
  #ordinal = 0
  #running = false

  constructor(shared: EngineShared, plan: ProxyPlan, counters: ProxyCounters, onEnded: (session: Session) => void) {
    this.shared = shared
    this.#onEnded = onEnded
    this.#plan = plan
    this.counters = counters
    this.#entrance = new Entrance(shared, this)
    this.#behind = new InTurns(shared)
    this.#shutOut = new InTurns(shared)
    this.#faults = new FaultSet(shared, counters, () => this.#faultsMoved())
    this.#doors = new Doors(shared, plan.name)
    this.#updateFaults(plan)
  }

  /** Brings the proxy in step with its plan. Faults change before this returns; the listener when the answer comes. */
  async apply(plan: ProxyPlan): Promise<ProxyOutcome> {
    const before = this.#plan
    // The plan may name the bound address once it is known: that is no move.
    const listenMoved = plan.listen !== before.listen && plan.listen !== this.#entrance.address
    const moved = listenMoved || plan.upstream !== before.upstream
    if (moved || !plan.enabled) this.#close(plan.enabled ? 'changed' : 'disabled')
    this.#plan = plan
    if (plan.faults !== before.faults) this.#updateFaults(plan)
    if (plan.enabled && !this.#running) return this.#start()
    return this.#outcome()
  }

  /** For good: closes the listener, and the sessions now or, if there is a drain time, when it is over. */
  stop(reason: 'deleted' | 'shutdown'): void {
    this.#close(reason)
    this.#faults.close()
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
    this.#ordinal++
    this.counters.countSession()
    const session = new Session(this, this.shared.nextSessionId(), this.#ordinal, connection)
    this.sessions.set(session.id, session)
    session.enter()
    if (!this.#doors.empty) this.#entrance.look()
  }

  acceptFailed(error: string): void {
    this.shared.events.emit('accept-failed', { proxy: this.#plan.name, error })
  }

  /** Sessions that were let in and are not over. */
  get activeSessions(): number {
    return this.sessions.size - this.#waiting.size
  }

  sessionWaits(session: Session): void {
    this.#waiting.add(session)
  }

  sessionLetIn(session: Session): void {
    this.#waiting.delete(session)
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
    this.#waiting.delete(session)
    this.#behind.forget(session)
    this.#shutOut.forget(session)
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

  #updateFaults({ faults }: ProxyPlan): void {
    this.counters.forgetFaultsBut(faults.map((fault) => fault.name))
    this.#faults.update(faults, this.#ordinal)
    // Whoever changes the plan may rely on it when the answer comes.
    this.#behind.stop()
    this.#doors.update(this.faults)
    for (const session of this.sessions.values()) session.setFaults(this.faults)
    this.#entrance.look()
    this.#shutOut.finish()
  }

  /** A window has opened or closed, or a ramp has taken a step: nobody waits for that. */
  #faultsMoved(): void {
    this.#doors.update(this.faults)
    this.#behind.start(this.sessions.values(), (session) => session.setFaults(this.faults))
    this.#entrance.look()
  }

  /** A place is free: the first that still has to wait is asked last. */
  #lookAtQueue(): void {
    for (const session of this.#waiting) if (session.queued && !session.lookAgain()) return
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
