import type { LookupFunction, Socket } from 'node:net'

/** How a socket is told to connect that was made before; answers what is wrong with where it shall connect to. */
export type LateConnect = () => string | undefined

const lateConnects = new WeakMap<Socket, LateConnect>()

/** `socket` does not connect by `connect`, but by this. */
export function connectsLate(socket: Socket, connect: LateConnect): void {
  lateConnects.set(socket, connect)
}

/** `undefined` = it connects like any other. */
export function lateConnectOf(socket: Socket): LateConnect | undefined {
  return lateConnects.get(socket)
}

/**
 * `tls.connect` connects as soon as it is called, and a session has its sockets before it dials. What it does first is to look up the name, so
 * that is where it is made to wait: the name is looked up when `go` is called.
 */
export function heldLookup(host: string, lookup: LookupFunction): { readonly lookup: LookupFunction; go: () => void } {
  let asked: (() => void) | undefined
  let gone = false
  return {
    lookup: (_placeholder, options, callback) => {
      asked = () => lookup(host, options, callback)
      if (gone) asked()
    },
    go: () => {
      gone = true
      asked?.()
    },
  }
}
