import type { Ending } from '../../core/words.ts'
import { alertRecord } from '../../protocols/tls/alert.ts'
import type { ClientHello } from '../../core/handshake.ts'
import { readClientHello } from '../../protocols/tls/client-hello.ts'
import {
  acceptedSocket,
  failureWord,
  resetPeer,
  type Accepted,
  type PeerEvents,
  type NodePeer,
} from '../peer-socket.ts'
import type { RelayShared } from '../relay.ts'
import type { Scheduled } from '../scheduler.ts'
import { LINGER_MS, type HandshakeHost } from './client-handshake.ts'
import { FirstBytes, MOST_BYTES, READ_AGAIN_MS } from './first-bytes.ts'
import type { HandshakeDecision } from './handshake-decision.ts'

/** The session that is coming about. */
export interface PeekHost extends Pick<HandshakeHost, 'decide' | 'handshakeFailed'> {
  preface(bytes: Buffer): ReturnType<NonNullable<HandshakeHost['preface']>>
  readonly wantsHeader: boolean
  readonly wantsHello: boolean
  /** The connection as it came, with all that was read of it given back. */
  goOn(accepted: Accepted): void
}

/** Where a header is wanted, it has to come. */
const HEADER_WITHIN_MS = 60_000

/** Where the server speaks first, a client waits for it: it is not kept waiting for a hello that will not come. */
const HELLO_WITHIN_MS = 1000

/** No server speaks first to who has begun a hello, and a pause amid it must not be a way past what asks for its name. */
const BEGUN_HELLO_WITHIN_MS = 60_000

/**
 * Reads what stands at the beginning of a connection, and gives it back: the header of the PROXY protocol (which is taken away), and the hello of a TLS
 * handshake that goes on to the upstream.
 */
export class ClientPeek implements Scheduled {
  dueAt = 0
  heapIndex = -1
  readonly peer: NodePeer
  readonly #host: PeekHost
  readonly #session: PeerEvents
  readonly #shared: Pick<RelayShared, 'clock' | 'scheduler'>
  readonly #read = new FirstBytes()
  #headed: boolean
  /** What has come may be the beginning of a hello. */
  #begun = false
  #hello: ClientHello | undefined
  #helloAt = 0
  /** When the hello goes on. */
  #due = 0
  #state: 'reading' | 'waiting' | 'over' = 'reading'
  readonly #onData = (bytes: Buffer): void => this.#gave(bytes)
  readonly #onEnd = (): void => this.#ended()
  readonly #onError = (error: NodeJS.ErrnoException): void =>
    this.#failed({ origin: 'client', reason: failureWord(error) }, `the client left: ${error.message}`)
  readonly #onClose = (): void => {
    this.close()
    this.#session.peerClosed(this.peer)
  }

  constructor(
    session: PeerEvents,
    host: PeekHost,
    accepted: Accepted,
    shared: Pick<RelayShared, 'clock' | 'scheduler'>,
  ) {
    this.#session = session
    this.#host = host
    this.#shared = shared
    this.#headed = !host.wantsHeader
    this.peer = Object.assign(acceptedSocket(accepted), { session })
    this.peer.on('data', this.#onData)
    this.peer.on('end', this.#onEnd)
    this.peer.on('error', this.#onError)
    this.peer.on('close', this.#onClose)
    this.peer.pause()
  }

  begin(): void {
    this.#waitFor(this.#headed ? HELLO_WITHIN_MS : HEADER_WITHIN_MS)
    this.peer.resume()
  }

  /** The faults have changed: a hello that waits may go on now, or nobody asks for one any more. */
  lookAgain(): void {
    if (this.#state === 'waiting') this.#follow()
    else if (this.#state === 'reading' && this.#headed && !this.#host.wantsHello) this.#goOn()
  }

  /** Nothing is decided or told any more, but that the socket closes. */
  close(): void {
    this.#state = 'over'
    this.#read.clear()
    this.#shared.scheduler.cancel(this)
  }

  fire(): void {
    if (this.#state === 'over') this.peer.destroy()
    else if (this.#state === 'waiting') this.#waited()
    else if (this.#headed) this.#goOn()
    else {
      const text = `the client sent no PROXY header within ${HEADER_WITHIN_MS / 1000} s`
      this.#failed({ origin: 'client', reason: 'bad_proxy_header' }, text)
      this.peer.destroy()
    }
  }

  #gave(bytes: Buffer): void {
    // Read only so that its end is noticed.
    if (this.#state === 'over') return
    this.#read.push(bytes)
    if (this.#state === 'reading') this.#look()
    else if (this.#read.isMuch) this.#sentMuch()
  }

  #sentMuch(): void {
    if (!this.#read.isTooMuch) {
      this.peer.pause()
      this.#shared.scheduler.schedule(this, Math.min(this.#due, this.#shared.clock.now() + READ_AGAIN_MS))
      return
    }
    this.#failed(
      { origin: 'client', reason: 'sent_too_much' },
      `the client sent over ${MOST_BYTES} bytes behind its hello`,
    )
    resetPeer(this.peer)
  }

  #waited(): void {
    if (this.#due <= this.#shared.clock.now()) return this.#follow()
    this.#shared.scheduler.schedule(this, this.#due)
    this.peer.resume()
  }

  #look(): void {
    const bytes = this.#read.joined()
    if (!this.#headed) {
      const preface = this.#host.preface(bytes)
      if (preface.kind === 'more') return
      if (preface.kind === 'bad') return this.#noHeader(preface.text)
      this.#headed = true
      this.#read.drop(preface.length)
      this.#waitFor(HELLO_WITHIN_MS)
    }
    if (!this.#host.wantsHello) return this.#goOn()
    if (this.#read.size > 0) this.#lookForHello(this.#read.joined())
  }

  #noHeader(text: string): void {
    this.peer.end()
    this.peer.resume()
    this.#failed({ origin: 'client', reason: 'bad_proxy_header' }, text)
  }

  #lookForHello(bytes: Buffer): void {
    const read = readClientHello(bytes)
    if (read.kind === 'not_tls') return this.#goOn()
    if (read.kind === 'more') {
      if (!this.#begun) this.#waitFor(BEGUN_HELLO_WITHIN_MS)
      this.#begun = true
      return
    }
    this.#hello = read.hello
    this.#helloAt = this.#shared.clock.now()
    this.#follow()
  }

  #follow(): void {
    if (this.#hello === undefined) return
    const { wait, instead } = this.#host.decide(this.#hello)
    this.#due = this.#helloAt + wait
    if (this.#due > this.#shared.clock.now()) {
      this.#state = 'waiting'
      this.#shared.scheduler.schedule(this, this.#due)
      this.peer.resume()
    } else if (instead !== undefined) {
      this.#refuse(instead)
    } else {
      this.#goOn()
    }
  }

  #refuse({ how, ending }: NonNullable<HandshakeDecision['instead']>): void {
    if (how === 'reset') resetPeer(this.peer)
    else if (how === 'close') this.peer.end()
    else this.peer.end(alertRecord(how.alert))
    this.peer.resume()
    this.#failed(ending, 'a fault has ended the handshake of the client')
  }

  /** What was read with a FIN behind it is all there is: perhaps nothing, from who only listens. A hello needs an answer, and a header is wanted. */
  #ended(): void {
    if (this.#state === 'reading' && this.#headed) return this.#goOn(true)
    this.#failed({ origin: 'client', reason: 'closed' }, 'the client left before it had said what it wants')
    this.peer.destroySoon()
  }

  #goOn(ended = false): void {
    const read = this.#read.joined()
    this.close()
    const { peer } = this
    peer.pause()
    peer.off('data', this.#onData)
    peer.off('end', this.#onEnd)
    peer.off('error', this.#onError)
    peer.off('close', this.#onClose)
    if (ended) tellAgain(peer, read)
    else if (read.length > 0) peer.unshift(read)
    this.#host.goOn(peer)
  }

  #failed(ending: Ending, text: string): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    this.#read.clear()
    this.#waitFor(LINGER_MS)
    this.#host.handshakeFailed(ending, text)
  }

  #waitFor(ms: number): void {
    this.#shared.scheduler.schedule(this, this.#shared.clock.now() + ms)
  }
}

/** Nothing can be given back to a socket that has told its end: both are told once more, when it is to be read again. */
function tellAgain(peer: NodePeer, read: Buffer): void {
  peer.once('resume', () => {
    if (peer.destroyed) return
    if (read.length > 0) peer.emit('data', read)
    peer.emit('end')
  })
}
