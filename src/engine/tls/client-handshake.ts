import { type SecureContext, TLSSocket } from 'node:tls'
import type { ClientHello } from '../../core/handshake.ts'
import type { Ending } from '../../core/words.ts'
import { alertRecord } from '../../protocols/tls/alert.ts'
import { readClientHello } from '../../protocols/tls/client-hello.ts'
import {
  acceptedSocket,
  failureWord,
  ownedPeer,
  resetPeer,
  WRITE_QUEUE_BYTES,
  type Accepted,
  type PeerEvents,
  type NodePeer,
} from '../peer-socket.ts'
import type { RelayShared } from '../relay.ts'
import type { Scheduled } from '../scheduler.ts'
import { clientTlsText } from './tls-errors.ts'
import { FirstBytes, MOST_BYTES, READ_AGAIN_MS } from './first-bytes.ts'
import type { HandshakeDecision } from './handshake-decision.ts'
import type { ListenTls } from './listen-tls.ts'
import { isPlainHttp, PLAIN_HTTP_ANSWER, PLAIN_HTTP_TEXT } from './plain-http.ts'
import { clientCertificateProblem, takeControl } from './server-socket.ts'

/** What may stand in front of a hello: a header of the PROXY protocol. Read from the beginning until it is whole. */
export type Preface =
  | { readonly kind: 'more' }
  | { readonly kind: 'header'; readonly length: number }
  | { readonly kind: 'bad'; readonly text: string }

/** The session that is coming about. */
export interface HandshakeHost {
  /** If there is one to expect. Asked again with more bytes while it answers `more`; it has to stop doing that. */
  preface?(bytes: Buffer): Preface
  /** The client has begun a handshake: what is to become of it? Asked again by `lookAgain`, and when a wait is over. */
  decide(hello: ClientHello): HandshakeDecision
  /** The handshake is done. `peer` is the client from now on; it is not read yet. */
  secured(peer: NodePeer): void
  /**
   * There will be no handshake. What is to be said to the client (an alert) is on its way, and its connection closes by itself within
   * `LINGER_MS`; whoever destroys it before takes that away. `text` is one line for logs.
   */
  handshakeFailed(ending: Ending, text: string): void
}

/** A client that does not go on with its handshake is given up. What faults make of it does not count. */
export const HANDSHAKE_WITHIN_MS = 60_000

/** Closing while the client still sends would reset the connection, and take back what has just been said. */
export const LINGER_MS = 5000

/**
 * The TLS handshake of a client, from the accepted connection to a socket that speaks TLS.
 *
 *     reading ──hello──▶ (waiting ──▶) answering ──▶ secured
 *        └────────────────────┴────────────┴───────▶ over
 *
 * The hello is read from the bare connection and decided upon before anything is answered; then it is given back, and Node answers it. While the
 * hello waits the client is read on, because only who reads notices that it leaves.
 */
export class ClientHandshake implements Scheduled {
  dueAt = 0
  heapIndex = -1
  readonly #session: PeerEvents
  readonly #host: HandshakeHost
  readonly #tls: ListenTls
  readonly #onOwned: (bytes: Buffer) => boolean
  readonly #shared: Pick<RelayShared, 'clock' | 'scheduler'>
  readonly #raw: NodePeer
  #peer: NodePeer
  #state: 'reading' | 'waiting' | 'answering' | 'secured' | 'over' = 'reading'
  readonly #read = new FirstBytes()
  #prefaced: boolean
  #hello: ClientHello | undefined
  #helloAt = 0
  /** When the hello is answered. */
  #due = 0
  /** Why the handshake fails if it does. */
  #blame: Ending | undefined
  readonly #onData = (bytes: Buffer): void => this.#gave(bytes)
  readonly #onEnd = (): void =>
    this.#failed({ origin: 'client', reason: 'closed' }, 'the client left amid the handshake')

  /**
   * @param session is told of the socket: that it has closed, also before the handshake is done, and everything else after it.
   * @param onOwned takes what the client sends, in memory that is its to keep; `false` = stop reading.
   */
  constructor(
    session: PeerEvents,
    host: HandshakeHost,
    accepted: Accepted,
    tls: ListenTls,
    onOwned: (bytes: Buffer) => boolean,
    shared: Pick<RelayShared, 'clock' | 'scheduler'>,
  ) {
    this.#session = session
    this.#host = host
    this.#tls = tls
    this.#onOwned = onOwned
    this.#shared = shared
    this.#prefaced = host.preface === undefined
    this.#raw = Object.assign(acceptedSocket(accepted), { session })
    this.#peer = this.#raw
    this.#raw.on('data', this.#onData)
    this.#raw.on('end', this.#onEnd)
    this.#raw.on('error', (error) => this.#rawFailed(error))
    this.#raw.on('close', () => this.#rawClosed())
    this.#raw.pause()
  }

  /**
   * The socket of the client, for its address, and to reset or to destroy it at any time: that of the bare connection until the hello is answered, then
   * one that speaks TLS.
   */
  get peer(): NodePeer {
    return this.#peer
  }

  /** Begins to read the client. */
  begin(): void {
    this.#waitFor(HANDSHAKE_WITHIN_MS)
    this.#raw.resume()
  }

  /** The faults have changed: a hello that waits may be answered now. */
  lookAgain(): void {
    if (this.#state === 'waiting') this.#follow()
  }

  /** The session is over: nothing is decided or told any more, but that the socket closes. */
  close(): void {
    if (this.#state === 'secured') return
    this.#state = 'over'
    this.#shared.scheduler.cancel(this)
  }

  fire(): void {
    if (this.#state === 'waiting') this.#waited()
    else if (this.#state === 'over') this.#peer.destroy()
    else this.#tookTooLong()
  }

  #tookTooLong(): void {
    const how = this.#state === 'reading' ? 'did not begin' : 'did not finish'
    const text = `the client ${how} a TLS handshake within ${HANDSHAKE_WITHIN_MS / 1000} s`
    this.#failed({ origin: 'client', reason: 'handshake_timeout' }, text)
  }

  #gave(bytes: Buffer): void {
    // Read only so that its end is noticed.
    if (this.#state === 'over') return
    this.#read.push(bytes)
    if (this.#state === 'reading') this.#look()
    else if (this.#read.isMuch) this.#sentMuch()
  }

  #sentMuch(): void {
    if (this.#read.isTooMuch) {
      const text = `the client sent over ${MOST_BYTES} bytes behind its hello`
      this.#failed({ origin: 'client', reason: 'sent_too_much' }, text)
      resetPeer(this.#raw)
      return
    }
    this.#raw.pause()
    if (this.#state !== 'waiting') return
    this.#shared.scheduler.schedule(this, Math.min(this.#due, this.#shared.clock.now() + READ_AGAIN_MS))
  }

  #waited(): void {
    if (this.#due <= this.#shared.clock.now()) return this.#follow()
    this.#shared.scheduler.schedule(this, this.#due)
    this.#raw.resume()
  }

  #look(): void {
    const bytes = this.#read.joined()
    if (!this.#prefaced) {
      const preface = this.#host.preface?.(bytes) ?? { kind: 'header', length: 0 }
      if (preface.kind === 'bad') return this.#notTls('bad_proxy_header', preface.text)
      if (preface.kind === 'more') return
      this.#prefaced = true
      this.#read.drop(preface.length)
      if (this.#read.size > 0) this.#look()
      return
    }
    const read = readClientHello(bytes)
    if (read.kind === 'hello') this.#helloCame(read.hello)
    else if (read.kind === 'not_tls') this.#noHello(bytes, read.text)
  }

  #noHello(bytes: Buffer, text: string): void {
    const http = isPlainHttp(bytes)
    if (http === 'perhaps') return
    if (http) this.#notTls('plain_http', PLAIN_HTTP_TEXT, PLAIN_HTTP_ANSWER)
    else this.#notTls('not_tls', `the client cannot be answered: ${text}`)
  }

  #notTls(reason: string, text: string, answer?: string): void {
    this.#partWith(answer)
    this.#failed({ origin: 'client', reason }, text)
  }

  #helloCame(hello: ClientHello): void {
    this.#hello = hello
    this.#helloAt = this.#shared.clock.now()
    this.#follow()
  }

  #follow(): void {
    if (this.#hello === undefined) return
    const decision = this.#host.decide(this.#hello)
    this.#due = this.#helloAt + decision.wait
    if (this.#due > this.#shared.clock.now()) {
      this.#state = 'waiting'
      this.#shared.scheduler.schedule(this, this.#due)
      this.#raw.resume()
    } else if (decision.instead !== undefined) {
      this.#refuse(decision.instead)
    } else {
      this.#answer(this.#hello, decision)
    }
  }

  #refuse({ how, ending }: NonNullable<HandshakeDecision['instead']>): void {
    const what = typeof how === 'object' ? `sent alert ${how.alert}` : how === 'reset' ? 'was reset' : 'was closed'
    if (how === 'reset') resetPeer(this.#raw)
    else this.#partWith(typeof how === 'object' ? alertRecord(how.alert) : undefined)
    this.#failed(ending, `the client ${what} instead of an answer to its hello`)
  }

  /** Says a last word, and waits for the client to leave. */
  #partWith(word?: Buffer | string): void {
    if (word === undefined) this.#raw.end()
    else this.#raw.end(word)
    this.#raw.resume()
  }

  #answer(hello: ClientHello, decision: HandshakeDecision): void {
    this.#state = 'answering'
    this.#blame = decision.blame
    this.#waitFor(HANDSHAKE_WITHIN_MS)
    try {
      const context = this.#tls.context(hello, this.#raw.localAddress, decision)
      if (!(context instanceof Promise)) return this.#start(context, decision)
      context.then(
        (made) => this.#start(made, decision),
        (error: unknown) => this.#noCertificate(error),
      )
    } catch (error) {
      this.#noCertificate(error)
    }
  }

  /** Ours, or that of what the proxy was given. */
  #noCertificate(error: unknown): void {
    if (this.#state !== 'answering') return
    this.#partWith(alertRecord(INTERNAL_ERROR))
    const why = error instanceof Error ? error.message : String(error)
    this.#over({ origin: 'proxy', reason: 'no_certificate' }, `no certificate can be shown to the client: ${why}`)
  }

  #start(secureContext: SecureContext, decision: HandshakeDecision): void {
    if (this.#state !== 'answering') return
    const raw = this.#raw
    raw.pause()
    raw.off('data', this.#onData)
    raw.off('end', this.#onEnd)
    raw.unshift(this.#read.joined())
    this.#read.clear()
    const options = { isServer: true, secureContext, highWaterMark: WRITE_QUEUE_BYTES }
    const socket = new TLSSocket(raw, { ...options, ...this.#tls.socketOptions(decision) })
    // From now on this one alone is destroyed: the other way round, the state of OpenSSL could be freed while it is at work.
    this.#peer = Object.assign(socket, { session: this.#session })
    socket.on('error', this.#onTlsError)
    socket.on('end', this.#onEnd)
    socket.once('secure', () => this.#finished(socket))
  }

  readonly #onTlsError = (error: NodeJS.ErrnoException): void => this.#tlsFailed(error)

  #finished(socket: TLSSocket): void {
    const problem = this.#tls.verifiesClients ? clientCertificateProblem(socket) : undefined
    if (problem !== undefined) {
      this.#failed({ origin: 'client', reason: 'bad_certificate' }, problem)
      return
    }
    if (this.#state !== 'answering') return
    this.#state = 'secured'
    this.#shared.scheduler.cancel(this)
    takeControl(socket)
    this.#peer = ownedPeer(this.#session, socket, this.#onOwned)
    socket.off('error', this.#onTlsError)
    socket.off('end', this.#onEnd)
    this.#host.secured(this.#peer)
  }

  #tlsFailed(error: NodeJS.ErrnoException): void {
    const left = error.code === 'ECONNRESET' || error.code === 'EPIPE'
    if (left) this.#rawFailed(error)
    else this.#failed({ origin: 'client', reason: 'tls_handshake' }, clientTlsText(error))
  }

  #rawFailed(error: NodeJS.ErrnoException): void {
    this.#failed(
      { origin: 'client', reason: failureWord(error) },
      `the client left amid the handshake: ${error.message}`,
    )
  }

  #rawClosed(): void {
    if (this.#state === 'secured') return
    this.#failed({ origin: 'client', reason: 'closed' }, 'the client left amid the handshake')
    this.close()
    this.#session.peerClosed(this.#peer)
  }

  /** Who was shown something else than usual may well have left because of it. */
  #failed(ending: Ending, text: string): void {
    const { origin } = ending
    this.#over(origin === 'client' && this.#blame !== undefined ? this.#blame : ending, text)
  }

  #over(ending: Ending, text: string): void {
    if (this.#state === 'over' || this.#state === 'secured') return
    this.#state = 'over'
    this.#read.clear()
    // Who was told something is waited for; of everybody else there is nothing more to come.
    if (this.#raw.writableEnded && !this.#raw.destroyed) this.#waitFor(LINGER_MS)
    else this.#peer.destroy()
    this.#host.handshakeFailed(ending, text)
  }

  #waitFor(ms: number): void {
    this.#shared.scheduler.schedule(this, this.#shared.clock.now() + ms)
  }
}

const INTERNAL_ERROR = 80
