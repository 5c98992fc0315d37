import { constants } from 'node:os'
import { joinHostPort } from '../../core/address.ts'
import { resetError, systemError } from './errors.ts'
import { settled, young, type Young } from './keep-alive.ts'
import { UNDER_WAY, type HandleOwner, type Native, type SocketName, type StreamHandle } from './native.ts'
import { WRITE_QUEUE_BYTES } from './peer.ts'
import type { PeerEvents, PeerReader, PeerSocket, Written } from './peer.ts'

/** libuv's word for an orderly end. */
const UV_EOF = -4095

const { ENOTCONN, EPIPE, ECONNRESET } = constants.errno

/** What establishes a connection for a peer in a way of its own. */
export interface Connector {
  destroy(): void
}

/**
 * A connection without a socket of Node's: its streams, events and ticks cost more than all the rest of relaying small messages. Bytes are read into the
 * memory of `reader`, and what is written goes to the kernel at once as far as that takes it.
 *
 *     idle ──connect──▶ connecting ──▶ open ──▶ destroyed
 *
 * While it is open its two sides end on their own: reading with the peer's FIN, writing with `end`. With both ended it closes by itself.
 *
 * A peer that takes no more bytes may have sent some before it left: after a failed write it is read on, until it has nothing more to say. Only then
 * it has failed.
 */
export class HandlePeer implements PeerSocket, HandleOwner, Young {
  readonly session: PeerEvents
  connecting = false
  destroyed = false
  readableEnded = false
  writable = true
  writableLength = 0
  writableNeedDrain = false
  youngIndex = -1
  readonly #native: Native
  readonly #reader: PeerReader
  #handle: StreamHandle | undefined
  /** What is read into: libuv has no more than a pointer to it. */
  #memory: Buffer
  #open = false
  #wantsBytes = false
  #reading = false
  /** `end` was called. */
  #ending = false
  /** The FIN is under way. libuv refuses to reset meanwhile. */
  #shutting = false
  /** The FIN has gone, or never will. */
  #finished = false
  /** To be closed as soon as the FIN has gone. */
  #soon: 'close' | 'reset' | undefined
  /** Bytes of the write that is under way; 0 = none. */
  #underWay = 0
  #written: Written | undefined
  /** What waits behind it. */
  #waiting: Waiting[] | undefined
  #writeError: NodeJS.ErrnoException | undefined
  #connector: Connector | undefined
  #connected: (() => void) | undefined
  /** What it was told to connect to. */
  #asked = ''
  #remote: string | undefined

  /** @param handle an accepted connection; not read before `resume`. Absent = to be dialled, and read as soon as it is connected. */
  constructor(native: Native, session: PeerEvents, reader: PeerReader, handle?: StreamHandle) {
    this.#native = native
    this.session = session
    this.#reader = reader
    this.#memory = reader.current
    if (handle === undefined) this.#wantsBytes = true
    else this.#adopt(handle)
  }

  #adopt(handle: StreamHandle): void {
    this.#handle = handle
    this.#memory = this.#reader.current
    this.#native.own(handle, this, this.#memory)
    this.#open = true
  }

  onceConnected(connected: () => void): void {
    this.#connected = connected
  }

  /** Connects to an address, not a name. Fails later, in any case. */
  connect(address: string, port: number, family: 4 | 6): void {
    const handle = this.#native.tcp()
    this.#handle = handle
    handle.owner = this
    this.connecting = true
    this.#asked = `${address}:${port}`
    // The system calls it the same; of the other family there are many ways to write one address.
    if (family === 4) this.#remote = this.#asked
    const status = this.#native.connect(handle, address, port, family)
    if (status !== 0) this.destroy(systemError(status, 'connect', ` ${this.#asked}`))
  }

  /** `connector` connects in a way of its own, and calls `established` or `destroy`. */
  connectBy(connector: Connector): void {
    this.#connector = connector
    this.connecting = true
  }

  connected(status: number): void {
    if (this.destroyed || this.#handle === undefined) return
    if (status === 0) return this.established(this.#handle)
    this.destroy(systemError(status, 'connect', ` ${this.#asked}`))
  }

  established(handle: StreamHandle): void {
    this.connecting = false
    this.#connector = undefined
    handle.setNoDelay?.(true)
    young(this)
    this.#adopt(handle)
    this.#connected?.()
    this.#connected = undefined
    this.#writeOn()
    if (this.#wantsBytes) this.resume()
  }

  resume(): void {
    this.#wantsBytes = true
    if (this.#reading || !this.#open || this.destroyed || this.readableEnded || this.#handle === undefined) return
    this.#reading = true
    const status = this.#handle.readStart()
    if (status !== 0) this.destroy(systemError(status, 'read'))
  }

  pause(): void {
    this.#wantsBytes = false
    if (!this.#reading) return
    this.#reading = false
    this.#handle?.readStop()
  }

  gotRead(result: number): Buffer | undefined {
    if (result === 0 || this.destroyed) return undefined
    if (result < 0) {
      this.#reading = false
      if (result === UV_EOF) this.#ended()
      else this.destroy(systemError(result, 'read'))
      return undefined
    }
    if (!this.#reader.gave(result)) this.pause()
    const { current } = this.#reader
    if (current === this.#memory) return undefined
    this.#memory = current
    return current
  }

  #ended(): void {
    this.readableEnded = true
    if (this.#writeError !== undefined) return this.destroy(this.#writeError)
    if (!this.#ending && this.#isReset()) return this.destroy(resetError())
    this.session.peerEnded(this)
    if (this.#finished) this.destroy()
  }

  /**
   * libuv reports a reset that comes together with bytes as an orderly end (a hang-up after a partial read). The kernel knows better: the
   * connection of a peer that has only shut down its side still has two ends, unless we have shut down ours too.
   */
  #isReset(): boolean {
    return this.#handle?.getpeername?.(scratch) === -ENOTCONN
  }

  write(bytes: Buffer, written?: Written): boolean {
    if (!this.writable || bytes.length === 0) {
      written?.(this.writable ? null : (this.#writeError ?? new Error('it takes no more bytes')))
      return this.writable
    }
    if (this.#open && this.#underWay === 0) {
      const status = this.#handle === undefined ? 0 : this.#native.write(this.#handle, bytes)
      if (status === 0) written?.()
      else if (status < 0) this.#writeFailed(status, written)
      if (status !== UNDER_WAY) return status === 0
      this.#underWay = bytes.length
      this.#written = written
    } else {
      this.#waiting ??= []
      this.#waiting.push({ bytes, written })
    }
    this.writableLength += bytes.length
    if (this.writableLength >= WRITE_QUEUE_BYTES) this.writableNeedDrain = true
    return !this.writableNeedDrain
  }

  wrote(status: number): void {
    const written = this.#written
    this.#written = undefined
    if (status < 0) return this.#writeFailed(status, written)
    this.writableLength -= this.#underWay
    this.#underWay = 0
    written?.()
    this.#writeOn()
  }

  /** Writes what waits, all at once, and tells or ends when there is nothing left. */
  #writeOn(): void {
    const waiting = this.#waiting
    if (waiting !== undefined && this.#handle !== undefined && !this.destroyed) {
      this.#waiting = undefined
      const [first] = waiting
      const single = waiting.length === 1 && first !== undefined
      const status = single
        ? this.#native.write(this.#handle, first.bytes)
        : this.#native.writeAll(
            this.#handle,
            waiting.map(({ bytes }) => bytes),
          )
      const written = single ? first.written : tellAll(waiting)
      if (status < 0) return this.#writeFailed(status, written)
      if (status === UNDER_WAY) {
        this.#underWay = this.writableLength
        this.#written = written
        return
      }
      this.writableLength = 0
      written?.()
    }
    if (this.#ending) this.#shutDown()
    else if (this.writableNeedDrain) this.#drained()
  }

  #drained(): void {
    this.writableNeedDrain = false
    if (!this.destroyed) this.session.peerDrained(this)
  }

  #writeFailed(status: number, written: Written | undefined): void {
    const error = systemError(status, 'write')
    const waiting = this.#waiting
    this.#waiting = undefined
    this.#underWay = 0
    this.writableLength = 0
    this.writable = false
    written?.(error)
    for (const one of waiting ?? []) one.written?.(error)
    if (this.destroyed) return
    this.#writeError = error
    if (this.readableEnded || this.#soon !== undefined || !(status === -EPIPE || status === -ECONNRESET)) {
      this.destroy(error)
    } else {
      this.#finished = true
      // Who waits for it to take what it never will has to go on, if only to notice that the other side leaves too.
      if (this.writableNeedDrain) this.#drained()
    }
  }

  end(): void {
    if (this.#ending || this.destroyed) return
    this.#ending = true
    this.writable = false
    this.writableNeedDrain = false
    if (this.#open && this.writableLength === 0) this.#shutDown()
  }

  #shutDown(): void {
    // To close says the same.
    if (this.readableEnded) return this.destroy()
    if (this.#finished || this.#shutting || this.#handle === undefined || this.destroyed) return
    const status = this.#native.shutdown(this.#handle)
    if (status === 0) this.#shutting = true
    else if (status === 1 || status === -ENOTCONN) this.#finish()
    else this.destroy(systemError(status, 'shutdown'))
  }

  shutDown(status: number): void {
    this.#shutting = false
    if (this.destroyed) return
    if (status === 0 || status === -ENOTCONN) this.#finish()
    else this.destroy(systemError(status, 'shutdown'))
  }

  #finish(): void {
    this.#finished = true
    if (this.#soon === 'reset') this.reset()
    else if (this.#soon === 'close' || this.readableEnded) this.destroy()
  }

  destroySoon(): void {
    if (this.destroyed) return
    if (!this.#open || this.#finished) return this.destroy()
    this.#soon ??= 'close'
    this.end()
  }

  destroy(error?: NodeJS.ErrnoException): void {
    if (!this.#leave(error)) return
    const handle = this.#handle
    if (handle === undefined) process.nextTick(gone, this)
    else handle.close(handleClosed)
  }

  /** Abortive close (RST). Socket files know none: they are closed. */
  reset(): void {
    if (this.destroyed) return
    const handle = this.#handle
    if (handle?.reset === undefined || !this.#open) return this.destroy()
    if (this.#shutting) {
      this.#soon = 'reset'
      return
    }
    this.#leave()
    // Not 0: it cannot be reset now, and has not been closed.
    if (handle.reset(handleClosed) !== 0) handle.close(handleClosed)
  }

  /** Answers whether there is anything left to close. */
  #leave(error?: NodeJS.ErrnoException): boolean {
    if (this.destroyed) return false
    this.destroyed = true
    this.connecting = false
    this.writable = false
    this.writableNeedDrain = false
    this.#reading = false
    this.#connector?.destroy()
    settled(this)
    if (error !== undefined) process.nextTick(failed, this, error)
    return true
  }

  get keepsAlive(): StreamHandle | undefined {
    return this.#handle
  }

  closed(): void {
    this.session.peerClosed(this)
  }

  /** `ip:port` or `[v6]:port`; `unix` for a socket file; `null` when it is not connected (any more). */
  get remote(): string | null {
    if (this.#handle === undefined || !this.#open || this.destroyed) return null
    if (this.#handle.getpeername === undefined) return 'unix'
    if (this.#remote === undefined) {
      const { address, port } = nameBy(this.#handle, 'getpeername')
      if (address === undefined || port === undefined) return null
      this.#remote = joinHostPort(address, port)
    }
    return this.#remote
  }

  get localAddress(): string | undefined {
    return this.#handle === undefined || this.destroyed ? undefined : nameBy(this.#handle, 'getsockname').address
  }

  get localPort(): number | undefined {
    return this.#handle === undefined || this.destroyed ? undefined : nameBy(this.#handle, 'getsockname').port
  }
}

interface Waiting {
  readonly bytes: Buffer
  readonly written: Written | undefined
}

function tellAll(waiting: readonly Waiting[]): Written {
  return (error) => {
    for (const { written } of waiting) written?.(error)
  }
}

/** One for all: it is looked at at once. */
const scratch: SocketName = { address: undefined, family: undefined, port: undefined }

function nameBy(handle: StreamHandle, which: 'getpeername' | 'getsockname'): SocketName {
  return handle[which]?.(scratch) === 0 ? scratch : {}
}

function failed(peer: HandlePeer, error: NodeJS.ErrnoException): void {
  peer.session.peerFailed(peer, error)
}

function gone(peer: HandlePeer): void {
  peer.closed()
}

function handleClosed(this: StreamHandle): void {
  this.owner?.closed()
}
