import type { AcceptedHandle } from './peer.ts'

/**
 * libuv's streams as Node wraps them for itself: everything that is known here of Node's insides. Nothing of it is in Node's documentation; it is
 * the same in Node 24 and 26. Where a part of it is missing there are no such streams (`native` is undefined), and sockets of Node's serve.
 */
export interface StreamHandle extends AcceptedHandle {
  /** Of ours: who is told what happens. */
  owner?: HandleOwner | undefined
  /** Called with every read; what it answers is the memory for the next, `undefined` = the same again. */
  onread: (this: StreamHandle) => Uint8Array | undefined
  readStart(): number
  readStop(): number
  /** Reads go into this memory, which whoever calls has to keep alive. Once for each handle. */
  useUserBuffer(memory: Uint8Array): void
  writeBuffer(request: WriteRequest, bytes: Uint8Array): number
  writev(request: WriteRequest, all: readonly Uint8Array[], buffersOnly: true): number
  shutdown(request: Request): number
  close(closed?: (this: StreamHandle) => void): void
  /** TCP: closes with a RST. Not 0: it cannot now, and has not been closed. */
  reset?(closed: (this: StreamHandle) => void): number
  getpeername?(into: SocketName): number
  getsockname?(into: SocketName): number
}

export interface TcpHandle extends StreamHandle {
  connect(request: Request, address: string, port: number): number
  connect6(request: Request, address: string, port: number): number
}

/** Filled in by the handle. */
export interface SocketName {
  address?: string | undefined
  family?: string | undefined
  port?: number | undefined
}

interface Request {
  oncomplete: (this: Request, status: number, handle: StreamHandle) => void
}

/** One write that is under way; keeps alive what it writes. */
interface WriteRequest extends Request {
  bytes?: unknown
}

/** What happens to a handle. Status and results below 0 are error numbers of libuv. */
export interface HandleOwner {
  gotRead(result: number): Uint8Array | undefined
  wrote(status: number): void
  shutDown(status: number): void
  connected(status: number): void
  closed(): void
}

/** A write is under way: `HandleOwner.wrote` tells of its end. */
export const UNDER_WAY = 1

export interface Native {
  tcp(): TcpHandle
  /** Becomes the one who is told what happens to the handle, and its reads go to `memory`. */
  own(handle: StreamHandle, owner: HandleOwner, memory: Uint8Array): void
  /** 0 = the kernel has taken all; `UNDER_WAY`; below 0 = an error. */
  write(handle: StreamHandle, bytes: Uint8Array): number
  writeAll(handle: StreamHandle, all: readonly Uint8Array[]): number
  /** 0 = under way; 1 = done; below 0 = an error. */
  shutdown(handle: StreamHandle): number
  connect(handle: TcpHandle, address: string, port: number, family: number): number
}

interface Bindings {
  readonly TCP: new (kind: number) => TcpHandle
  readonly TCPConnectWrap: new () => Request
  readonly WriteWrap: new () => WriteRequest
  readonly ShutdownWrap: new () => Request
  readonly streamBaseState: Int32Array
  readonly kReadBytesOrError: number
  readonly kLastWriteWasAsync: number
  /** Of a TCP handle that connects. */
  readonly socketKind: number
}

function load(): Native | undefined {
  try {
    const found: unknown = bindings()
    return isBindings(found) ? make(found) : undefined
  } catch {
    // A Node that does not let us (its permission model).
    return undefined
  }
}

function bindings(): unknown {
  const binding: unknown = Reflect.get(process, 'binding')
  if (typeof binding !== 'function') return undefined
  const tcp: object = Object(Reflect.apply(binding, process, ['tcp_wrap']))
  const stream: object = Object(Reflect.apply(binding, process, ['stream_wrap']))
  return { ...stream, ...tcp, socketKind: part(part(tcp, 'constants'), 'SOCKET') }
}

function part(of: unknown, name: string): unknown {
  return of instanceof Object ? Reflect.get(of, name) : undefined
}

const METHODS = ['readStart', 'readStop', 'useUserBuffer', 'writeBuffer', 'writev', 'shutdown', 'close']
/** What those for TCP can do beside. */
const TCP_METHODS = ['reset', 'connect', 'connect6', 'getpeername', 'getsockname', 'setNoDelay', 'setKeepAlive']

function isBindings(found: unknown): found is Bindings {
  const classes = ['TCP', 'TCPConnectWrap', 'WriteWrap', 'ShutdownWrap']
  const numbers = ['kReadBytesOrError', 'kLastWriteWasAsync', 'socketKind']
  return (
    classes.every((name) => typeof part(found, name) === 'function') &&
    numbers.every((name) => typeof part(found, name) === 'number') &&
    part(found, 'streamBaseState') instanceof Int32Array &&
    [...METHODS, ...TCP_METHODS].every((name) => hasMethod(part(part(found, 'TCP'), 'prototype'), name))
  )
}

function hasMethod(object: unknown, name: string): boolean {
  return typeof part(object, name) === 'function'
}

/** Whether an accepted handle can do all that is asked of one. One of a socket file knows no reset. */
export function isStreamHandle(handle: object): handle is StreamHandle {
  return METHODS.every((name) => hasMethod(handle, name))
}

// Handlers are shared functions that find their owner through the handle.

function wrote(this: Request, status: number, handle: StreamHandle): void {
  handle.owner?.wrote(status)
}

function shutDown(this: Request, status: number, handle: StreamHandle): void {
  handle.owner?.shutDown(status)
}

function connected(this: Request, status: number, handle: StreamHandle): void {
  handle.owner?.connected(status)
}

function make(from: Bindings): Native {
  const { TCP, TCPConnectWrap, WriteWrap, ShutdownWrap, streamBaseState, kReadBytesOrError, kLastWriteWasAsync } = from
  let spare = new WriteWrap()

  function onread(this: StreamHandle): Uint8Array | undefined {
    return this.owner?.gotRead(streamBaseState[kReadBytesOrError] ?? 0)
  }
  /** A request that was not needed is free for the next write. */
  function afterWrite(bytes: unknown, error: number): number {
    if (error === 0 && streamBaseState[kLastWriteWasAsync] === 0) return 0
    const request = spare
    spare = new WriteWrap()
    if (error !== 0) return error
    request.oncomplete = wrote
    request.bytes = bytes
    return UNDER_WAY
  }

  return {
    tcp: () => new TCP(from.socketKind),
    own(handle, owner, memory) {
      handle.owner = owner
      handle.onread = onread
      handle.useUserBuffer(memory)
    },
    write: (handle, bytes) => afterWrite(bytes, handle.writeBuffer(spare, bytes)),
    writeAll: (handle, all) => afterWrite(all, handle.writev(spare, all, true)),
    shutdown(handle) {
      const request = new ShutdownWrap()
      request.oncomplete = shutDown
      return handle.shutdown(request)
    },
    connect(handle, address, port, family) {
      const request = new TCPConnectWrap()
      request.oncomplete = connected
      return family === 6 ? handle.connect6(request, address, port) : handle.connect(request, address, port)
    },
  }
}

/** Per thread; `undefined` where this Node has its handles in another way. */
export const native: Native | undefined = load()
