import type { AbortHow, Outlet, Reset } from '../core/outlet.ts'
import type { HttpOptions } from '../core/plan.ts'
import { opposite, type Direction, type Ending } from '../core/words.ts'
import type { Admission } from './admission.ts'
import type { SessionInfo, SessionState } from './data-plane.ts'
import { isOurs } from './dial.ts'
import { Entry, type EntryHost } from './entry.ts'
import type { FaultNow } from './fault-at-work.ts'
import { Conversation, type ConversationHost } from './http/conversation.ts'
import type { ExchangeFault } from './http/exchange-fault.ts'
import type { ExchangeRecorder } from './http/exchange-facts.ts'
import { failureWord, remoteAddress, resetPeer } from './peer-socket.ts'
import type { Accepted, PeerEvents, PeerSocket } from './peer-socket.ts'
import type { RelayOwner } from './relay.ts'
import type { Held } from './release-queue.ts'
import type { Selection } from './selection.ts'
import { SessionFaults } from './session-faults.ts'
import type { Arrived, SessionHome } from './session-home.ts'
import { describeSession, type SessionFacts } from './session-info.ts'
import { closeSoon, SessionLink } from './session-link.ts'
import { ABANDONED, Patience, type PatienceHost } from './session-patience.ts'

import type { EngineShared } from './shared.ts'
import type { Visitor } from './visitor.ts'

export type { Arrived, SessionHome } from './session-home.ts'

const NO_NAMES: readonly string[] = []
const NO_OPTIONS: HttpOptions = {}

/**
 * One accepted client connection and its upstream connection.
 *
 *     waiting → dialing → open → closing → ended
 *
 * - waiting: only where a fault does not let the connection in at once. The client is read a little, and what it sends is kept.
 * - dialing → open: the upstream has accepted; only now is the client read.
 * - dialing → closing: the dial failed or took too long; the client is closed.
 * - open → closing: somebody ended it at once (a fault, a RST, an operator).
 * - open → ended without closing: both peers shut down their sides and everything was delivered.
 * - open → half_open: a fault has taken one peer away and the other is not told; over when that one leaves (a minute later if it had shut down
 *   its side before).
 * - closing → ended: both sockets have emitted `close`. Only then is the read memory free.
 */
export class Session implements Visitor, PeerEvents, RelayOwner, EntryHost, ConversationHost, PatienceHost {
  readonly shared: EngineShared
  readonly proxy: string
  readonly id: string
  readonly ordinal: number
  readonly clientAddress: string
  readonly upstream: string
  readonly startedWall: number
  readonly started: number
  readonly #home: SessionHome
  readonly #link: SessionLink
  /** Made with the first fault that the session meets: without any, there is nothing to keep in step. */
  #faults: SessionFaults | undefined
  /** Where HTTP is spoken. */
  readonly #conversation: Conversation | undefined
  readonly #arrived: Arrived | undefined
  /** Until the upstream is connected. */
  #entry: Entry | undefined
  #state: Exclude<SessionState, 'waiting'> = 'dialing'
  /** The client was read while it waited. */
  #kept = false
  #ending: Ending | undefined
  #patience: Patience | undefined
  #upstreamAddress: string | null = null
  #endedWall = 0
  #openSockets = 2

  /** @param arrived what is known from before its first byte; absent = nothing had to be read for that. */
  constructor(home: SessionHome, id: string, ordinal: number, accepted: Accepted, arrived?: Arrived) {
    this.#home = home
    this.shared = home.shared
    this.proxy = home.name
    this.id = id
    this.ordinal = ordinal
    this.upstream = home.upstream
    this.started = arrived?.started ?? this.shared.clock.now()
    this.startedWall = arrived?.startedWall ?? Date.now()
    this.#link = new SessionLink(this, home, accepted, arrived)
    this.clientAddress = this.#link.clientAddress
    this.#arrived = arrived
    if (arrived?.selection !== undefined) this.#faults = new SessionFaults(this, this.#link.relays, arrived.selection)
    if (home.plan.protocol === 'http') this.#conversation = new Conversation(this, this.#link.relays)
  }

  /** Bytes of the client, in memory that is ours to keep. `false` = stop reading. */
  clientGave(bytes: Buffer): boolean {
    return this.#link.relays.upstream.readOwned(bytes)
  }

  /** Once its proxy knows of it: lets the connection in, or does whatever a fault wants of it. */
  enter(): void {
    this.#entry = new Entry(this, this.#link.server)
    this.#entry.begin()
  }

  get state(): SessionState {
    return this.#state === 'dialing' && this.#entry !== undefined ? this.#entry.state : this.#state
  }

  get ending(): Ending | undefined {
    return this.#ending
  }

  facts(): SessionFacts {
    const { id, proxy, ordinal, upstream } = this
    const { upstream: up, downstream: down } = this.#link.relays
    const ended = this.#state === 'ended'
    return {
      id,
      proxy,
      ordinal,
      state: this.state,
      client: this.clientAddress,
      upstream,
      upstreamAddress: this.#upstreamAddress,
      startedWall: this.startedWall,
      endedWall: this.#endedWall,
      ageMs: ended ? this.#endedWall - this.startedWall : this.shared.clock.now() - this.started,
      bytes: { upstream: up.bytes, downstream: down.bytes },
      held: { upstream: up.queue.bytes, downstream: down.queue.bytes },
      stages: {
        upstream: this.#faults?.names('upstream') ?? NO_NAMES,
        downstream: this.#faults?.names('downstream') ?? NO_NAMES,
      },
      touchedBy: this.#faults?.selection.touchedBy ?? NO_NAMES,
      ending: this.#ending,
      ...(this.servername === undefined ? undefined : { servername: this.servername }),
    }
  }

  info(): SessionInfo {
    return describeSession(this.facts())
  }

  /** It waits for a place. */
  get queued(): boolean {
    return this.#entry?.queued === true
  }

  /** What it waits for may have come. Answers whether it goes on. */
  lookAgain(): boolean {
    return this.#entry?.lookAgain() !== false
  }

  /** Brings the faults at work in step with the plan; at once, whatever the peers do. */
  setFaults(faults: readonly FaultNow[]): void {
    if (this.#leftBy(faults)) return
    this.#entry?.lookAgain()
    // A session that closes may still deliver what one direction holds; who has met no fault yet meets none any more.
    if (this.#state !== 'open' && (this.#state !== 'closing' || this.#faults?.stands !== true)) return
    if (this.#faults?.stands !== true) {
      if (faults.length === 0) return
      this.#facing().stand()
    }
    const reset = this.#facing().resetting(faults)
    if (reset !== undefined) return this.reset(this.#facing().resetBy(reset))
    this.#facing().update(faults, this.shared.clock.now())
    this.#conversation?.faultsChanged()
  }

  #facing(): SessionFaults {
    this.#faults ??= new SessionFaults(this, this.#link.relays)
    return this.#faults
  }

  selectionMade(): Selection {
    return this.#facing().selection
  }

  /** Faults that worked on the session are gone; some want it to end with them. Answers whether it does. */
  #leftBy(faults: readonly FaultNow[]): boolean {
    const resets = this.#faults?.forgetBut(faults)
    if (resets === undefined) {
      const lost = this.#state === 'half_open' && !faults.some((fault) => this.#isLostTo(fault))
      if (lost && this.#ending !== undefined) this.reset(this.#ending)
      return false
    }
    if (this.#state !== 'ended') this.reset(this.#facing().resetBy(resets))
    return true
  }

  /** The fault that has taken one peer away is at work. */
  #isLostTo({ work, plan }: FaultNow): boolean {
    return work.name === this.#ending?.reason && !work.off && plan.shadow !== true
  }

  chainRan(direction: Direction): void {
    this.#faults?.chainRan(direction)
  }

  /** Resets both peers. The first ending counts. */
  reset(ending: Ending): void {
    if (this.#state === 'ended') return
    if (this.#state !== 'closing') this.#beginClosing(ending)
    this.#closeRelays()
    this.#link.reset()
  }

  /**
   * `direction` ends the session. An orderly close reaches its destination now, behind its last bytes; what the other direction holds is
   * delivered first, through its faults, and then its destination is closed too.
   */
  abort(direction: Direction, how: AbortHow, ending: Ending): void {
    if (how === 'reset') return this.reset(ending)
    if (this.#state === 'closing') return how === 'destroy' ? this.delivered(direction) : this.reset(ending)
    if (this.#state !== 'open') return
    if (how !== 'destroy') return this.#resetOne(how, ending)
    this.#beginClosing(ending)
    this.#link.relays[direction].close()
    this.#faults?.closeChain(direction)
    // Nothing more is read from either; what the kernel has not taken yet goes first.
    this.#link.sourceOf(direction).pause()
    closeSoon(this.#link.destinationOf(direction))
    // Not as an end, which a fault may swallow because it takes it for the peer's.
    this.#link.relays[opposite(direction)].sourceFailed('destroy', ending)
  }

  #resetOne(how: Exclude<Reset, 'reset'>, ending: Ending): void {
    const { client, server } = this.#link
    const [gone, left] = how.endsWith('client') ? [client, server] : [server, client]
    const told = how.startsWith('reset')
    if (told) this.#beginClosing(ending)
    else this.#beHalfOpen(left, ending)
    this.#closeRelays()
    resetPeer(gone)
    if (told) closeSoon(left)
  }

  #beHalfOpen(left: PeerSocket, ending: Ending): void {
    this.#ending = ending
    this.#state = 'half_open'
    this.#waiting().halfOpen(left)
    this.#link.relayFrom(left).swallow()
  }

  delivered(direction: Direction): void {
    if (this.#state === 'closing') closeSoon(this.#link.destinationOf(direction))
  }

  /** Closes both sockets now; what they have not taken is lost. */
  drop(ending: Ending): void {
    if (this.#state === 'ended') return
    if (this.#state !== 'closing') this.#beginClosing(ending)
    this.#closeRelays()
    this.#link.destroy()
  }

  destroyPeers(): void {
    this.#link.destroy()
  }

  /**
   * Lets the peers finish for `ms` milliseconds, then drops the session. A session that is not open yet has nothing to finish; one that
   * drains already gets no more time. One that speaks HTTP ends by itself, behind the exchange that is under way.
   */
  drain(ms: number, ending: Ending): void {
    if (ms <= 0 || this.#state === 'dialing' || this.#state === 'half_open') return this.drop(ending)
    if (this.#state !== 'ended') this.#waiting().drain(ms, ending)
    if (this.#state === 'open') this.#conversation?.drain(ending)
  }

  #waiting(): Patience {
    this.#patience ??= new Patience(this, this.#link.relays)
    return this.#patience
  }

  peerEnded(peer: PeerSocket): void {
    // Who was not told has given up.
    if (this.#state === 'half_open') return this.drop(this.#ending ?? ABANDONED)
    if (this.#kept && this.#state === 'dialing' && peer === this.#link.client) {
      this.#ending ??= { origin: 'client', reason: 'closed' }
      this.#link.relays.upstream.sourceEnded()
      this.#entry?.clientEnded()
    }
    if (this.#state !== 'open') return
    this.#ending ??= { origin: this.#link.originOf(peer), reason: 'closed' }
    this.#link.relayFrom(peer).sourceEnded()
    if (peer === this.#link.client) this.#conversation?.clientEnded()
    this.#watch()
  }

  peerDrained(peer: PeerSocket): void {
    this.#link.relayTo(peer).drained()
  }

  peerFailed(peer: PeerSocket, error: NodeJS.ErrnoException): void {
    if (this.#state === 'dialing') {
      if (peer === this.#link.client) this.drop({ origin: 'client', reason: 'reset' })
      else this.#entry?.serverFailed(error, isOurs(error))
      return
    }
    if (this.#state !== 'open') return
    if (this.#entry !== undefined && peer !== this.#link.client) return this.#entry.serverFailed(error, isOurs(error))
    const origin = this.#link.originOf(peer)
    // A RST may be just the answer to the other peer's orderly end: the first to leave is the one who ended it.
    const ending =
      this.#ending === undefined || this.#ending.origin === origin
        ? { origin, reason: failureWord(error) }
        : this.#ending
    this.#ending = ending
    // A RST travels the way its sender's bytes do: behind them, and as late as the faults make them.
    this.#link.relayFrom(peer).sourceFailed(this.shared.softenResets ? 'destroy' : 'reset', ending)
  }

  peerClosed(peer: PeerSocket): void {
    if (--this.#openSockets > 0) {
      // A peer that went away before the session was open leaves nobody to dial for.
      if (
        this.#state === 'dialing' ||
        (this.#state === 'open' && this.#entry !== undefined && peer === this.#link.client)
      )
        this.drop(this.#ending ?? { origin: this.#link.originOf(peer), reason: 'closed' })
      else this.#watch()
      return
    }
    this.#end()
  }

  #watch(): void {
    if (this.#state === 'open') this.#waiting().watch(this.#link.client, this.#link.server)
  }

  judge(): Admission | undefined {
    const { faults, activeSessions } = this.#home
    if (faults.length === 0 && this.#faults === undefined) return undefined
    return this.#facing().judge(faults, activeSessions - (this.#kept ? 0 : 1), this.started)
  }

  asks(ask: () => void): void {
    this.#home.sessionAsks(ask)
  }

  waits(): void {
    this.#kept = true
    this.#home.sessionWaits(this)
    // A conversation keeps by itself what it may not look at yet.
    if (this.#conversation === undefined) this.#link.relays.upstream.keepWaiting()
    else this.#link.client.resume()
  }

  letIn(): void {
    this.#home.sessionLetIn(this)
  }

  /** HTTP: who has a request to answer asks for the upstream. */
  get dialsOnDemand(): boolean {
    return this.#conversation !== undefined
  }

  admitted(): void {
    if (this.#state !== 'dialing') return
    this.#state = 'open'
    this.#home.sessionOpened(this)
    this.setFaults(this.#home.faults)
    this.#link.client.resume()
    if (this.#kept) this.#conversation?.admitted()
  }

  get isAdmitted(): boolean {
    return this.#state === 'open'
  }

  get serverReady(): boolean {
    return this.#upstreamAddress !== null
  }

  wantServer(): void {
    this.#entry?.wantServer()
  }

  opened(connectMs: number): void {
    this.#link.introduce()
    if (this.#state === 'open' && this.#conversation !== undefined) {
      this.#leaveEntry()
      this.#upstreamAddress = remoteAddress(this.#link.server) ?? this.upstream
      this.#home.serverConnected(connectMs)
      this.#conversation.serverReady()
      return
    }
    if (this.#state !== 'dialing') return
    this.#leaveEntry()
    this.#state = 'open'
    this.#upstreamAddress = remoteAddress(this.#link.server)
    this.#home.serverConnected(connectMs)
    this.#home.sessionOpened(this)
    const now = this.shared.clock.now()
    if (this.#kept) this.#link.relays.upstream.letIn(now)
    this.setFaults(this.#home.faults)
    if (this.#state !== 'open') return
    if (this.#kept) this.#link.relays.upstream.goOn(now)
    else this.#link.client.resume()
  }

  dialFailed(ending: Ending, error: string): void {
    this.#home.dialFailed(this, error)
    if (this.#state !== 'open') return this.drop(ending)
    this.#leaveEntry()
    this.#conversation?.dialFailed(ending, error)
    this.#link.server.destroy()
  }

  get http(): HttpOptions {
    return this.#home.plan.http ?? NO_OPTIONS
  }

  get secure(): boolean {
    return this.#home.plan.tls?.listen !== undefined
  }

  get servername(): string | undefined {
    return this.#arrived?.servername
  }

  get exchangeFaults(): readonly ExchangeFault[] {
    return this.#home.exchangeFaults
  }

  get recorder(): ExchangeRecorder {
    return this.#home.recorder
  }

  refeed(direction: Direction, feed: (held: Held, timing: Outlet) => void): void {
    const now = this.shared.clock.now()
    const relay = this.#link.relays[direction]
    if (this.#faults?.refeed(direction, feed, now) !== true) relay.refeed((held) => feed(held, relay.queue), now)
    // What held it back may welcome more earlier than it did.
    relay.forgetWelcome()
  }

  #leaveEntry(): void {
    this.#entry?.close()
    this.#entry = undefined
  }

  #beginClosing(ending: Ending): void {
    this.#leaveEntry()
    // Who has lost a peer to a fault has that for its ending, whoever clears up.
    if (this.#state !== 'half_open') this.#ending = ending
    this.#state = 'closing'
    this.#waiting().closing()
  }

  #end(): void {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    this.#endedWall = Date.now()
    this.#patience?.close()
    this.#closeRelays()
    this.#conversation?.close(this.#ending)
    this.#faults?.selection.close()
    this.#link.release()
    this.#home.sessionEnded(this)
  }

  #closeRelays(): void {
    this.#link.closeRelays()
    this.#faults?.closeChains()
  }
}
