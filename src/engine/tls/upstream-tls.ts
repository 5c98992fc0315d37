import { isIP, type LookupFunction, type OnReadOpts, Socket, type SocketConnectOpts } from 'node:net'
import {
  checkServerIdentity,
  connect,
  type ConnectionOptions,
  createSecureContext,
  type SecureContext,
  type TLSSocket,
} from 'node:tls'
import { parseAddress } from '../../core/address.ts'
import type { TlsOptions } from '../../core/plan.ts'
import { DIALLING } from '../dialling.ts'
import { sharedLookup } from '../lookup.ts'
import { connectsLate, heldLookup } from './late-connect.ts'
import { tlsOnread } from './tls-onread.ts'

/** Looked up in its place is the host of the upstream; it only has to be a name, because nothing is looked up for an address. */
const PLACEHOLDER = 'upstream.invalid'

/** What the sockets of a session have in common, whatever they speak. */
interface SocketOptions {
  readonly allowHalfOpen: boolean
  readonly highWaterMark: number
  readonly noDelay: boolean
  readonly keepAlive: boolean
  readonly keepAliveInitialDelay: number
}

/** How a proxy speaks TLS to its upstream: made once per plan, for its upstream. It never throws; what is wrong is told when it is dialled. */
export class UpstreamTls {
  readonly upstream: string
  readonly #host: string
  readonly #port: number
  readonly #path: string | undefined
  readonly #options: ConnectionOptions
  #wrong: string | undefined

  constructor(upstream: string, options: NonNullable<TlsOptions['upstream']>) {
    const address = parseAddress(upstream)
    this.upstream = upstream
    this.#host = address.kind === 'tcp' && address.host !== '' ? address.host : 'localhost'
    const port = address.kind === 'tcp' && /^\d{1,5}$/.test(address.port) ? Number(address.port) : 0
    // `dial` says what is wrong with it.
    this.#port = port > 65_535 ? 0 : port
    this.#path = address.kind === 'unix' ? address.path : undefined
    this.#options = this.#connectionOptions(options)
  }

  #connectionOptions({ servername, verify = true, alpn, ...trust }: NonNullable<TlsOptions['upstream']>) {
    const expected = servername ?? this.#host
    // A certificate names no root: what is a name for DNS with a dot behind it is one without in TLS (RFC 6066, section 3).
    const name = expected.replace(/\.$/, '')
    return {
      secureContext: this.#contextOf(trust),
      // Addresses are no names that could be asked for.
      ...(isIP(name) === 0 ? { servername: name } : {}),
      rejectUnauthorized: verify,
      checkServerIdentity: (_asked, certificate) => checkServerIdentity(name, certificate),
      ...(alpn === undefined ? {} : { ALPNProtocols: [...alpn] }),
    } satisfies ConnectionOptions
  }

  #contextOf(trust: Pick<NonNullable<TlsOptions['upstream']>, 'ca' | 'cert' | 'key'>): SecureContext {
    try {
      return createSecureContext(trust)
    } catch (error) {
      this.#wrong = `tls.upstream cannot be used: ${error instanceof Error ? error.message : String(error)}`
      return createSecureContext()
    }
  }

  /**
   * A socket that speaks TLS once it has connected, which it does when it is dialled. It reads into the memory of `onread` where Node can do that
   * (TCP), half as dear as the way of `data` events; `onOwned` is given the rest, in memory that is its to keep.
   *
   * @param greeting what the upstream is sent in front of the handshake.
   */
  socket(
    onread: OnReadOpts,
    onOwned: (bytes: Buffer) => boolean,
    options: SocketOptions,
    greeting?: () => Buffer,
  ): TLSSocket {
    if (this.#path === undefined && greeting === undefined) return this.#overTcp(tlsOnread(onread, onOwned), options)
    return this.#overSocket(onOwned, options, greeting)
  }

  #overTcp(onread: OnReadOpts, options: SocketOptions): TLSSocket {
    const { lookup, go } = heldLookup(this.#host, lookupOrAddress)
    const where = { host: PLACEHOLDER, port: this.#port, ...DIALLING, lookup, onread }
    const socket = connect({ ...this.#options, ...options, ...where })
    connectsLate(socket, () => {
      if (this.#wrong === undefined) go()
      return this.#wrong
    })
    return socket
  }

  /**
   * Over a socket of its own, where something goes in front of the handshake, or there is no lookup to wait in (a socket file). Node reads it in
   * JavaScript then, at twice the price.
   */
  #overSocket(
    onOwned: (bytes: Buffer) => boolean,
    options: SocketOptions,
    greeting: (() => Buffer) | undefined,
  ): TLSSocket {
    const raw = new Socket({ allowHalfOpen: options.allowHalfOpen })
    // In front of what the socket above writes when it hears of the same.
    if (greeting !== undefined) raw.once('connect', () => raw.write(greeting()))
    const socket = connect({ ...this.#options, ...options, socket: raw })
    // Its errors come through the socket above it.
    raw.on('error', () => {})
    socket.on('data', (bytes: Buffer) => {
      if (!onOwned(bytes)) socket.pause()
    })
    connectsLate(socket, () => {
      if (this.#wrong !== undefined) return this.#wrong
      const { noDelay, keepAlive, keepAliveInitialDelay } = options
      if (this.#path !== undefined) raw.connect({ path: this.#path })
      else {
        const how = { noDelay, keepAlive, keepAliveInitialDelay, ...DIALLING }
        raw.connect({ host: this.#host, port: this.#port, ...how } as SocketConnectOpts)
      }
      return undefined
    })
    return socket
  }
}

/** An address is its own answer. */
const lookupOrAddress: LookupFunction = (host, options, callback) => {
  const family = isIP(host)
  if (family === 0) sharedLookup(host, options, callback)
  else if (options.all === true) callback(null, [{ address: host, family }])
  else callback(null, host, family)
}
