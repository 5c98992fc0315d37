import type { ClientHello, HandshakeVerdict } from '../core/handshake.ts'
import { joinHostPort } from '../core/address.ts'
import { defined } from '../core/defined.ts'
import type { ProxyPlan } from '../core/plan.ts'
import type { Ending } from '../core/words.ts'
import type { Endpoint } from '../protocols/proxy-protocol/endpoint.ts'
import { readProxyHeader } from '../protocols/proxy-protocol/header.ts'
import type { SessionInfo } from './data-plane.ts'
import type { FaultAtWork, FaultNow } from './fault-at-work.ts'
import {
  remoteAddress,
  resetPeer,
  type Accepted,
  type NodePeer,
  type PeerEvents,
  type PeerSocket,
} from './peer-socket.ts'
import { Selection, type SelectionPlace } from './selection.ts'
import { describeSession, type SessionFacts } from './session-info.ts'
import type { Arrived } from './session.ts'
import type { EngineShared } from './shared.ts'
import { ClientHandshake, type HandshakeHost, type Preface } from './tls/client-handshake.ts'
import { ClientPeek } from './tls/client-peek.ts'
import { ANSWERED_AT_ONCE, combineHandshake, type HandshakeDecision } from './tls/handshake-decision.ts'
import type { ListenTls } from './tls/listen-tls.ts'
import type { Visitor } from './visitor.ts'

/** What comes before a session needs of its proxy. */
export interface PreambleHome {
  readonly shared: EngineShared
  readonly name: string
  readonly upstream: string
  readonly plan: ProxyPlan
  readonly faults: readonly FaultNow[]
  /** Set where clients speak TLS with us. */
  readonly listenTls: ListenTls | undefined
  /** The session can begin, with `accepted` for its client. */
  preambleOver(preamble: Preamble, accepted: Accepted, arrived: Arrived): PeerEvents & PreambleHeir
  preambleFailed(preamble: Preamble, error: string): void
  preambleEnded(preamble: Preamble): void
}

/** The session that takes over the client. */
export interface PreambleHeir {
  clientGave(bytes: Buffer): boolean
}

/**
 * A connection whose session cannot begin yet, because something has to be read first: the header of the PROXY protocol, a TLS handshake, or (where TLS
 * is not ended here) the name that a client asks for in one. Faults on handshakes work here.
 */
export class Preamble implements Visitor, PeerEvents, HandshakeHost, SelectionPlace {
  readonly shared: EngineShared
  readonly proxy: string
  readonly id: string
  readonly ordinal: number
  readonly upstream: string
  readonly queued = false
  /** The name that the client asks for. */
  servername: string | undefined
  ending: Ending | undefined
  readonly #home: PreambleHome
  readonly #started: number
  readonly #startedWall = Date.now()
  readonly #way: ClientHandshake | ClientPeek
  readonly #acted = new Set<FaultAtWork>()
  readonly #selection: Selection
  #clientAddress: string
  #destination: Endpoint | undefined
  #heir: (PeerEvents & PreambleHeir) | undefined
  #over = false

  constructor(home: PreambleHome, id: string, ordinal: number, accepted: Accepted) {
    this.#home = home
    this.shared = home.shared
    this.proxy = home.name
    this.id = id
    this.ordinal = ordinal
    this.upstream = home.upstream
    this.#started = this.shared.clock.now()
    this.#selection = new Selection(this)
    const { listenTls } = home
    this.#way =
      listenTls === undefined
        ? new ClientPeek(this, this, accepted, this.shared)
        : new ClientHandshake(
            this,
            this,
            accepted,
            listenTls,
            (bytes) => this.#heir?.clientGave(bytes) === true,
            this.shared,
          )
    this.#clientAddress = remoteAddress(this.#way.peer) ?? 'unknown'
  }

  get clientAddress(): string {
    return this.#clientAddress
  }

  enter(): void {
    this.#way.begin()
  }

  /** A hello is worth waiting for where somebody wants to know what is in it. */
  get wantsHello(): boolean {
    return wantsHello(this.#home.plan, this.#home.faults, this.shared.factory)
  }

  get wantsHeader(): boolean {
    return this.#home.plan.proxyProtocol?.accept === true
  }

  preface(bytes: Buffer): Preface {
    if (!this.wantsHeader) return { kind: 'header', length: 0 }
    const reading = readProxyHeader(bytes)
    if (reading.kind !== 'header')
      return reading.kind === 'bad' ? { kind: 'bad', text: `PROXY header: ${reading.text}` } : reading
    if (reading.source !== undefined) {
      const { address, port } = reading.source
      this.#clientAddress = address.startsWith('unix') ? 'unix' : joinHostPort(address, port)
      this.#destination = reading.destination
    }
    return reading
  }

  decide(hello: ClientHello): HandshakeDecision {
    this.servername = hello.servername
    let decision: HandshakeDecision = ANSWERED_AT_ONCE
    for (const fault of this.#home.faults) {
      const { work, plan } = fault
      if (!this.shared.factory.hasHandshake(plan)) continue
      if ((work.spent && !this.#acted.has(work)) || !this.#selection.works(fault)) continue
      const context = {
        ...this.#selection.contextOf(fault, this.#selection.randomOf(plan, 'handshake')),
        direction: plan.direction,
      }
      const verdict = this.shared.factory.handshake(plan, context, hello)
      if (verdict === undefined || !this.#canDo(verdict) || work.isTooLong(verdict.wait ?? 0)) continue
      if (!this.#acted.has(work)) {
        this.#acted.add(work)
        work.counters.applied++
        context.record(this.shared.clock.now(), wordFor(verdict), waitOf(verdict))
      }
      decision = combineHandshake(decision, verdict, context.ending)
    }
    return decision
  }

  /** Where TLS passes through, the answer to a hello is not ours: what wants to change it does nothing, and is not counted. */
  #canDo({ wait = 0, instead }: HandshakeVerdict): boolean {
    return wait > 0 || instead !== undefined || this.#home.listenTls !== undefined
  }

  secured(peer: NodePeer): void {
    this.goOn(peer)
  }

  /** The client is to be served by a session from now on. */
  goOn(accepted: Accepted): void {
    if (this.#over) return
    this.#over = true
    this.#way.close()
    const { clientAddress, servername } = this
    this.#heir = this.#home.preambleOver(this, accepted, {
      clientAddress,
      servername,
      destination: this.#destination,
      selection: this.#selection,
      started: this.#started,
      startedWall: this.#startedWall,
    })
  }

  handshakeFailed(ending: Ending, text: string): void {
    this.ending ??= ending
    this.#home.preambleFailed(this, text)
  }

  setFaults(faults: readonly FaultNow[]): void {
    if (this.#over) return
    const gone = this.#selection.forgetBut(faults)
    const resets = gone.find(({ resetsOnRemove }) => resetsOnRemove)
    if (resets === undefined) return this.#way.lookAgain()
    this.#selection.acted(resets, 'reset')
    this.reset({ origin: 'injected', reason: resets.name })
  }

  lookAgain(): boolean {
    return true
  }

  reset(ending: Ending): void {
    this.#end(ending)
    resetPeer(this.#way.peer)
  }

  drop(ending: Ending): void {
    this.#end(ending)
    this.#way.peer.destroy()
  }

  /** There is nothing to finish yet. */
  drain(_ms: number, ending: Ending): void {
    this.drop(ending)
  }

  #end(ending: Ending): void {
    this.ending ??= ending
    this.#way.close()
  }

  facts(): SessionFacts {
    const { id, proxy, ordinal, upstream, clientAddress } = this
    const ended = this.#over && this.#heir === undefined
    const none = { received: 0, sent: 0 }
    return {
      id,
      proxy,
      ordinal,
      state: ended ? 'ended' : 'handshake',
      client: clientAddress,
      upstream,
      upstreamAddress: null,
      startedWall: this.#startedWall,
      endedWall: ended ? Date.now() : 0,
      ageMs: this.shared.clock.now() - this.#started,
      bytes: { upstream: none, downstream: none },
      held: { upstream: 0, downstream: 0 },
      stages: { upstream: [], downstream: [] },
      touchedBy: this.#selection.touchedBy,
      ending: this.ending,
      ...defined({ servername: this.servername }),
    }
  }

  info(): SessionInfo {
    return describeSession(this.facts())
  }

  // The socket that speaks TLS was made for us; from `secured` on it is the session's.

  peerEnded(peer: PeerSocket): void {
    this.#heir?.peerEnded(peer)
  }

  peerFailed(peer: PeerSocket, error: NodeJS.ErrnoException): void {
    this.#heir?.peerFailed(peer, error)
  }

  peerDrained(peer: PeerSocket): void {
    this.#heir?.peerDrained(peer)
  }

  peerClosed(peer: PeerSocket): void {
    if (this.#heir !== undefined) return this.#heir.peerClosed(peer)
    if (this.#over) return
    this.#over = true
    this.ending ??= { origin: 'client', reason: 'closed' }
    this.#way.close()
    this.#selection.close()
    this.#home.preambleEnded(this)
  }
}

/** Whether a proxy has to read something before a session can begin. */
export function needsPreamble(plan: ProxyPlan, faults: readonly FaultNow[], factory: EngineShared['factory']): boolean {
  return plan.tls?.listen !== undefined || plan.proxyProtocol?.accept === true || wantsHello(plan, faults, factory)
}

function wantsHello({ tls }: ProxyPlan, faults: readonly FaultNow[], factory: EngineShared['factory']): boolean {
  if (tls?.peek === true) return true
  // Who comes while a window is closed may still be there when it opens, and nobody can ask for the name then. For a fault that only counts nobody
  // is made to wait, unless it counts by name.
  return faults.some(
    ({ on, plan }) => plan.match?.sni !== undefined || (on && plan.shadow !== true && factory.hasHandshake(plan)),
  )
}

function wordFor({ instead, certificate, versions, alpn, wait }: HandshakeVerdict): string {
  if (typeof instead === 'object') return 'alert'
  if (instead !== undefined) return instead
  if (certificate !== undefined) return 'certificate'
  if (versions !== undefined) return 'versions'
  if (alpn !== undefined) return 'alpn'
  return wait === Infinity ? 'stall' : 'delay'
}

function waitOf({ wait = 0 }: HandshakeVerdict): Readonly<Record<string, number>> | undefined {
  return wait > 0 && wait < Infinity ? { wait } : undefined
}
