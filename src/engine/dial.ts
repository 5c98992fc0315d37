import type { SocketConnectOpts } from 'node:net'
import { parseAddress } from '../core/address.ts'
import { sharedLookup } from './lookup.ts'
import type { PeerSocket } from './peer-socket.ts'

/** Of several addresses, each gets a second before the next is tried: Node's own 250 ms is less than the round trip to a far one. */
const DIALLING = { autoSelectFamily: true, autoSelectFamilyAttemptTimeout: 1000, lookup: sharedLookup } as const

/**
 * Starts to connect `socket` to an upstream: `host:port`, `[v6]:port` or `unix:/path`. Names are resolved for every dial, so a DNS
 * change is seen by the next session; all addresses of both families are tried.
 *
 * Answers what is wrong with the address text, or `undefined` when the dial is under way.
 */
export function dial(socket: PeerSocket, upstream: string): string | undefined {
  const address = parseAddress(upstream)
  if (address.kind === 'bad') return address.text
  if (address.kind === 'unix') return connect(socket, { path: address.path })
  const port = Number(address.port)
  if (!/^\d+$/.test(address.port) || port > 65_535) return `address ${address.port}: invalid port`
  return connect(socket, { host: address.host === '' ? 'localhost' : address.host, port, ...DIALLING })
}

/** Node throws at once for some texts (a host with a null byte), and a session is made where nobody could catch it. */
function connect(socket: PeerSocket, options: SocketConnectOpts): string | undefined {
  try {
    socket.connect(options)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** One line for logs; an AggregateError (several addresses tried) tells what each of them said. */
export function dialErrorText(error: Error): string {
  if (error instanceof AggregateError) {
    return error.errors.map((one: unknown) => (one instanceof Error ? one.message : String(one))).join('; ')
  }
  return error.message
}

/** Out of file descriptors, memory or ports: nothing that the upstream did. */
export function isOurs(error: NodeJS.ErrnoException): boolean {
  return ['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL'].includes(error.code ?? '')
}
