import type { OnReadOpts, Socket } from 'node:net'
import type { UpstreamTls } from '../tls/upstream-tls.ts'

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

/** Told once the kernel has taken the bytes, or when it never will. */
export type Written = (error?: Error | null) => void

/**
 * One of the two sockets of a session: a handle of libuv (`HandlePeer`), or a socket of Node's (`NodePeer`) where that speaks TLS or there is no handle
 * to be had. The words are those of Node's streams and mean the same.
 */
export interface PeerSocket {
  readonly session: PeerEvents
  readonly connecting: boolean
  readonly destroyed: boolean
  /** It has told its end. */
  readonly readableEnded: boolean
  /** Whether what is written goes anywhere. */
  readonly writable: boolean
  /** Bytes that the kernel has not taken yet. */
  readonly writableLength: number
  /** So many that `peerDrained` tells when there are none any more. */
  readonly writableNeedDrain: boolean
  readonly localAddress?: string | undefined
  readonly localPort?: number | undefined
  pause(): unknown
  resume(): unknown
  write(bytes: Buffer, written?: Written): unknown
  /** Ends the writing side, behind what waits. */
  end(): unknown
  /** Closes at once; what waits is lost. */
  destroy(error?: Error): unknown
  /** Closes behind what waits. */
  destroySoon(): void
}

/** A peer that is a socket of Node's, with its streams and events. */
export type NodePeer = Socket & { readonly session: PeerEvents }

/** What a peer reads into. */
export interface PeerReader {
  /** Where the next read goes; may be other memory after each. */
  readonly current: Buffer
  /** So many bytes have been read into it. `false` = stop reading. */
  gave(count: number): boolean
  /** The same for sockets of Node's. */
  readonly onread: OnReadOpts
}

/** A connection fresh from `accept`: Node's own handle of it, or a whole socket where there is none to be had (see Listener). */
export type Accepted = AcceptedHandle | Socket

/** A TCP or pipe handle of Node, as far as a listener uses it. Not in Node's documentation, and the same since 2013. */
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
