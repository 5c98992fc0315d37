import { TLSSocket } from 'node:tls'
import { parseAddress } from '../core/address.ts'
import type { AbortHow, Outlet, Reset } from '../core/outlet.ts'
import type { HttpOptions, ProxyPlan } from '../core/plan.ts'
import { defined } from '../core/defined.ts'
import { opposite, type Direction, type Ending } from '../core/words.ts'
import { admit, type Admission } from './admission.ts'
import { Chain } from './chain.ts'
import type { SessionInfo, SessionState } from './data-plane.ts'
import { isOurs } from './dial.ts'
import { Entry, type EntryHost } from './entry.ts'
import type { FaultAtWork, FaultNow } from './fault-at-work.ts'
import { Conversation, type ConversationHost } from './http/conversation.ts'
import type { ExchangeFault } from './http/exchange-fault.ts'
import type { ExchangeRecorder } from './http/exchange-facts.ts'
import { acceptedPeer, dialingPeer, failureWord, remoteAddress, resetPeer } from './peer-socket.ts'
import type { Accepted, PeerEvents, PeerSocket } from './peer-socket.ts'
import type { ProxyCounters } from './proxy-counters.ts'
import { Relay, type RelayOwner } from './relay.ts'
import type { Held } from './release-queue.ts'
import type { Scheduled } from './scheduler.ts'
import { Selection } from './selection.ts'
import type { UpstreamTls } from './tls/upstream-tls.ts'
import type { Visitor } from './visitor.ts'
import type { Endpoint } from '../protocols/proxy-protocol/endpoint.ts'
import { proxyHeader } from '../protocols/proxy-protocol/header.ts'
import { describeSession, type SessionFacts } from './session-info.ts'
import type { EngineShared } from './shared.ts'

/** What was read of a connection before its session began: whose it is, and what it asks for. */
export interface Arrived {
  /** `ip:port`, `[v6]:port` or `unix`. */
  readonly clientAddress: string
  /** Where the client has connected to, as the one in front of us says. */
  readonly destination: Endpoint | undefined
  /** The name that it asks for in its TLS handshake. */
  readonly servername: string | undefined
  /** What has been decided about it by then. */
  readonly selection: Selection | undefined
  /** When it was accepted: monotonic milliseconds, and the same since the epoch. */
  readonly started: number
  readonly startedWall: number
}

/** What a session needs of its proxy. */
export interface SessionHome {
  readonly shared: EngineShared
  readonly name: string
  readonly upstream: string
  readonly faults: readonly FaultNow[]
  readonly counters: ProxyCounters
  /** Sessions that were let in and are not over. */
  readonly activeSessions: number
  /** A fault does not let it in yet. */
  sessionWaits(session: Session): void
  sessionLetIn(session: Session): void
  /** What is to be spoken, and how. */
  readonly plan: ProxyPlan
  readonly exchangeFaults: readonly ExchangeFault[]
  readonly recorder: ExchangeRecorder
  /** Set where the upstream speaks TLS. */
  readonly upstreamTls: UpstreamTls | undefined
  /** It took so long to connect to the upstream; milliseconds. */
  serverConnected(connectMs: number): void
  sessionOpened(session: Session): void
  dialFailed(session: Session, error: string): void
  sessionEnded(session: Session): void
}

const ABANDONED: Ending = { origin: 'proxy', reason: 'abandoned' }

const NO_NAMES: readonly string[] = []
const NO_OPTIONS: HttpOptions = {}

/** How long an orderly close may take to get the last written bytes to a peer before the session is dropped. */
const CLOSE_WITHIN_MS = 60_000

/**
 * A fault may hold the end of a session for ever (a cut pipe, a delay of years). When both peers have left, or one has been cut off, that
 * would only collect file descriptors: after this time such a session is dropped, unless something of it is due within the hour.
 */
const ABANDONED_AFTER_MS = 60_000
const SOON_ENOUGH_MS = 3_600_000

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
export class Session implements Visitor, PeerEvents, RelayOwner, EntryHost, ConversationHost, Scheduled {
  dueAt = 0
  heapIndex = -1
  readonly shared: EngineShared
  readonly proxy: string
  readonly id: string
  readonly ordinal: number
  readonly client: PeerSocket
  readonly clientAddress: string
  readonly upstream: string
  readonly startedWall: number
  readonly started: number
  readonly #home: SessionHome
  readonly #server: PeerSocket
  readonly #relays: Readonly<Record<Direction, Relay>>
  /** Made with the first fault that the session meets: without any, there is nothing to keep in step. */
  #chains: Readonly<Record<Direction, Chain>> | undefined
  /** The same holds for this. */
  #selection: Selection | undefined
  /** Faults on connecting that have been counted. */
  #acted: WeakSet<FaultAtWork> | undefined
  /** Where HTTP is spoken. */
  readonly #conversation: Conversation | undefined
  readonly #arrived: Arrived | undefined
  /** Until the upstream is connected. */
  #entry: Entry | undefined
  #state: Exclude<SessionState, 'waiting'> = 'dialing'
  /** The client was read while it waited. */
  #kept = false
  #ending: Ending | undefined
  #drainEnding: Ending | undefined
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
    const up = new Relay('upstream', home.shared, this, home.counters.bytes.upstream)
    const down = new Relay('downstream', home.shared, this, home.counters.bytes.downstream)
    this.#relays = { upstream: up, downstream: down }
    // A socket that speaks TLS has been made already, and gives its bytes to `clientGave`.
    this.client = isPeer(accepted)
      ? accepted
      : acceptedPeer(this, accepted, up.reader.onread, (bytes) => up.readOwned(bytes))
    const { upstreamTls } = home
    const secure = upstreamTls && {
      tls: upstreamTls,
      onOwned: (bytes: Buffer) => down.readOwned(bytes),
      greeting: home.plan.proxyProtocol?.send && (() => this.#introduction() ?? Buffer.alloc(0)),
    }
    this.#server = dialingPeer(this, down.reader.onread, secure)
    this.clientAddress = arrived?.clientAddress ?? remoteAddress(this.client) ?? 'unknown'
    this.#arrived = arrived
    this.#selection = arrived?.selection
    up.connect(this.client, this.#server)
    down.connect(this.#server, this.client)
    if (home.plan.protocol === 'http') this.#conversation = new Conversation(this, this.#relays)
  }

  /** Bytes of the client, in memory that is ours to keep. `false` = stop reading. */
  clientGave(bytes: Buffer): boolean {
    return this.#relays.upstream.readOwned(bytes)
  }

  /** Once its proxy knows of it: lets the connection in, or does whatever a fault wants of it. */
  enter(): void {
    this.#entry = new Entry(this, this.#server)
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
    const { upstream: up, downstream: down } = this.#relays
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
      stages: { upstream: this.#stageNames('upstream'), downstream: this.#stageNames('downstream') },
      ending: this.#ending,
      ...defined({ servername: this.servername }),
    }
  }

  info(): SessionInfo {
    return describeSession(this.facts())
  }

  #stageNames(direction: Direction): readonly string[] {
    return this.#chains?.[direction].names ?? NO_NAMES
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
    if (this.#state !== 'open' && (this.#state !== 'closing' || this.#chains === undefined)) return
    if (this.#chains === undefined) {
      if (faults.length === 0) return
      const selection = this.selectionMade()
      this.#chains = {
        upstream: new Chain(selection, this.#relays.upstream),
        downstream: new Chain(selection, this.#relays.downstream),
      }
    }
    if (this.#resetByNew(faults)) return
    const now = this.shared.clock.now()
    this.#chains.upstream.update(faults, now)
    this.#chains.downstream.update(faults, now)
    this.#conversation?.faultsChanged()
  }

  selectionMade(): Selection {
    this.#selection ??= new Selection(this)
    return this.#selection
  }

  /** Faults that worked on the session are gone; some want it to end with them. Answers whether it does. */
  #leftBy(faults: readonly FaultNow[]): boolean {
    const gone = this.#selection?.forgetBut(faults) ?? []
    const resets = gone.find(({ resetsOnRemove }) => resetsOnRemove)
    if (resets === undefined) {
      const lost = this.#state === 'half_open' && !faults.some((fault) => this.#isLostTo(fault))
      if (lost && this.#ending !== undefined) this.reset(this.#ending)
      return false
    }
    if (this.#state !== 'ended') this.#resetBy(resets)
    return true
  }

  /** The fault that has taken one peer away is at work. */
  #isLostTo({ work, plan }: FaultNow): boolean {
    return work.name === this.#ending?.reason && !work.off && plan.shadow !== true
  }

  /** A fault that wants sessions older than itself to end. */
  #resetByNew(faults: readonly FaultNow[]): boolean {
    const selection = this.#selection
    const by = faults.find(
      (fault) =>
        fault.plan.existing === 'reset' && this.ordinal <= fault.work.addedBehind && selection?.works(fault) === true,
    )
    if (by === undefined) return false
    this.#resetBy(by.work)
    return true
  }

  #resetBy(work: FaultAtWork): void {
    this.#selection?.acted(work, 'reset')
    this.reset({ origin: 'injected', reason: work.name })
  }

  chainRan(direction: Direction): void {
    this.#chains?.[direction].rescheduleWakers()
  }

  /** Resets both peers. The first ending counts. */
  reset(ending: Ending): void {
    if (this.#state === 'ended') return
    if (this.#state !== 'closing') this.#beginClosing(ending)
    this.#closeRelays()
    resetPeer(this.client)
    resetPeer(this.#server)
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
    this.#relays[direction].close()
    this.#chains?.[direction].close()
    const [source, destination] = this.#ends(direction)
    // Nothing more is read from either; what the kernel has not taken yet goes first.
    source.pause()
    closeSoon(destination)
    // Not as an end, which a fault may swallow because it takes it for the peer's.
    this.#relays[opposite(direction)].sourceFailed('destroy', ending)
  }

  #resetOne(how: Exclude<Reset, 'reset'>, ending: Ending): void {
    const [gone, left] = how.endsWith('client') ? [this.client, this.#server] : [this.#server, this.client]
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
    // Who has shut down its side already does not tell when it leaves. A drain that has begun goes on.
    const until = left.readableEnded ? this.shared.clock.now() + ABANDONED_AFTER_MS : Infinity
    if (this.#drainEnding === undefined) this.shared.scheduler.schedule(this, until)
    this.#relayFrom(left).swallow()
  }

  delivered(direction: Direction): void {
    if (this.#state === 'closing') closeSoon(this.#ends(direction)[1])
  }

  /** Closes both sockets now; what they have not taken is lost. */
  drop(ending: Ending): void {
    if (this.#state === 'ended') return
    if (this.#state !== 'closing') this.#beginClosing(ending)
    this.#closeRelays()
    this.client.destroy()
    this.#server.destroy()
  }

  /**
   * Lets the peers finish for `ms` milliseconds, then drops the session. A session that is not open yet has nothing to finish; one that
   * drains already gets no more time.
   */
  drain(ms: number, ending: Ending): void {
    if (ms <= 0 || this.#state === 'dialing' || this.#state === 'half_open') return this.drop(ending)
    if (this.#drainEnding !== undefined || this.#state === 'ended') return
    this.#drainEnding = ending
    const until = this.shared.clock.now() + ms
    if (this.#state === 'open' || until < this.dueAt) this.shared.scheduler.schedule(this, until)
  }

  /** The scheduler: the drain or the close takes too long, or the peers have left for some time. */
  fire(): void {
    if (this.#state === 'open' && this.#drainEnding !== undefined) {
      this.drop(this.#drainEnding)
    } else if (this.#state === 'open') {
      this.#dropIfAbandoned()
    } else {
      this.client.destroy()
      this.#server.destroy()
    }
  }

  peerEnded(peer: PeerSocket): void {
    // Who was not told has given up.
    if (this.#state === 'half_open') return this.drop(this.#ending ?? ABANDONED)
    if (this.#kept && this.#state === 'dialing' && peer === this.client) {
      this.#ending ??= { origin: 'client', reason: 'closed' }
      this.#relays.upstream.sourceEnded()
      this.#entry?.clientEnded()
    }
    if (this.#state !== 'open') return
    this.#ending ??= { origin: this.#originOf(peer), reason: 'closed' }
    this.#relayFrom(peer).sourceEnded()
    if (peer === this.client) this.#conversation?.clientEnded()
    this.#watchAbandoned()
  }

  peerDrained(peer: PeerSocket): void {
    this.#relayTo(peer).drained()
  }

  peerFailed(peer: PeerSocket, error: NodeJS.ErrnoException): void {
    if (this.#state === 'dialing') {
      if (peer === this.client) this.drop({ origin: 'client', reason: 'reset' })
      else this.#entry?.serverFailed(error, isOurs(error))
      return
    }
    if (this.#state !== 'open') return
    if (this.#entry !== undefined && peer !== this.client) return this.#entry.serverFailed(error, isOurs(error))
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
      if (this.#state === 'dialing' || (this.#state === 'open' && this.#entry !== undefined && peer === this.client))
        this.drop(this.#ending ?? { origin: this.#originOf(peer), reason: 'closed' })
      else this.#watchAbandoned()
      return
    }
    this.#end()
  }

  #watchAbandoned(): void {
    if (this.#state !== 'open' || this.#drainEnding !== undefined) return
    const { client } = this
    const server = this.#server
    if (!(client.readableEnded && server.readableEnded) && !client.destroyed && !server.destroyed) return
    this.shared.scheduler.schedule(this, this.shared.clock.now() + ABANDONED_AFTER_MS)
  }

  #dropIfAbandoned(): void {
    const { upstream, downstream } = this.#relays
    const due = Math.min(upstream.nextDue, downstream.nextDue)
    if (due > this.shared.clock.now() + SOON_ENOUGH_MS) this.drop(this.#ending ?? ABANDONED)
    else this.#watchAbandoned()
  }

  judge(): Admission | undefined {
    const { faults, activeSessions } = this.#home
    if (faults.length === 0 && this.#selection === undefined) return undefined
    this.#acted ??= new WeakSet()
    const arrival = { at: this.started, active: activeSessions - (this.#kept ? 0 : 1) }
    return admit(faults, this.shared.factory, this.selectionMade(), arrival, this.#acted)
  }

  waits(): void {
    this.#kept = true
    this.#home.sessionWaits(this)
    // A conversation keeps by itself what it may not look at yet.
    if (this.#conversation === undefined) this.#relays.upstream.keepWaiting()
    else this.client.resume()
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
    this.client.resume()
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
    this.#introduce()
    if (this.#state === 'open' && this.#conversation !== undefined) {
      this.#leaveEntry()
      this.#upstreamAddress = remoteAddress(this.#server) ?? this.upstream
      this.#home.serverConnected(connectMs)
      this.#conversation.serverReady()
      return
    }
    if (this.#state !== 'dialing') return
    this.#leaveEntry()
    this.#state = 'open'
    this.#upstreamAddress = remoteAddress(this.#server)
    this.#home.serverConnected(connectMs)
    this.#home.sessionOpened(this)
    const now = this.shared.clock.now()
    if (this.#kept) this.#relays.upstream.letIn(now)
    this.setFaults(this.#home.faults)
    if (this.#state !== 'open') return
    if (this.#kept) this.#relays.upstream.goOn(now)
    else this.client.resume()
  }

  /** The first bytes that the upstream is sent, where it wants to know whose connection it is. */
  #introduce(): void {
    // In front of a TLS handshake it has been sent by now.
    const introduction = this.#home.upstreamTls === undefined ? this.#introduction() : undefined
    if (introduction !== undefined) this.#server.write(introduction)
  }

  #introduction(): Buffer | undefined {
    const send = this.#home.plan.proxyProtocol?.send
    if (send === undefined) return undefined
    const destination = this.#arrived?.destination ?? endpointOf(this.client.localAddress, this.client.localPort)
    return proxyHeader(send, endpointIn(this.clientAddress), destination)
  }

  dialFailed(ending: Ending, error: string): void {
    this.#home.dialFailed(this, error)
    if (this.#state !== 'open') return this.drop(ending)
    this.#leaveEntry()
    this.#conversation?.dialFailed(ending, error)
    this.#server.destroy()
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
    const relay = this.#relays[direction]
    if (this.#chains === undefined) relay.refeed((held) => feed(held, relay.queue), now)
    else this.#chains[direction].refeed(feed, now)
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
    const latest = this.shared.clock.now() + CLOSE_WITHIN_MS
    this.shared.scheduler.schedule(this, this.#drainEnding === undefined ? latest : Math.min(latest, this.dueAt))
  }

  #end(): void {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    this.#endedWall = Date.now()
    this.shared.scheduler.cancel(this)
    this.#closeRelays()
    this.#conversation?.close(this.#ending)
    this.#selection?.close()
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

  /** Source and destination. */
  #ends(direction: Direction): readonly [PeerSocket, PeerSocket] {
    return direction === 'upstream' ? [this.client, this.#server] : [this.#server, this.client]
  }

  #relayFrom(peer: PeerSocket): Relay {
    return peer === this.client ? this.#relays.upstream : this.#relays.downstream
  }

  #relayTo(peer: PeerSocket): Relay {
    return peer === this.client ? this.#relays.downstream : this.#relays.upstream
  }
}

/** Behind what waits to be written. A peer that nobody has reached yet gets nothing, and one that is never dialled would be waited for in vain. */
function closeSoon(peer: PeerSocket): void {
  if (peer.connecting) peer.destroy()
  else peer.destroySoon()
}

function isPeer(accepted: Accepted): accepted is PeerSocket {
  return accepted instanceof TLSSocket
}

function endpointOf(address: string | undefined, port: number | undefined): Endpoint | undefined {
  return address === undefined || port === undefined ? undefined : { address, port }
}

/** Of `ip:port` or `[v6]:port`. */
function endpointIn(text: string): Endpoint | undefined {
  const parsed = parseAddress(text)
  return parsed.kind === 'tcp' ? { address: parsed.host, port: Number(parsed.port) } : undefined
}
