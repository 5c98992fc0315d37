import { isIP, Socket, type SocketConnectOpts } from 'node:net'
import { parseAddress } from '../core/address.ts'
import { DIALLING } from './dialling.ts'
import type { PeerSocket } from './peer-socket.ts'
import { connectAsSocket } from './peers/connect-socket.ts'
import { HandlePeer } from './peers/handle-peer.ts'
import { lateConnectOf } from './tls/late-connect.ts'
import { upstreamTlsText } from './tls/tls-errors.ts'

/**
 * Starts to connect `socket` to an upstream: `host:port`, `[v6]:port` or `unix:/path`. Names are resolved for every dial, so a DNS
 * change is seen by the next session; all addresses of both families are tried. A socket that speaks TLS connects to the upstream that it was made
 * for.
 *
 * Answers what is wrong with the address text, or `undefined` when the dial is under way.
 */
export function dial(socket: PeerSocket, upstream: string): string | undefined {
  const target = targetOf(upstream)
  if (typeof target === 'string') return target
  if (socket instanceof HandlePeer && target.family !== undefined) {
    socket.connect(target.host, target.port, target.family)
    return undefined
  }
  return connect(socket, target)
}

type Target = SocketConnectOpts & ({ readonly family?: undefined } | Literal)

/** An address, not a name. */
interface Literal {
  readonly family: 4 | 6
  readonly host: string
  readonly port: number
}

/** What upstreams were last dialled: to read one takes as long as a system call. */
const targets = new Map<string, Target | string>()
const TARGETS_KEPT = 1000

function targetOf(upstream: string): Target | string {
  const known = targets.get(upstream)
  if (known !== undefined) return known
  const target = readTarget(upstream)
  if (targets.size >= TARGETS_KEPT) targets.clear()
  targets.set(upstream, target)
  return target
}

function readTarget(upstream: string): Target | string {
  const address = parseAddress(upstream)
  if (address.kind === 'bad') return address.text
  if (address.kind === 'unix') return { path: address.path }
  const port = Number(address.port)
  if (!/^\d+$/.test(address.port) || port > 65_535) return `address ${address.port}: invalid port`
  const family = isIP(address.host)
  const host = address.host === '' ? 'localhost' : address.host
  return family === 4 || family === 6 ? { family, host, port, ...DIALLING } : { host, port, ...DIALLING }
}

/** Node throws at once for some texts (a host with a null byte), and a session is made where nobody could catch it. */
function connect(socket: PeerSocket, options: SocketConnectOpts): string | undefined {
  try {
    if (socket instanceof HandlePeer) connectAsSocket(socket, options)
    if (!(socket instanceof Socket)) return undefined
    const late = lateConnectOf(socket)
    if (late !== undefined) return late()
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
  return upstreamTlsText(error) ?? error.message
}

/** Out of file descriptors, memory or ports: nothing that the upstream did. */
export function isOurs(error: NodeJS.ErrnoException): boolean {
  return ['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL'].includes(error.code ?? '')
}
