import type { AbortHow } from '../core/outlet.ts'
import type { FaultPlan } from '../core/plan.ts'
import type { FaultCounters } from '../core/stage-factory.ts'
import type { Direction, Ending } from '../core/words.ts'
import { Chain, type ChainPlace } from './chain.ts'
import type { SessionInfo, SessionState } from './data-plane.ts'
import { dial, dialErrorText } from './dial.ts'
import { acceptedPeer, dialingPeer, remoteAddress, resetPeer } from './peer-socket.ts'
import type { Accepted, PeerEvents, PeerSocket } from './peer-socket.ts'
import type { ProxyCounters } from './proxy-counters.ts'
import { Relay, type RelayOwner } from './relay.ts'
import type { Scheduled } from './scheduler.ts'
import { describeSession } from './session-info.ts'
import type { EngineShared } from './shared.ts'

/** What a session needs of its proxy. */
export interface SessionHome {
  readonly shared: EngineShared
  readonly name: string
  readonly upstream: string
  readonly faults: readonly FaultPlan[]
  readonly counters: ProxyCounters
  sessionOpened(session: Session, connectMs: number): void
  dialFailed(session: Session, error: string): void
  sessionEnded(session: Session): void
}

/** How long an orderly close may take to get the last written bytes to a peer before the session is dropped. */
const CLOSE_WITHIN_MS = 60_000

/**
 * One accepted client connection and its upstream connection.
 *
 *     dialing → open → closing → ended
 *
 * - dialing → open: the upstream has accepted; only now is the client read.
 * - dialing → closing: the dial failed or took too long; the client is closed.
 * - open → closing: somebody ended it at once (a fault, a RST, an operator).
 * - open → ended without closing: both peers shut down their sides and everything was delivered.
 * - closing → ended: both sockets have emitted `close`. Only then is the read memory free.
 */
export class Session implements PeerEvents, RelayOwner, ChainPlace, Scheduled {
  dueAt = 0
  heapIndex = -1
  readonly shared: EngineShared
  readonly proxy: string
  readonly id: string
  readonly ordinal: number
  readonly client: PeerSocket
  readonly clientAddress: string
  readonly upstream: string
  readonly startedWall = Date.now()
  readonly started: number
  readonly #home: SessionHome
  readonly #server: PeerSocket
  readonly #relays: Readonly<Record<Direction, Relay>>
  /** Made with the first fault that the session meets: without any, there is nothing to keep in step. */
  #chains: Readonly<Record<Direction, Chain>> | undefined
  #state: SessionState = 'dialing'
  #ending: Ending | undefined
  #drainEnding: Ending | undefined
  #upstreamAddress: string | null = null
  #endedWall = 0
  #openSockets = 2

  constructor(home: SessionHome, id: string, ordinal: number, accepted: Accepted) {
    this.#home = home
    this.shared = home.shared
    this.proxy = home.name
    this.id = id
    this.ordinal = ordinal
    this.upstream = home.upstream
    this.started = this.shared.clock.now()
    const up = new Relay('upstream', home.shared, this, home.counters.bytes.upstream)
    const down = new Relay('downstream', home.shared, this, home.counters.bytes.downstream)
    this.#relays = { upstream: up, downstream: down }
    this.client = acceptedPeer(this, accepted, up.reader.onread, (bytes) => up.readOwned(bytes))
    this.#server = dialingPeer(this, down.reader.onread)
    this.clientAddress = remoteAddress(this.client) ?? 'unknown'
    up.connect(this.client, this.#server)
    down.connect(this.#server, this.client)
    this.#dial()
  }

  get state(): SessionState {
    return this.#state
  }

  get ending(): Ending | undefined {
    return this.#ending
  }

  info(): SessionInfo {
    return describeSession({
      session: this,
      now: this.shared.clock.now(),
      upstreamAddress: this.#upstreamAddress,
      relays: this.#relays,
      names: (direction) => this.#chains?.[direction].names ?? [],
      endedWall: this.#endedWall,
    })
  }

  /** Brings the faults at work in step with the plan; at once, whatever the peers do. */
  setFaults(faults: readonly FaultPlan[]): void {
    if (this.#state !== 'open') return
    if (this.#chains === undefined) {
      if (faults.length === 0) return
      this.#chains = {
        upstream: new Chain(this, this.#relays.upstream),
        downstream: new Chain(this, this.#relays.downstream),
      }
    }
    const now = this.shared.clock.now()
    this.#chains.upstream.update(faults, now)
    this.#chains.downstream.update(faults, now)
  }

  countersOf(fault: string): FaultCounters {
    return this.#home.counters.ofFault(fault)
  }

  chainRan(direction: Direction): void {
    this.#chains?.[direction].rescheduleWakers()
  }

  /** Ends the session. The first ending counts. */
  abort(how: AbortHow, ending: Ending): void {
    if (this.#state === 'ended') return
    if (this.#state === 'closing') {
      if (how === 'reset') this.#cutBoth()
      return
    }
    this.#beginClosing(ending)
    if (how === 'reset') {
      this.#cutBoth()
      return
    }
    // What the kernel has not taken yet goes first; what the peers still send is not read any more.
    this.client.destroySoon()
    this.#server.destroySoon()
  }

  /** Closes both sockets now; what they have not taken is lost. */
  drop(ending: Ending): void {
    if (this.#state === 'ended') return
    if (this.#state !== 'closing') this.#beginClosing(ending)
    this.client.destroy()
    this.#server.destroy()
  }

  /** Lets the peers finish for `ms` milliseconds, then drops the session. A session that is not open yet has nothing to finish. */
  drain(ms: number, ending: Ending): void {
    if (ms <= 0 || this.#state === 'dialing') {
      this.drop(ending)
    } else if (this.#state === 'open') {
      this.#drainEnding = ending
      this.shared.scheduler.schedule(this, this.shared.clock.now() + ms)
    }
  }

  /** The scheduler: the dial, the drain or the close takes too long. */
  fire(): void {
    if (this.#state === 'dialing') {
      this.#failDial('upstream', 'dial_timeout', `no answer within ${this.shared.dialTimeoutMs} ms`)
    } else if (this.#state === 'open' && this.#drainEnding !== undefined) {
      this.drop(this.#drainEnding)
    } else {
      this.client.destroy()
      this.#server.destroy()
    }
  }

  peerEnded(peer: PeerSocket): void {
    if (this.#state !== 'open') return
    this.#ending ??= { origin: this.#originOf(peer), reason: 'closed' }
    this.#relayFrom(peer).sourceEnded()
  }

  peerDrained(peer: PeerSocket): void {
    this.#relayTo(peer).drained()
  }

  peerFailed(peer: PeerSocket, error: NodeJS.ErrnoException): void {
    if (this.#state === 'dialing') {
      if (peer === this.client) this.drop({ origin: 'client', reason: 'reset' })
      else this.#failDial(isOurs(error) ? 'proxy' : 'upstream', 'dial_failed', dialErrorText(error))
      return
    }
    if (this.#state !== 'open') return
    const origin = this.#originOf(peer)
    // A RST may be just the answer to the other peer's orderly end: the first to leave is the one who ended it.
    const ending =
      this.#ending === undefined || this.#ending.origin === origin
        ? { origin, reason: failureWord(error) }
        : this.#ending
    this.#ending = ending
    // A RST travels the way its sender's bytes do: behind them, and as late as the faults make them.
    this.#relayFrom(peer).sourceFailed(this.shared.softenResets ? 'destroy' : 'reset', ending)
  }

  peerClosed(peer: PeerSocket): void {
    if (--this.#openSockets > 0) {
      // A peer that went away before the session was open leaves nobody to dial for.
      if (this.#state === 'dialing') this.drop({ origin: this.#originOf(peer), reason: 'closed' })
      return
    }
    this.#end()
  }

  #dial(): void {
    this.shared.scheduler.schedule(this, this.started + this.shared.dialTimeoutMs)
    const wrong = dial(this.#server, this.upstream)
    if (wrong !== undefined) {
      // Not at once: nobody knows of this session yet.
      this.#server.destroy(new Error(wrong))
      return
    }
    this.#server.once('connect', () => this.#opened())
  }

  #opened(): void {
    if (this.#state !== 'dialing') return
    this.shared.scheduler.cancel(this)
    this.#state = 'open'
    this.#upstreamAddress = remoteAddress(this.#server)
    this.#home.sessionOpened(this, this.shared.clock.now() - this.started)
    this.setFaults(this.#home.faults)
    if (this.#state === 'open') this.client.resume()
  }

  #failDial(origin: Ending['origin'], reason: string, error: string): void {
    this.#home.dialFailed(this, error)
    this.drop({ origin, reason })
  }

  #beginClosing(ending: Ending): void {
    this.#ending = ending
    this.#state = 'closing'
    this.#closeRelays()
    this.client.pause()
    this.#server.pause()
    this.shared.scheduler.schedule(this, this.shared.clock.now() + CLOSE_WITHIN_MS)
  }

  #cutBoth(): void {
    resetPeer(this.client)
    resetPeer(this.#server)
  }

  #end(): void {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    this.#endedWall = Date.now()
    this.shared.scheduler.cancel(this)
    this.#closeRelays()
    // Both sockets have closed: no write points into the read memory any more.
    this.#relays.upstream.reader.release()
    this.#relays.downstream.reader.release()
    this.#home.sessionEnded(this)
  }

  #closeRelays(): void {
    this.#relays.upstream.close()
    this.#relays.downstream.close()
    this.#chains?.upstream.close()
    this.#chains?.downstream.close()
  }

  #originOf(peer: PeerSocket): 'client' | 'upstream' {
    return peer === this.client ? 'client' : 'upstream'
  }

  #relayFrom(peer: PeerSocket): Relay {
    return peer === this.client ? this.#relays.upstream : this.#relays.downstream
  }

  #relayTo(peer: PeerSocket): Relay {
    return peer === this.client ? this.#relays.downstream : this.#relays.upstream
  }
}

function failureWord(error: NodeJS.ErrnoException): string {
  if (error.code === 'ECONNRESET' || error.code === 'EPIPE') return 'reset'
  return error.code === 'ETIMEDOUT' ? 'timed_out' : (error.code ?? 'failed').toLowerCase()
}

/** Out of file descriptors, memory or ports: nothing that the upstream did. */
function isOurs(error: NodeJS.ErrnoException): boolean {
  return ['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL'].includes(error.code ?? '')
}
