import type { Ending } from '../core/words.ts'
import type { SessionState } from './data-plane.ts'
import type { PeerSocket } from './peer-socket.ts'
import type { RelayShared } from './relay.ts'
import type { Scheduled } from './scheduler.ts'
import type { Relays } from './session-link.ts'

export const ABANDONED: Ending = { origin: 'proxy', reason: 'abandoned' }

/** How long an orderly close may take to get the last written bytes to a peer before the session is dropped. */
const CLOSE_WITHIN_MS = 60_000

/**
 * A fault may hold the end of a session for ever (a cut pipe, a delay of years). When both peers have left, or one has been cut off, that
 * would only collect file descriptors: after this time such a session is dropped, unless something of it is due within the hour.
 */
const ABANDONED_AFTER_MS = 60_000
const SOON_ENOUGH_MS = 3_600_000

/** The session that is waited for. */
export interface PatienceHost {
  readonly shared: Pick<RelayShared, 'clock' | 'scheduler'>
  readonly state: SessionState
  readonly ending: Ending | undefined
  drop(ending: Ending): void
  /** Closes both sockets at once. */
  destroyPeers(): void
}

/** How long a session may take to end: the one thing that it waits for at a time. */
export class Patience implements Scheduled {
  dueAt = 0
  heapIndex = -1
  readonly #host: PatienceHost
  readonly #relays: Relays
  #drainEnding: Ending | undefined

  constructor(host: PatienceHost, relays: Relays) {
    this.#host = host
    this.#relays = relays
  }

  get drains(): boolean {
    return this.#drainEnding !== undefined
  }

  get #now(): number {
    return this.#host.shared.clock.now()
  }

  #wait(until: number): void {
    this.#host.shared.scheduler.schedule(this, until)
  }

  /** For `ms` milliseconds; a second time is not given. */
  drain(ms: number, ending: Ending): void {
    if (this.drains) return
    this.#drainEnding = ending
    const until = this.#now + ms
    if (this.#host.state === 'open' || until < this.dueAt) this.#wait(until)
  }

  closing(): void {
    const latest = this.#now + CLOSE_WITHIN_MS
    this.#wait(this.drains ? Math.min(latest, this.dueAt) : latest)
  }

  /** A fault has taken one peer away. Who has shut down its side already does not tell when it leaves. A drain that has begun goes on. */
  halfOpen(left: PeerSocket): void {
    if (!this.drains) this.#wait(left.readableEnded ? this.#now + ABANDONED_AFTER_MS : Infinity)
  }

  /** Of an open session: a peer may have left. */
  watch(one: PeerSocket, other: PeerSocket): void {
    if (this.drains) return
    if (!(one.readableEnded && other.readableEnded) && !one.destroyed && !other.destroyed) return
    this.#wait(this.#now + ABANDONED_AFTER_MS)
  }

  /** The scheduler: the drain or the close takes too long, or the peers have left for some time. */
  fire(): void {
    if (this.#host.state !== 'open') this.#host.destroyPeers()
    else if (this.#drainEnding !== undefined) this.#host.drop(this.#drainEnding)
    else this.#dropIfAbandoned()
  }

  #dropIfAbandoned(): void {
    const { upstream, downstream } = this.#relays
    const due = Math.min(upstream.nextDue, downstream.nextDue)
    if (due > this.#now + SOON_ENOUGH_MS) this.#host.drop(this.#host.ending ?? ABANDONED)
    else this.#wait(this.#now + ABANDONED_AFTER_MS)
  }

  close(): void {
    this.#host.shared.scheduler.cancel(this)
  }
}
