import { Socket, type OnReadOpts } from 'node:net'
import { TLSSocket } from 'node:tls'
import { HandlePeer } from './peers/handle-peer.ts'
import { isStreamHandle, native } from './peers/native.ts'
import { acceptedNodePeer, dialingNodePeer, ownedPeer, remoteOfNodePeer, resetNodePeer } from './peers/node-peer.ts'
import type { Accepted, NodePeer, PeerEvents, PeerReader, PeerSocket, SecureDialing } from './peers/peer.ts'
import { isTlsError } from './tls/tls-errors.ts'

export { acceptedSocket, ownedPeer } from './peers/node-peer.ts'
export { KEEP_ALIVE_SECONDS, WRITE_QUEUE_BYTES } from './peers/peer.ts'
export type {
  Accepted,
  AcceptedHandle,
  NodePeer,
  PeerEvents,
  PeerReader,
  PeerSocket,
  SecureDialing,
} from './peers/peer.ts'

/**
 * A connection to dial. It reads into the memory of `reader`. With `secure` it speaks TLS, and is connected once the handshake is done.
 *
 * @param handles whether it may be a handle of libuv, where there is one to be had and nothing speaks TLS.
 */
export function dialingPeer(
  session: PeerEvents,
  reader: PeerReader | OnReadOpts,
  secure?: SecureDialing,
  handles = true,
): PeerSocket {
  if (handles && secure === undefined && native !== undefined && isReader(reader))
    return new HandlePeer(native, session, reader)
  return dialingNodePeer(session, isReader(reader) ? reader.onread : reader, secure)
}

/** Calls back once bytes can be sent to the upstream: when the TCP connection stands, or the TLS handshake over it is done. */
export function onceConnected(peer: PeerSocket, connected: () => void): void {
  if (peer instanceof HandlePeer) peer.onceConnected(connected)
  else if (isNodePeer(peer)) peer.once(peer instanceof TLSSocket ? 'secureConnect' : 'connect', connected)
}

/**
 * The peer of an accepted connection; not read yet. It reads into the memory of `reader`; a connection that came as a whole
 * socket cannot, and gives its bytes to `onOwned` (`false` = stop reading).
 */
export function acceptedPeer(
  session: PeerEvents,
  accepted: Accepted,
  reader: PeerReader | OnReadOpts,
  onOwned: (bytes: Buffer) => boolean,
): PeerSocket {
  if (accepted instanceof Socket) return ownedPeer(session, accepted, onOwned)
  if (native !== undefined && isReader(reader) && isStreamHandle(accepted))
    return new HandlePeer(native, session, reader, accepted)
  return acceptedNodePeer(session, accepted, isReader(reader) ? reader.onread : reader)
}

/** Abortive close (RST), below TLS too. Unix sockets know none: they are closed. */
export function resetPeer(peer: PeerSocket): void {
  if (peer instanceof HandlePeer) peer.reset()
  else if (isNodePeer(peer)) resetNodePeer(peer)
}

/** `ip:port` or `[v6]:port`; `unix` for a socket file; `null` when it is not connected (any more). */
export function remoteAddress(peer: PeerSocket): string | null {
  if (peer instanceof HandlePeer) return peer.remote
  return isNodePeer(peer) ? remoteOfNodePeer(peer) : null
}

/** Why a peer failed, as a stable word. */
export function failureWord(error: NodeJS.ErrnoException): string {
  if (error.code === 'ECONNRESET' || error.code === 'EPIPE') return 'reset'
  if (isTlsError(error)) return 'tls_error'
  return error.code === 'ETIMEDOUT' ? 'timed_out' : (error.code ?? 'failed').toLowerCase()
}

function isNodePeer(peer: PeerSocket): peer is NodePeer {
  return peer instanceof Socket
}

function isReader(reader: PeerReader | OnReadOpts): reader is PeerReader {
  return 'onread' in reader
}
