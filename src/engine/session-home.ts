import type { ProxyPlan } from '../core/plan.ts'
import type { Endpoint } from '../protocols/proxy-protocol/endpoint.ts'
import type { FaultNow } from './fault-at-work.ts'
import type { ExchangeFault } from './http/exchange-fault.ts'
import type { ExchangeRecorder } from './http/exchange-facts.ts'
import type { ProxyCounters } from './proxy-counters.ts'
import type { Selection } from './selection.ts'
import type { Session } from './session.ts'
import type { EngineShared } from './shared.ts'
import type { UpstreamTls } from './tls/upstream-tls.ts'

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
  /** Its own time has come: `ask` finds out whether it is let in now. */
  sessionAsks(ask: () => void): void
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
