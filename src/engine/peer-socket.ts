import { Socket, type OnReadOpts, type SocketConstructorOpts } from 'node:net'
import { joinHostPort } from '../core/address.ts'

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
const WRITE_QUEUE_BYTES = 16_384

/** A socket to dial with. It reads into the memory of `onread`. */
export function dialingPeer(session: PeerEvents, onread: OnReadOpts): PeerSocket {
  const options = { noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_SECONDS * 1000 }
  return attach(new Socket(socketOptions({ onread, ...options })), session)
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
  const peer = attach(accepted, session)
  peer.on('data', (bytes) => {
    // Never a text: no encoding is set.
    if (typeof bytes !== 'string' && !onOwned(bytes)) peer.pause()
  })
  peer.pause()
  return peer
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

/** Abortive close (RST). Unix sockets know none: they are closed. */
export function resetPeer(peer: PeerSocket): void {
  try {
    peer.resetAndDestroy()
  } catch {
    peer.destroy()
  }
}

/** `ip:port` or `[v6]:port`; `unix` for a socket file; `null` when it is not connected. */
export function remoteAddress(peer: PeerSocket): string | null {
  const { remoteAddress: host, remotePort: port } = peer
  if (host !== undefined && port !== undefined) return joinHostPort(host, port)
  return peer.destroyed || peer.connecting ? null : 'unix'
}

function onEnd(this: PeerSocket): void {
  this.session.peerEnded(this)
}

function onError(this: PeerSocket, error: NodeJS.ErrnoException): void {
  this.session.peerFailed(this, error)
}

function onDrain(this: PeerSocket): void {
  this.session.peerDrained(this)
}

function onClose(this: PeerSocket): void {
  this.session.peerClosed(this)
}
