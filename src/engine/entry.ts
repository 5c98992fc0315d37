import type { Ending } from '../core/words.ts'
import type { Admission } from './admission.ts'
import { dial, dialErrorText } from './dial.ts'
import { onceConnected, type PeerSocket } from './peer-socket.ts'
import type { Scheduled } from './scheduler.ts'
import type { EngineShared } from './shared.ts'

/** The session that is coming about. */
export interface EntryHost {
  readonly shared: EngineShared
  /** When the client was accepted. */
  readonly started: number
  readonly upstream: string
  /** What the faults want done with the connection now; `undefined` = there is none to ask. */
  judge(): Admission | undefined
  /** Runs `ask` while nobody else is let in. */
  asks(ask: () => void): void
  /** It is not let in yet: what the client sends is to be kept. */
  waits(): void
  /** After it has waited, it goes on. */
  letIn(): void
  /** The upstream is connected to when somebody wants it (`Entry.wantServer`), not as soon as the client is let in. */
  readonly dialsOnDemand: boolean
  /** Only where that is so: it is let in. */
  admitted(): void
  opened(connectMs: number): void
  dialFailed(ending: Ending, error: string): void
  reset(ending: Ending): void
  drop(ending: Ending): void
}

/** A client that has ended its side while it waits for what may never come is given up after this time. */
const LEFT_AFTER_MS = 60_000

/**
 * How a session comes about: from the accept to the connection with the upstream, and what faults want of it in between.
 *
 *     (waiting ──let in──▶) dialing ──▶ opened
 */
export class Entry implements Scheduled {
  dueAt = 0
  heapIndex = -1
  state: 'waiting' | 'dialing' = 'dialing'
  /** It waits for a place. */
  queued = false
  readonly #host: EntryHost
  readonly #server: PeerSocket
  /** What the scheduler's call is for. */
  #next: 'ask' | 'give up' | 'dial' | 'time out' = 'time out'
  #dialStarted = 0
  /** When the client ended its side; `Infinity` = it has not. */
  #clientLeft = Infinity
  /** The fault that makes the dial take longer than it may. */
  #tooSlow: Ending | undefined
  /** What faults make of the dial that has yet to be wanted. */
  #later: { readonly longer: number; readonly by: Ending | undefined } | undefined
  #admitted = false
  /** It waits for what may never come, until somebody is to be asked again. */
  #hangs = false
  /** The scheduler has called, and nobody waits. */
  #inTurn = false
  #askAt = Infinity

  constructor(host: EntryHost, server: PeerSocket) {
    this.#host = host
    this.#server = server
  }

  begin(): void {
    const admission = this.#host.judge()
    if (admission === undefined) this.#dialLater(this.#host.shared.clock.now(), 0, undefined)
    else this.#follow(admission)
  }

  /** Connects to the upstream, unless that is under way. */
  wantServer(): void {
    if (this.#later === undefined) return
    const { longer, by } = this.#later
    this.#later = undefined
    this.#dialLater(this.#host.shared.clock.now(), longer, by)
  }

  /** What it waits for may have come. Answers whether it goes on. */
  lookAgain(): boolean {
    if (this.state !== 'waiting') return true
    const admission = this.#host.judge()
    if (admission !== undefined) this.#follow(admission)
    return !this.queued
  }

  /** The client has ended its side. If it waits for ever there is nothing to wait for; one that is let in may still get its answer. */
  clientEnded(): void {
    this.#clientLeft = this.#host.shared.clock.now()
    if (this.state === 'waiting' && this.#hangs) this.#wait(this.#askAt)
  }

  serverFailed(error: Error, ours: boolean): void {
    this.#host.dialFailed({ origin: ours ? 'proxy' : 'upstream', reason: 'dial_failed' }, dialErrorText(error))
  }

  /** The session is open or over. */
  close(): void {
    this.#host.shared.scheduler.cancel(this)
  }

  fire(now: number): void {
    if (this.#next === 'ask') this.#ask()
    else if (this.#next === 'give up') this.#host.drop({ origin: 'client', reason: 'closed' })
    else if (this.#next === 'dial') this.#dialNow(now)
    else this.#timeOut()
  }

  /** Its own time has come. */
  #ask(): void {
    this.#inTurn = true
    this.#host.asks(() => this.lookAgain())
    this.#inTurn = false
  }

  #follow({ wait, instead, dial: longer, dialEnding }: Admission): void {
    const now = this.#host.shared.clock.now()
    const takenUp = this.#host.started + wait
    this.queued = takenUp <= now && instead?.how === 'queue'
    if (takenUp > now) {
      this.#wait(takenUp, false)
    } else if (instead === undefined) {
      this.#dialLater(now, longer, dialEnding)
    } else if (instead.how === 'reset') {
      this.#host.reset(instead.ending)
    } else if (instead.how === 'close') {
      this.#host.drop(instead.ending)
    } else {
      this.#wait(instead.how === 'queue' ? takenUp + instead.longest : Infinity, true)
    }
  }

  /**
   * @param until when to ask again; `Infinity` = when something changes.
   * @param hangs nobody knows whether it will be let in then.
   */
  #wait(until: number, hangs = this.#hangs): void {
    this.#hangs = hangs
    this.#askAt = until
    const givenUp = hangs ? this.#clientLeft + LEFT_AFTER_MS : Infinity
    if (until < givenUp) this.#schedule('ask', until)
    else this.#schedule('give up', givenUp)
    if (this.state === 'waiting') return
    this.state = 'waiting'
    this.#host.waits()
  }

  /** @param longer milliseconds that faults make of it before it begins; the last of them is `by`. */
  #dialLater(now: number, longer: number, by: Ending | undefined): void {
    const waited = this.state === 'waiting'
    if (waited) this.#host.letIn()
    this.state = 'dialing'
    if (this.#host.dialsOnDemand && !this.#admitted) {
      this.#admitted = true
      this.#later = { longer, by }
      this.#host.shared.scheduler.cancel(this)
      this.#host.admitted()
      return
    }
    this.#dialStarted = now
    // Thousands may be let in by one change: they are dialled for in turns of their own, and not while its caller waits.
    if (longer <= 0) return waited && !this.#inTurn ? this.#schedule('dial', now) : this.#dialNow(now)
    const { dialTimeoutMs } = this.#host.shared
    if (longer < dialTimeoutMs) return this.#schedule('dial', now + longer)
    this.#tooSlow = by
    this.#schedule('time out', now + dialTimeoutMs)
  }

  #dialNow(now: number): void {
    if (this.#next !== 'dial') this.#dialStarted = now
    this.#schedule('time out', this.#dialStarted + this.#host.shared.dialTimeoutMs)
    const wrong = dial(this.#server, this.#host.upstream)
    // Not at once: nobody knows of this session yet.
    if (wrong === undefined) onceConnected(this.#server, () => this.#connected())
    else this.#server.destroy(new Error(wrong))
  }

  #connected(): void {
    if (this.#server.destroyed) return
    this.#host.opened(this.#host.shared.clock.now() - this.#dialStarted)
  }

  #timeOut(): void {
    const ending = this.#tooSlow ?? { origin: 'upstream', reason: 'dial_timeout' }
    this.#host.dialFailed(ending, `no answer within ${this.#host.shared.dialTimeoutMs} ms`)
  }

  #schedule(next: 'ask' | 'give up' | 'dial' | 'time out', at: number): void {
    this.#next = next
    this.#host.shared.scheduler.schedule(this, at)
  }
}
