import { Socket, type SocketConnectOpts } from 'node:net'
import type { HandlePeer } from './handle-peer.ts'
import { isStreamHandle, type StreamHandle } from './native.ts'

/**
 * Connects `peer` as Node connects: names are looked up, all of their addresses are tried in turn, and there are socket files. The socket that does
 * this is left behind without its handle.
 *
 * @throws what Node throws at once for some texts.
 */
export function connectAsSocket(peer: HandlePeer, options: SocketConnectOpts): void {
  const socket = new Socket({ allowHalfOpen: true })
  // A socket that is not paused reads as soon as it is connected.
  socket.pause()
  socket.on('error', (error) => peer.destroy(error))
  socket.once('connect', () => {
    const handle = takeHandle(socket)
    if (handle === undefined) peer.destroy(new Error('the connection has no handle that can be read'))
    else if (peer.destroyed) handle.close()
    else peer.established(handle)
  })
  socket.connect(options)
  peer.connectBy(socket)
}

function takeHandle(socket: Socket): StreamHandle | undefined {
  const handle: unknown = Reflect.get(socket, '_handle')
  if (typeof handle !== 'object' || handle === null || !isStreamHandle(handle)) return undefined
  Reflect.set(socket, '_handle', null)
  // It would keep the socket for as long as the connection lives.
  for (const key of Object.getOwnPropertySymbols(handle)) {
    if (key.description === 'owner_symbol') Reflect.set(handle, key, null)
  }
  socket.destroy()
  return handle
}
