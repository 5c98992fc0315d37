import { once } from 'node:events'
import { connect as connectPlain, type Socket } from 'node:net'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import type { ProxyPlan, TlsOptions } from '../../../src/core/plan.ts'
import type { DataPlaneOptions } from '../../../src/engine/local-data-plane.ts'
import type { PemPair } from '../../../src/engine/tls/pem-pair.ts'
import { EngineRig, type RigProxy } from '../../support/engine-rig.ts'
import { Peer, Upstream } from '../../support/peers.ts'
import { certificateFor, madeAuthority, TlsUpstream } from '../../support/tls-rig.ts'
import { eventually } from '../../support/wait.ts'

export type TlsListen = NonNullable<TlsOptions['listen']>
export type TlsPeer = Peer & { readonly socket: TLSSocket }

let made: Promise<{ readonly authority: PemPair; readonly local: PemPair }> | undefined

/** An authority, and a certificate of it for this machine; made once for each file of tests. */
export function certificates(): Promise<{ readonly authority: PemPair; readonly local: PemPair }> {
  made ??= madeAuthority().then(async (authority) => ({
    authority,
    local: await certificateFor(authority, 'localhost', '127.0.0.1', 'db.test'),
  }))
  return made
}

export interface PlaceOptions extends Partial<ProxyPlan> {
  /** Default: a plain echo. */
  readonly to?: { readonly address: string }
  readonly engine?: Partial<DataPlaneOptions>
}

/** A whole data plane with one proxy, and what it tells of handshakes and dials that fail. */
export class Place implements AsyncDisposable {
  readonly rig: EngineRig
  readonly proxy: RigProxy
  readonly authority: PemPair
  /** `session: text`. */
  readonly handshakesFailed: string[] = []
  readonly dialsFailed: string[] = []
  readonly opened: string[] = []
  readonly #own: Upstream | undefined

  private constructor(rig: EngineRig, proxy: RigProxy, authority: PemPair, own: Upstream | undefined) {
    this.rig = rig
    this.proxy = proxy
    this.authority = authority
    this.#own = own
    rig.plane.events.on('handshake-failed', ({ session, error }) => this.handshakesFailed.push(`${session}: ${error}`))
    rig.plane.events.on('dial-failed', ({ error }) => this.dialsFailed.push(error))
    rig.plane.events.on('session-opened', ({ id }) => this.opened.push(id))
  }

  static async start({ to, engine, ...plan }: PlaceOptions = {}): Promise<Place> {
    const { authority } = await certificates()
    const own = to === undefined ? await Upstream.echo() : undefined
    const rig = new EngineRig(engine)
    const proxy = await rig.proxy(to ?? own ?? '', plan)
    return new Place(rig, proxy, authority, own)
  }

  /** The connections that have reached the echo. */
  get reached(): number {
    return this.#own?.peers.length ?? 0
  }

  /** A client that speaks TLS, and trusts the authority. */
  tls(options: ConnectionOptions = {}): TlsPeer {
    return tlsClient(this.proxy.port, { ca: this.authority.cert, ...options })
  }

  /** The same, with its handshake done. */
  async secured(options: ConnectionOptions = {}): Promise<TlsPeer> {
    const peer = this.tls(options)
    await secure(peer)
    return peer
  }

  /** Why a client that verifies does not get through its handshake; `secured` = it does. */
  async refusal(options: ConnectionOptions = {}): Promise<string> {
    using peer = this.tls(options)
    const { socket } = peer
    return await new Promise<string>((resolve) => {
      socket.once('secureConnect', () => resolve('secured'))
      socket.once('close', () => resolve(peer.error ?? 'closed'))
    })
  }

  async raw(): Promise<Peer> {
    return await Peer.connect(this.proxy.port)
  }

  /** The states of what is there, in the order in which it came. */
  get states(): readonly string[] {
    return this.proxy.sessions().map(({ state }) => state)
  }

  async are(...states: readonly string[]): Promise<void> {
    await eventually(
      `sessions are ${JSON.stringify(states)}, have ${JSON.stringify(this.states)}`,
      () => JSON.stringify(this.states) === JSON.stringify(states),
    )
  }

  get decisions(): readonly string[] {
    return this.rig.plane.decisions().map(({ fault, kind, ordinal, selected, reason, what }) => {
      const which = `${fault} ${ordinal}`
      return kind === 'injection' ? `${which} ${what}` : `${which} ${selected === true ? 'yes' : (reason ?? 'no')}`
    })
  }

  counts(fault: string): readonly [seen: number, selected: number, applied: number, active: number] {
    const found = this.proxy.snapshot.faults[fault]
    return [found?.seen ?? 0, found?.selected ?? 0, found?.applied ?? 0, found?.active ?? 0]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.rig[Symbol.asyncDispose]()
    await this.#own?.[Symbol.asyncDispose]()
  }
}

export function tlsClient(port: number, options: ConnectionOptions): TlsPeer {
  const common = { host: '127.0.0.1', port, allowHalfOpen: true }
  return new Peer(connect({ ...common, ...options } as ConnectionOptions)) as TlsPeer
}

export async function secure(peer: TlsPeer): Promise<void> {
  await Promise.race([once(peer.socket, 'secureConnect'), once(peer.socket, 'close')])
  if (peer.closed || peer.error !== undefined) throw new Error(`no handshake: ${peer.error ?? 'closed'}`)
}

/** A server of Node's own that sends back what it gets. */
export async function tlsEcho(): Promise<TlsUpstream> {
  const { local } = await certificates()
  return await TlsUpstream.start(local, ({ socket }) => void socket.pipe(socket), { collect: false })
}

/** The first bytes of a client of Node's own. */
export async function helloOf(servername: string): Promise<Buffer> {
  const silent = await Upstream.start()
  const socket = connect({ host: '127.0.0.1', port: silent.port, servername, rejectUnauthorized: false })
  socket.on('error', () => {})
  const peer = await silent.peer()
  const whole = await eventually('a hello comes', () => {
    const bytes = Buffer.concat(peer.chunks)
    return bytes.length > 5 && bytes.length >= 5 + bytes.readUInt16BE(3) && bytes
  })
  socket.destroy()
  await silent[Symbol.asyncDispose]()
  return whole
}

/** A TLS client over a connection that has been used already. */
export function tlsOver(socket: Socket, options: ConnectionOptions): TlsPeer {
  return new Peer(connect({ ...options, socket })) as TlsPeer
}

export async function plainSocket(port: number): Promise<Socket> {
  const socket = connectPlain({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
  await once(socket, 'connect')
  return socket
}

/** Some turns of the loop, in which what must not come would have come. */
export async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    await new Promise<void>((resolve) => {
      setImmediate(resolve)
    })
  }
}
