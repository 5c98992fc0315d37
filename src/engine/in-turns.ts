import type { Clock } from '../core/clock.ts'
import { TURN_MS, type Scheduled, type Scheduler } from './scheduler.ts'

/**
 * Does one thing to many sessions, a few milliseconds at a time. Of 5000 sessions, a window that resets them kept the loop from
 * everything else for 280 ms, and the step of a ramp for 30 to 130.
 */
export class InTurns<Session> implements Scheduled {
  dueAt = 0
  heapIndex = -1
  readonly #shared: { readonly clock: Clock; readonly scheduler: Scheduler }
  readonly #left = new Set<Session>()
  #act: (session: Session) => void = () => {}

  constructor(shared: { readonly clock: Clock; readonly scheduler: Scheduler }) {
    this.#shared = shared
  }

  /** Begins at once. Those that are left of a run before come first: steps in quick succession reach every session all the same. */
  start(sessions: Iterable<Session>, act: (session: Session) => void): void {
    this.#act = act
    for (const session of sessions) this.#left.add(session)
    this.fire(this.#shared.clock.now())
  }

  /** It is over, or has been seen to otherwise. */
  forget(session: Session): void {
    this.#left.delete(session)
  }

  stop(): void {
    this.#left.clear()
    this.#shared.scheduler.cancel(this)
  }

  /** Does the rest now. */
  finish(): void {
    const left = [...this.#left]
    this.stop()
    for (const session of left) this.#act(session)
  }

  fire(now: number): void {
    const { clock, scheduler } = this.#shared
    for (const session of this.#left) {
      this.#left.delete(session)
      this.#act(session)
      if (clock.now() - now > TURN_MS) break
    }
    scheduler.schedule(this, this.#left.size > 0 ? now : Infinity)
  }
}
