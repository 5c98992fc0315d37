import type { AbortHow } from '../../core/outlet.ts'
import type { Ending } from '../../core/words.ts'
import { FOUND, type Found, type FramerLimits, type Refusal } from '../../protocols/http1/events.ts'
import type { Intake, Relay } from '../relay.ts'
import type { BodySink } from './body-sink.ts'

/** What both framers have in common. */
export interface Framer {
  readonly end: number
  readonly refusal: Refusal | undefined
  readonly inBody: boolean
  read(bytes: Buffer, from: number): Found
  skip(bytes: Buffer, from: number): Found
  finish(): 'idle' | 'complete' | 'cut'
}

/** How a source ends that does not end in an orderly way. */
export interface Failure {
  readonly how: AbortHow
  readonly ending: Ending
}

const NOTHING = Buffer.alloc(0)
const AT_ONCE = -Infinity
const CR = 13

/**
 * What a side keeps while its message may not go on, or more where a head may be longer. Who is read notices that its peer leaves; so as much is
 * welcome as a request may have.
 */
const HELD_MOST = 65_536

/**
 * One direction of a session that speaks HTTP: takes bytes apart into messages. Bytes of a message that nobody wants to change go on as they
 * were read, without a copy; everything else comes by here piece by piece.
 */
export abstract class Side implements Intake {
  due = false
  advancing = false
  protected readonly relay: Relay
  protected abstract readonly framer: Framer
  readonly #heldMost: number
  /** Bytes that have been read and have not gone on; the framer has not consumed them, except for a head at their beginning. */
  #held: Buffer = NOTHING
  /** A head at the beginning of what is held that the framer has told of; bytes. */
  #headBytes = 0
  #mode: 'messages' | 'tunnel' | 'dropped' = 'messages'
  /** More is held than welcome. */
  #full = false
  #ended = false
  /** The source has failed: what is to be passed on behind what is held. */
  #failure: Failure | undefined
  #endTold = false
  #closed = false

  constructor(relay: Relay, { maxHead = 0 }: FramerLimits) {
    this.relay = relay
    this.#heldMost = Math.max(HELD_MOST, maxHead)
  }

  /** A head has been read; it is in the framer. Answers whether the message simply goes on. */
  protected abstract begin(now: number): boolean
  /** As `begin` has said no: the head itself, to be kept until the message may go on. */
  protected abstract head(raw: Buffer, now: number): void
  /** Whether another message may begin now. */
  protected abstract get ready(): boolean
  /** Whether the message that is under way, or the tunnel, may go on. */
  protected abstract get open(): boolean
  /** Where its body goes; `undefined` = on, as it is. */
  protected abstract get sink(): BodySink | undefined
  /** So many bytes have been read; `asTheyAre` = and go on without anybody looking at them. */
  protected abstract count(bytes: number, asTheyAre: boolean): void
  protected abstract over(now: number): void
  protected abstract refused(refusal: Refusal, now: number): void
  /** Bytes came that nobody is to get. */
  protected abstract dropped(now: number): void
  /** The source has ended, or failed, and everything that it had sent is on its way. */
  protected abstract finished(how: 'idle' | 'complete' | 'cut', now: number, failure: Failure | undefined): void
  /** Whether what is held still has to go on before a failure of the source does. */
  protected abstract get outlivesFailure(): boolean
  abstract passed(): void
  abstract drained(): void

  inspect(bytes: Buffer): number {
    if (this.#held.length > 0) return 0
    if (this.#mode !== 'messages') return this.#mode === 'tunnel' && this.open ? bytes.length : 0
    const { framer } = this
    // Once for all of them: what is read at once has come at once.
    const now = this.relay.shared.clock.now()
    let at = 0
    for (;;) {
      if (framer.inBody) {
        if (!this.open || this.sink !== undefined) return at
        const found = framer.skip(bytes, at)
        if (found === FOUND.refused) return at
        this.count(framer.end - at, true)
        at = framer.end
        if (found !== FOUND.end) return at
        this.over(now)
      } else {
        // Empty lines in front of a message are nobody's.
        if (at === bytes.length || !this.ready || bytes[at] === CR) return at
        if (framer.read(bytes, at) !== FOUND.head) return at
        if (!this.begin(now)) {
          this.#headBytes = framer.end - at
          return at
        }
        this.count(framer.end - at, true)
        at = framer.end
        if (this.#isTunnel) return bytes.length
      }
    }
  }

  take(bytes: Buffer): number {
    if (this.#closed) return AT_ONCE
    if (this.#mode === 'dropped') {
      this.dropped(this.relay.shared.clock.now())
      return AT_ONCE
    }
    this.#held = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes])
    return this.advance()
  }

  ended(): void {
    this.#ended = true
    this.advance()
  }

  failed(how: AbortHow, ending: Ending): void {
    this.#ended = true
    this.#failure = { how, ending }
    if (this.#closed) return
    if (this.#endTold || !this.outlivesFailure) this.relay.passAbort(this.relay.shared.clock.now(), how, ending)
    else this.advance()
  }

  /** From now on bytes are bytes. */
  becomeTunnel(): void {
    this.#mode = 'tunnel'
  }

  /** What is held and what comes is for nobody; only the end of the source counts. To be followed by `advance`, unless that is under way. */
  dropRest(): void {
    this.#mode = 'dropped'
    this.#held = NOTHING
    this.#headBytes = 0
  }

  close(): void {
    this.#closed = true
    this.#held = NOTHING
  }

  get holds(): boolean {
    return this.#held.length > 0
  }

  /** It is not read, because it holds as much as it may. */
  get isFull(): boolean {
    return this.#full
  }

  get hasEnded(): boolean {
    return this.#ended
  }

  /** That has been passed on, behind all the rest. */
  get endTold(): boolean {
    return this.#endTold
  }

  /** Goes on as far as it may. To be called within `act` of the relay. Answers from when on more is welcome. */
  advance(): number {
    // What is done for one message may open the way for the next: that one is met by the loop that is under way.
    if (this.advancing) return AT_ONCE
    this.advancing = true
    try {
      return this.#advance()
    } finally {
      this.advancing = false
    }
  }

  #advance(): number {
    const now = this.relay.shared.clock.now()
    let welcome = AT_ONCE
    for (;;) {
      if (this.#closed) return AT_ONCE
      const next = this.#step(now)
      if (next === undefined) break
      welcome = Math.max(welcome, next)
    }
    if (this.#ended && !this.#endTold && (this.#held.length === 0 || this.#onlyPart)) this.#finish(now)
    this.relay.keeps(this.#held.length + (this.sink?.kept ?? 0))
    const full = this.#held.length >= this.#heldMost
    if (this.#full && !full) this.relay.forgetWelcome()
    this.#full = full
    // Not read for good it could not tell that its peer has left: the relay looks again from time to time.
    return full ? Infinity : welcome
  }

  /** What is held is the beginning of a head that will never be whole. */
  get #onlyPart(): boolean {
    return this.#mode === 'messages' && !this.framer.inBody && this.ready
  }

  get #isTunnel(): boolean {
    return this.#mode === 'tunnel'
  }

  #finish(now: number): void {
    const messages = this.#mode === 'messages'
    if (this.#mode !== 'dropped' && (!messages || this.framer.inBody) && !this.open) return
    this.#endTold = true
    const rest = this.#held.length > 0 ? 'cut' : this.framer.finish()
    const how = messages ? rest : 'idle'
    const failure = this.#failure
    // Of a body that ends with its connection nobody knows then whether that was all.
    this.finished(failure !== undefined && how === 'complete' ? 'cut' : how, now, failure)
  }

  /** `undefined` = no further, for now. */
  #step(now: number): number | undefined {
    if (this.#mode === 'dropped') return undefined
    if (this.#mode === 'tunnel') {
      return this.#held.length === 0 || !this.open ? undefined : this.#consume(this.#held.length, true, now)
    }
    if (this.#headBytes > 0) return this.#stepHead(now)
    // A framer that refuses is in no message any more: also where it is the body of one that is under way.
    if (this.framer.refusal !== undefined) return this.#refuse(FOUND.refused, now)
    if (this.framer.inBody) return this.#stepBody(now)
    if (this.#held.length === 0 || !this.ready) return undefined
    const found = this.framer.read(this.#held, 0)
    if (found === FOUND.nothing) return undefined
    if (found === FOUND.skip) return this.#consume(this.framer.end, false, now)
    if (found === FOUND.head) {
      this.#headBytes = this.framer.end
      return this.begin(now) ? this.#consumePlainHead(now) : this.#stepHead(now)
    }
    return this.#refuse(found, now)
  }

  #stepHead(now: number): number {
    const raw = this.#held.subarray(0, this.#headBytes)
    this.#cut(this.#headBytes)
    this.#headBytes = 0
    this.count(raw.length, false)
    this.head(raw, now)
    return AT_ONCE
  }

  #consumePlainHead(now: number): number {
    const size = this.#headBytes
    this.#headBytes = 0
    this.count(size, true)
    return this.#consume(size, true, now)
  }

  #stepBody(now: number): number | undefined {
    if (!this.open) return undefined
    const { framer, sink } = this
    const bytes = this.#held
    const found = framer.read(bytes, 0)
    if (found === FOUND.nothing) return undefined
    if (found === FOUND.end) {
      sink?.end(now)
      this.over(now)
      return AT_ONCE
    }
    if (found !== FOUND.data && found !== FOUND.framing) return this.#refuse(found, now)
    const { end } = framer
    this.count(end, sink === undefined)
    const piece = bytes.subarray(0, end)
    this.#cut(end)
    if (sink === undefined) return this.relay.pass(piece, now)
    return found === FOUND.data ? sink.data(piece, now) : sink.framing(piece, now)
  }

  #refuse(found: Found, now: number): number | undefined {
    if (found === FOUND.tunnel) {
      this.#mode = 'tunnel'
      return AT_ONCE
    }
    const { refusal } = this.framer
    if (refusal !== undefined) this.refused(refusal, now)
    return this.#isTunnel ? AT_ONCE : undefined
  }

  #consume(size: number, goesOn: boolean, now: number): number {
    const piece = this.#held.subarray(0, size)
    this.#cut(size)
    return goesOn ? this.relay.pass(piece, now) : AT_ONCE
  }

  #cut(size: number): void {
    this.#held = size === this.#held.length ? NOTHING : this.#held.subarray(size)
  }
}
