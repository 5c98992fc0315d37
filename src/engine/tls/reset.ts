import type { TLSSocket } from 'node:tls'

/**
 * Abortive close (RST) of the connection under a socket that speaks TLS; no alert is sent. May be called at any time, also from within a callback of
 * that very socket.
 *
 * Node refuses to reset such a socket, so the handle of its connection is told to reset where it is about to close. Resetting the connection itself
 * and destroying what is above it then would free OpenSSL's state in the middle of a handshake, and end the process. Where this Node has its handles
 * in another way, or they know no reset (socket files), the connection is closed.
 */
export function resetUnderTls(socket: TLSSocket): void {
  closeByReset(under(under(socket, '_handle'), '_parent'))
  socket.destroy()
}

function closeByReset(handle: object | undefined): void {
  if (handle === undefined || !('reset' in handle) || !('close' in handle)) return
  const { reset, close } = handle
  if (typeof reset !== 'function' || typeof close !== 'function') return
  Reflect.set(handle, 'close', (closed?: () => void): void => {
    // Not 0: it cannot be reset now, and has not been closed.
    if (Reflect.apply(reset, handle, [closed]) !== 0) Reflect.apply(close, handle, [closed])
  })
}

function under(object: object | undefined, field: string): object | undefined {
  const value: unknown = object === undefined ? undefined : Reflect.get(object, field)
  return typeof value === 'object' && value !== null ? value : undefined
}
