import type { Cells } from './cells.ts'
import type { ClientHello, HandshakeVerdict } from './handshake.ts'
import type { AskedFor, ExchangeContext, RequestVerdict, ResponseVerdict } from './exchange.ts'
import type { RequestHead, ResponseHead } from './http.ts'
import type { Stage } from './outlet.ts'
import type { FaultPlan } from './plan.ts'
import type { Random } from './random.ts'
import type { Direction, Ending, FaultDirection } from './words.ts'

/** Plain counters of one fault of one proxy, over all its sessions. A field costs 1 ns to count; the metrics read them. */
export interface FaultCounters {
  /** Sessions that met the fault, selected or not (drawing again counts again). */
  seen: number
  /** Of these, how many it works on. */
  selected: number
  /** How often it acted: chunks delayed, cut or dropped, connections refused, endings caused. Counted by the fault itself. */
  applied: number
}

/** What a fault is given besides its parameters, wherever it works. */
export interface FaultContext {
  /** Its own sequence at this place: nothing else draws from it. */
  readonly random: Random
  readonly counters: FaultCounters
  /** `{ origin: 'injected', reason: <fault name> }`: pass it to `abort`. */
  readonly ending: Ending
  /**
   * An object that this fault's stages share: those of both directions of a `session`, or those of all sessions of a `proxy` in this thread. Made
   * by the first that asks, kept over updates, gone when the fault is removed (or its session is over).
   */
  shared<T extends object>(scope: 'session' | 'proxy', make: () => T): T
  /** What all sessions of the proxy share in all threads; as many numbers as the fault says that it needs (`FaultFactory.cells`). */
  cells(): Cells
  /** Puts one injection on record: for single happenings (a stall, a cut, a reset), not for every chunk. Times as stamps have them. */
  record(at: number, what: string, detail?: Readonly<Record<string, number | string>>): void
}

/** What a stage is given besides its parameters. */
export interface StageContext extends FaultContext {
  /** Of the bytes that pass it. */
  readonly direction: Direction
  /** Set where they are the body of a message; the stage lives as long as that, and its `end` is that of the body. */
  readonly message?: MessageFacts
}

/** The message whose body passes a stage. */
export interface MessageFacts {
  readonly request: RequestHead
  /** Set for the body of a response. */
  readonly response?: ResponseHead
  /** Bytes that the body will have; `undefined` = nobody knows yet. */
  readonly length: number | undefined
}

/** What a fault is given besides its parameters when a connection comes. */
export interface ConnectContext extends FaultContext {
  /** That of the fault. */
  readonly direction: FaultDirection
}

/** What a fault does to the bytes; decides which promises its tests hold it to, and which stages see held bytes again. */
export type Effect = 'timing' | 'content' | 'loss' | 'ending'

/** A client connection that has just been accepted, or is looked at again because it had to wait. */
export interface Arrival {
  /** When it was accepted, monotonic milliseconds. */
  readonly at: number
  /** Sessions of the proxy that were let in and are not over; without this one. */
  readonly active: number
}

/** What a fault wants done with a new connection. Several faults: waits add up, and the first `instead` decides. */
export interface Verdict {
  /** Milliseconds from the accept until the proxy takes the connection up. The client is connected all the time, and not read. */
  readonly wait?: number
  /** Milliseconds by which connecting to the upstream takes longer; they count against the dial timeout. */
  readonly dial?: number
  /**
   * Instead of dialling, once `wait` is over: RST, an orderly close, nothing ever, or a place in the queue (asked again whenever a
   * session of the proxy ends). Hanging and queued connections are taken up when the fault lets them go or leaves.
   */
  readonly instead?: 'reset' | 'close' | 'hang' | 'queue'
}

/**
 * One fault at work on the listener of a proxy. Like a stage it is pure and synchronous, and knows no time but what it is told.
 * While any door is shut the listener is closed: connecting is refused by the kernel.
 */
export interface Door {
  /** Is it shut at `at`, with `active` sessions let in and not over? */
  shut(at: number, active: number): boolean
  /** When the answer may change by itself; `Infinity` or absent = never. Looked at after every `shut`. */
  readonly wakeAt?: number
  /** What becomes of live sessions when it shuts. */
  readonly sessions: 'keep' | 'close' | 'reset'
}

/** A door belongs to no session. */
export type DoorContext = Pick<FaultContext, 'random' | 'counters' | 'record'>

/**
 * How the engine makes faults work without knowing any of them by name. `previous` is the stage or door that this one replaces after an
 * update (perhaps unselected meanwhile), so that state such as a byte count can be carried over. `undefined` = the fault does nothing
 * at that place.
 */
export interface FaultFactory {
  stage(fault: FaultPlan, context: StageContext, previous: Stage | undefined): Stage | undefined
  hasStage(fault: FaultPlan): boolean
  /** Neither counts nor records: that is done for it, once. Asked again, with the same random sequence, when a waiting connection is looked at again: same answer, unless it is `active` that matters. */
  connect(fault: FaultPlan, context: ConnectContext, arrival: Arrival): Verdict | undefined
  hasConnect(fault: FaultPlan): boolean
  door(fault: FaultPlan, context: DoorContext, previous: Door | undefined): Door | undefined
  /** Whether it is decided upon for each session, or for each exchange of HTTP. Then `stage` is for the bodies of messages. */
  level(fault: FaultPlan): 'session' | 'exchange'
  /** Asked when the head of a request has come. Neither counts nor records, and answers the same when it is asked again. */
  request(fault: FaultPlan, context: ExchangeContext, head: RequestHead): RequestVerdict | undefined
  /** The same for the head of its response. Not asked about 1xx. */
  response(
    fault: FaultPlan,
    context: ExchangeContext,
    head: ResponseHead,
    request: RequestHead,
  ): ResponseVerdict | undefined
  /** What a request asks for by its own fields; `undefined` = nothing. A refusal is a sentence that says what is wrong with them. */
  asked(head: RequestHead): AskedFor | { readonly refusal: string } | undefined
  /** Asked when a client begins a TLS handshake. */
  handshake(fault: FaultPlan, context: ConnectContext, hello: ClientHello): HandshakeVerdict | undefined
  hasHandshake(fault: FaultPlan): boolean
  effectOf(fault: FaultPlan): Effect
  /** How many numbers its sessions share over threads; the same for all faults of a type. */
  cells(type: string): number
}
