import { Socket, type OnReadOpts, type SocketConstructorOpts } from 'node:net'
import { constants } from 'node:os'
import { TLSSocket } from 'node:tls'
import { joinHostPort } from '../../core/address.ts'
import { resetUnderTls } from '../tls/reset.ts'
import { resetError } from './errors.ts'
import { KEEP_ALIVE_SECONDS, WRITE_QUEUE_BYTES } from './peer.ts'
import type { Accepted, NodePeer, PeerEvents, SecureDialing } from './peer.ts'

/**
 * A socket to dial with. It reads into the memory of `onread`. With `secure` it speaks TLS, and is connected once the handshake is done.
 *
 * One side can end over TLS as over TCP: `end` sends close_notify and a FIN, and the other direction goes on as long as the peer lets it (RFC 8446,
 * section 6.1; up to TLS 1.2 a peer may answer with its own end at once). A FIN without close_notify counts as an orderly end: Node does not tell.
 */
export function dialingNodePeer(session: PeerEvents, onread: OnReadOpts, secure?: SecureDialing): NodePeer {
  const options = { noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_SECONDS * 1000 }
  if (secure === undefined) return attach(new Socket(socketOptions({ onread, ...options })), session)
  const common = { allowHalfOpen: true, highWaterMark: WRITE_QUEUE_BYTES, ...options }
  return attach(secure.tls.socket(onread, secure.onOwned, common, secure.greeting), session)
}

/** The socket of an accepted connection; not read yet. It reads into the memory of `onread`. */
export function acceptedNodePeer(session: PeerEvents, accepted: Accepted, onread: OnReadOpts): NodePeer {
  return attach(new Socket(socketOptions({ onread, handle: accepted, pauseOnCreate: true })), session)
}

/** The peer of a connected socket, not read yet; its bytes are given to `onOwned` (`false` = stop reading). */
export function ownedPeer(session: PeerEvents, socket: Socket, onOwned: (bytes: Buffer) => boolean): NodePeer {
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
function attach(socket: Socket, session: PeerEvents): NodePeer {
  const peer = Object.assign(socket, { session })
  peer.on('end', onEnd)
  peer.on('error', onError)
  peer.on('drain', onDrain)
  peer.on('close', onClose)
  return peer
}

/** Abortive close (RST), below TLS too. Unix sockets know none: they are closed. */
export function resetNodePeer(peer: NodePeer): void {
  if (peer.connecting) {
    // There is no connection to reset yet, and Node would wait for one: up to two minutes for a peer that does not answer.
    peer.destroy()
    return
  }
  if (shuttingDown(peer)) {
    peer.once('finish', () => resetNodePeer(peer))
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
function shuttingDown(peer: NodePeer): boolean {
  return peer.writableEnded && peer.writableLength === 0 && !peer.writableFinished && !peer.destroyed
}

/** `ip:port` or `[v6]:port`; `unix` for a socket file; `null` when it is not connected (any more). */
export function remoteOfNodePeer(peer: NodePeer): string | null {
  const { remoteAddress: host, remotePort: port } = peer
  if (host !== undefined && port !== undefined) return joinHostPort(host, port)
  // A TCP peer that has reset the connection already has no address; an end of a socket file never has one.
  return peer.destroyed || peer.connecting || peer.localAddress !== undefined ? null : 'unix'
}

function onEnd(this: NodePeer): void {
  if (!this.writableEnded && isReset(this)) this.destroy(resetError())
  else this.session.peerEnded(this)
}

/** As for a `HandlePeer`. */
function isReset(peer: NodePeer): boolean {
  const handle: unknown = Reflect.get(peer, '_handle')
  if (typeof handle !== 'object' || handle === null || !('getpeername' in handle)) return false
  return typeof handle.getpeername === 'function' && handle.getpeername({}) === -constants.errno.ENOTCONN
}

function onError(this: NodePeer, error: NodeJS.ErrnoException): void {
  this.session.peerFailed(this, error)
  // After an error of TLS a socket would go on as if nothing had been.
  if (this instanceof TLSSocket) this.destroy()
}

function onDrain(this: NodePeer): void {
  this.session.peerDrained(this)
}

function onClose(this: NodePeer): void {
  this.session.peerClosed(this)
}
