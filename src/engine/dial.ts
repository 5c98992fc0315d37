import { parseAddress } from '../core/address.ts'
import type { PeerSocket } from './peer-socket.ts'

/**
 * Starts to connect `socket` to an upstream: `host:port`, `[v6]:port` or `unix:/path`. Names are resolved for every dial, so a DNS
 * change is seen by the next session; all addresses of both families are tried.
 *
 * Answers what is wrong with the address text, or `undefined` when the dial is under way.
 */
export function dial(socket: PeerSocket, upstream: string): string | undefined {
  const address = parseAddress(upstream)
  if (address.kind === 'bad') return address.text
  if (address.kind === 'unix') {
    socket.connect({ path: address.path })
    return undefined
  }
  const port = Number(address.port)
  if (!/^\d+$/.test(address.port) || port > 65_535) return `address ${address.port}: invalid port`
  socket.connect({ host: address.host === '' ? 'localhost' : address.host, port, autoSelectFamily: true })
  return undefined
}

/** One line for logs; an AggregateError (several addresses tried) tells what each of them said. */
export function dialErrorText(error: Error): string {
  if (error instanceof AggregateError) {
    return error.errors.map((one: unknown) => (one instanceof Error ? one.message : String(one))).join('; ')
  }
  return error.message
}
