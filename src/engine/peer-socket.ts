import { constants } from 'node:os'
import { Socket, type OnReadOpts, type SocketConstructorOpts } from 'node:net'
import { TLSSocket } from 'node:tls'
import { joinHostPort } from '../core/address.ts'
import { resetUnderTls } from './tls/reset.ts'
import { isTlsError } from './tls/tls-errors.ts'
import type { UpstreamTls } from './tls/upstream-tls.ts'

/** What a socket tells its session; one object serves both sockets. */
export interface PeerEvents {
  /** The peer has shut down its writing side (FIN). */
  peerEnded(peer: PeerSocket): void
  peerFailed(peer: PeerSocket, error: NodeJS.ErrnoException): void
  /** The kernel has taken everything that waited to be written to the peer. */
  peerDrained(peer: PeerSocket): void
  /** The socket is gone; nothing points into its memory any more. */
  peerClosed(peer: PeerSocket): void
}

/** One of the two sockets of a session. */
export type PeerSocket = Socket & { readonly session: PeerEvents }

/** A connection fresh from `accept`: Node's own handle of it, or a whole socket where there is none to be had (see Listener). */
export type Accepted = AcceptedHandle | Socket

/** A TCP or pipe handle of Node, as far as we use it. Not in Node's documentation, and the same since 2013. */
export interface AcceptedHandle {
  setNoDelay?(on: boolean): number
  setKeepAlive?(on: boolean, seconds: number): number
  close(): void
}

export const KEEP_ALIVE_SECONDS = 15

/** Small: a destination that takes less than this at once is slow, and what waits for it should wait with its sender. */
export const WRITE_QUEUE_BYTES = 16_384

/** What a peer needs that speaks TLS. */
export interface SecureDialing {
  readonly tls: UpstreamTls
  /** Takes what cannot be read into the memory of `onread`; its bytes are its to keep. `false` = stop reading. */
  readonly onOwned: (bytes: Buffer) => boolean
  /** What the upstream is sent in front of the handshake; absent = nothing. */
  readonly greeting?: (() => Buffer) | undefined
}

/**
 * A socket to dial with. It reads into the memory of `onread`. With `secure` it speaks TLS, and is connected once the handshake is done.
 *
 * One side can end over TLS as over TCP: `end` sends close_notify and a FIN, and the other direction goes on as long as the peer lets it (RFC 8446,
 * section 6.1; up to TLS 1.2 a peer may answer with its own end at once). A FIN without close_notify counts as an orderly end: Node does not tell.
 */
export function dialingPeer(session: PeerEvents, onread: OnReadOpts, secure?: SecureDialing): PeerSocket {
  const options = { noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_SECONDS * 1000 }
  if (secure === undefined) return attach(new Socket(socketOptions({ onread, ...options })), session)
  const common = { allowHalfOpen: true, highWaterMark: WRITE_QUEUE_BYTES, ...options }
  return attach(secure.tls.socket(onread, secure.onOwned, common, secure.greeting), session)
}

/** Calls back once bytes can be sent to the upstream: when the TCP connection stands, or the TLS handshake over it is done. */
export function onceConnected(peer: PeerSocket, connected: () => void): void {
  peer.once(peer instanceof TLSSocket ? 'secureConnect' : 'connect', connected)
}

/**
 * The socket of an accepted connection; not read yet. It reads into the memory of `onread`; a connection that came as a whole
 * socket cannot, and gives its bytes to `onOwned` (`false` = stop reading).
 */
export function acceptedPeer(
  session: PeerEvents,
  accepted: Accepted,
  onread: OnReadOpts,
  onOwned: (bytes: Buffer) => boolean,
): PeerSocket {
  if (!(accepted instanceof Socket)) {
    return attach(new Socket(socketOptions({ onread, handle: accepted, pauseOnCreate: true })), session)
  }
  return ownedPeer(session, accepted, onOwned)
}

/** The peer of a connected socket, not read yet; its bytes are given to `onOwned` (`false` = stop reading). */
export function ownedPeer(session: PeerEvents, socket: Socket, onOwned: (bytes: Buffer) => boolean): PeerSocket {
  const peer = attach(socket, session)
  peer.on('data', (bytes) => {
    // Never a text: no encoding is set.
    if (typeof bytes !== 'string' && !onOwned(bytes)) peer.pause()
  })
  peer.pause()
  return peer
}

/** The socket of an accepted connection, for who reads it by its events; not read yet. */
export function acceptedSocket(accepted: Accepted): Socket {
  if (accepted instanceof Socket) return accepted
  return new Socket(socketOptions({ handle: accepted, pauseOnCreate: true }))
}

function socketOptions(more: Record<string, unknown>): SocketConstructorOpts {
  const common = { allowHalfOpen: true, writableHighWaterMark: WRITE_QUEUE_BYTES }
  return { ...common, ...more }
}

/** Listeners are shared functions that find the session through the socket: closures would be a tenth of an idle session's memory. */
function attach(socket: Socket, session: PeerEvents): PeerSocket {
  const peer = Object.assign(socket, { session })
  peer.on('end', onEnd)
  peer.on('error', onError)
  peer.on('drain', onDrain)
  peer.on('close', onClose)
  return peer
}

/** Abortive close (RST), below TLS too. Unix sockets know none: they are closed. */
export function resetPeer(peer: PeerSocket): void {
  if (peer.connecting) {
    // There is no connection to reset yet, and Node would wait for one: up to two minutes for a peer that does not answer.
    peer.destroy()
    return
  }
  if (shuttingDown(peer)) {
    peer.once('finish', () => resetPeer(peer))
    return
  }
  if (peer instanceof TLSSocket) {
    resetUnderTls(peer)
    return
  }
  try {
    peer.resetAndDestroy()
  } catch {
    peer.destroy()
  }
}

/**
 * A FIN is under way, for a turn of the loop at most. libuv refuses to reset meanwhile (EINVAL), and Node, which has forgotten the
 * handle by then, leaks it and never emits `close`.
 */
function shuttingDown(peer: PeerSocket): boolean {
  return peer.writableEnded && peer.writableLength === 0 && !peer.writableFinished && !peer.destroyed
}

/** `ip:port` or `[v6]:port`; `unix` for a socket file; `null` when it is not connected (any more). */
export function remoteAddress(peer: PeerSocket): string | null {
  const { remoteAddress: host, remotePort: port } = peer
  if (host !== undefined && port !== undefined) return joinHostPort(host, port)
  // A TCP peer that has reset the connection already has no address; an end of a socket file never has one.
  return peer.destroyed || peer.connecting || peer.localAddress !== undefined ? null : 'unix'
}

/** Why a peer failed, as a stable word. */
export function failureWord(error: NodeJS.ErrnoException): string {
  if (error.code === 'ECONNRESET' || error.code === 'EPIPE') return 'reset'
  if (isTlsError(error)) return 'tls_error'
  return error.code === 'ETIMEDOUT' ? 'timed_out' : (error.code ?? 'failed').toLowerCase()
}

function onEnd(this: PeerSocket): void {
  if (!this.writableEnded && isReset(this)) this.destroy(resetError())
  else this.session.peerEnded(this)
}

/**
 * libuv reports a reset that comes together with bytes as an orderly end (a hang-up after a partial read). The kernel knows better: the
 * connection of a peer that has only shut down its side still has two ends, unless we have shut down ours too.
 */
function isReset(peer: PeerSocket): boolean {
  const handle: unknown = Reflect.get(peer, '_handle')
  if (typeof handle !== 'object' || handle === null || !('getpeername' in handle)) return false
  return typeof handle.getpeername === 'function' && handle.getpeername({}) === -constants.errno.ENOTCONN
}

function resetError(): Error {
  return Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' })
}

function onError(this: PeerSocket, error: NodeJS.ErrnoException): void {
  this.session.peerFailed(this, error)
  // After an error of TLS a socket would go on as if nothing had been.
  if (this instanceof TLSSocket) this.destroy()
}

function onDrain(this: PeerSocket): void {
  this.session.peerDrained(this)
}

function onClose(this: PeerSocket): void {
  this.session.peerClosed(this)
}
