import { createPrivateKey, KeyObject, webcrypto } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo, OnReadOpts } from 'node:net'
import { createServer, type TlsOptions, type TLSSocket } from 'node:tls'
import type { ClientHello } from '../../src/core/handshake.ts'
import type { AbortHow } from '../../src/core/outlet.ts'
import type { Direction, Ending } from '../../src/core/words.ts'
import { Budget } from '../../src/engine/budget.ts'
import { dial, dialErrorText } from '../../src/engine/dial.ts'
import { resolveListen } from '../../src/engine/listen-address.ts'
import { Listener } from '../../src/engine/listener.ts'
import { acceptedPeer, dialingPeer, failureWord, onceConnected, resetPeer } from '../../src/engine/peer-socket.ts'
import type { Accepted, PeerEvents, PeerSocket } from '../../src/engine/peer-socket.ts'
import { ReadMemory } from '../../src/engine/read-memory.ts'
import { Relay, type RelayOwner, type RelayShared } from '../../src/engine/relay.ts'
import { Scheduler } from '../../src/engine/scheduler.ts'
import { systemClock } from '../../src/engine/system-clock.ts'
import { loadCertificates } from '../../src/engine/tls/load-certificates.ts'
import { ANSWERED_AT_ONCE, type HandshakeDecision } from '../../src/engine/tls/handshake-decision.ts'
import { ClientHandshake, type HandshakeHost } from '../../src/engine/tls/client-handshake.ts'
import type { ListenTls } from '../../src/engine/tls/listen-tls.ts'
import type { PemPair } from '../../src/engine/tls/pem-pair.ts'
import type { UpstreamTls } from '../../src/engine/tls/upstream-tls.ts'
import { faultFactory } from '../../src/faults/index.ts'
import { Peer } from './peers.ts'
import { eventually } from './wait.ts'

/** An authority, and a certificate of it for `names`, as the program itself makes them. */
export async function madeAuthority(): Promise<PemPair> {
  const { createAuthority } = await loadCertificates()
  return createAuthority(Date.now())
}

export async function certificateFor(authority: PemPair, ...names: string[]): Promise<PemPair> {
  const { Issuer } = await loadCertificates()
  return (await Issuer.open(authority)).certify(names, undefined, Date.now())
}

/** A certificate that a client may show, by `authority`. */
export async function clientCertificate(authority: PemPair): Promise<PemPair> {
  await loadCertificates()
  const { ExtendedKeyUsage, ExtendedKeyUsageExtension, X509Certificate, X509CertificateGenerator } =
    await import('@peculiar/x509')
  const kind = { name: 'ECDSA', namedCurve: 'P-256' } as const
  const keys = await webcrypto.subtle.generateKey(kind, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.create({
    subject: 'CN=me',
    issuer: new X509Certificate(authority.cert).subject,
    notAfter: new Date(Date.now() + 86_400_000),
    publicKey: keys.publicKey,
    signingKey: createPrivateKey(authority.key).toCryptoKey(kind, false, ['sign']),
    extensions: [new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth])],
  })
  const key = KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' })
  return { cert: certificate.toString('pem'), key }
}

/** A TLS server of Node's own, with what comes to it. */
export class TlsUpstream implements AsyncDisposable {
  readonly peers: Peer[] = []
  readonly sockets: TLSSocket[] = []
  /** What went wrong with handshakes. */
  readonly failures: string[] = []
  readonly #server
  #path: string | undefined

  private constructor(options: TlsOptions, onPeer: (peer: Peer) => void, collect: boolean) {
    this.#server = createServer({ ...options, allowHalfOpen: true } as TlsOptions, (socket) => {
      const peer = new Peer(socket, collect)
      this.sockets.push(socket)
      this.peers.push(peer)
      onPeer(peer)
    })
    this.#server.on('tlsClientError', (error: NodeJS.ErrnoException) => this.failures.push(error.code ?? error.message))
  }

  static async start(
    options: TlsOptions,
    onPeer: (peer: Peer) => void = () => {},
    {
      collect = true,
      path,
      host = '127.0.0.1',
      port = 0,
    }: { collect?: boolean; path?: string; host?: string; port?: number } = {},
  ): Promise<TlsUpstream> {
    const upstream = new TlsUpstream(options, onPeer, collect)
    upstream.#path = path
    upstream.#server.listen(path === undefined ? { host, port } : { path })
    await once(upstream.#server, 'listening')
    return upstream
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get address(): string {
    return this.#path === undefined ? `127.0.0.1:${this.port}` : `unix:${this.#path}`
  }

  async peer(index = 0): Promise<Peer> {
    return await eventually(`connection ${index} reaches the upstream`, () => this.peers[index])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    for (const socket of this.sockets) socket.destroy()
    if (this.#server.listening) await once(this.#server, 'close')
  }
}

export interface TlsRigOptions {
  readonly upstream: string
  readonly upstreamTls?: UpstreamTls
  readonly listenTls?: ListenTls
  /** Default: it is answered at once. */
  readonly decide?: (hello: ClientHello) => HandshakeDecision
  readonly preface?: NonNullable<HandshakeHost['preface']>
  readonly onSecured?: (peer: PeerSocket) => void
  /** What came from a peer, before it is relayed. */
  readonly onBytes?: (session: TlsSession, from: 'client' | 'server') => void
  /** Connections come as handles, or as whole sockets. Default: true. */
  readonly handles?: boolean
}

/** Sessions with nothing but the parts that speak TLS, relays, and sockets. */
export class TlsRig implements AsyncDisposable {
  readonly sessions: TlsSession[] = []
  readonly shared: RelayShared = {
    factory: faultFactory,
    clock: systemClock,
    scheduler: new Scheduler(systemClock),
    memory: new ReadMemory(),
    budget: new Budget(256 << 20),
    sessionBudget: 48 << 20,
  }
  #listener: Listener | undefined

  static async start(options: TlsRigOptions): Promise<TlsRig> {
    const rig = new TlsRig()
    const events = {
      accepted: (connection: Accepted) => void rig.sessions.push(new TlsSession(rig.shared, options, connection)),
      acceptFailed: (error: string) => {
        throw new Error(error)
      },
    }
    rig.#listener = await Listener.open(await resolveListen('127.0.0.1:0'), events, {
      acceptHandles: options.handles ?? true,
      reusePort: false,
    })
    return rig
  }

  get port(): number {
    return Number(this.#listener?.address.split(':').at(-1))
  }

  async session(index = 0): Promise<TlsSession> {
    return await eventually(`session ${index} comes`, () => this.sessions[index])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener?.close()
    for (const session of this.sessions) session.reset({ origin: 'proxy', reason: 'closed' })
    await eventually('every socket has closed', () => this.sessions.every(({ open }) => open === 0))
    if (this.shared.scheduler.size > 0) throw new Error('something stays scheduled')
  }
}

/** In the way of the engine's sessions, without faults. */
export class TlsSession implements PeerEvents, RelayOwner, HandshakeHost {
  /** What has happened, in order. */
  readonly told: string[] = []
  /** Sockets that have not closed. */
  open = 2
  readonly hellos: ClientHello[] = []
  readonly server: PeerSocket
  readonly handshake: ClientHandshake | undefined
  readonly #plain: PeerSocket | undefined
  readonly preface?: NonNullable<HandshakeHost['preface']>
  readonly #options: TlsRigOptions
  readonly #up: Relay
  readonly #down: Relay
  #over = false

  constructor(shared: RelayShared, options: TlsRigOptions, accepted: Accepted) {
    const { listenTls, upstreamTls, preface } = options
    this.#options = options
    if (preface !== undefined) this.preface = preface
    this.#up = new Relay('upstream', shared, this, { received: 0, sent: 0 })
    this.#down = new Relay('downstream', shared, this, { received: 0, sent: 0 })
    const fromServer = (bytes: Buffer): boolean => {
      options.onBytes?.(this, 'server')
      return this.#down.readOwned(bytes)
    }
    const direct = this.#down.reader.onread
    const onread: OnReadOpts = {
      buffer: direct.buffer,
      callback: (count, memory) => {
        options.onBytes?.(this, 'server')
        return direct.callback(count, memory)
      },
    }
    this.server = dialingPeer(
      this,
      onread,
      upstreamTls === undefined ? undefined : { tls: upstreamTls, onOwned: fromServer },
    )
    const toServer = (bytes: Buffer): boolean => {
      options.onBytes?.(this, 'client')
      return this.#up.readOwned(bytes)
    }
    if (listenTls === undefined) {
      this.#plain = acceptedPeer(this, accepted, this.#up.reader.onread, toServer)
      this.#dial()
    } else {
      this.handshake = new ClientHandshake(this, this, accepted, listenTls, toServer, shared)
      this.handshake.begin()
    }
  }

  get client(): PeerSocket {
    const peer = this.handshake?.peer ?? this.#plain
    if (peer === undefined) throw new Error('there is no client yet')
    return peer
  }

  decide(hello: ClientHello): HandshakeDecision {
    this.hellos.push(hello)
    return this.#options.decide?.(hello) ?? ANSWERED_AT_ONCE
  }

  secured(peer: PeerSocket): void {
    this.told.push('secured')
    this.#options.onSecured?.(peer)
    this.#dial()
  }

  #dial(): void {
    this.#up.connect(this.client, this.server)
    this.#down.connect(this.server, this.client)
    const wrong = dial(this.server, this.#options.upstream)
    if (wrong !== undefined) return void this.server.destroy(new Error(wrong))
    onceConnected(this.server, () => {
      this.told.push('connected')
      this.client.resume()
    })
  }

  handshakeFailed({ origin, reason }: Ending, text: string): void {
    this.told.push(`${origin}:${reason} (${text})`)
    this.server.destroy()
  }

  peerEnded(peer: PeerSocket): void {
    this.told.push(`${this.#name(peer)} ended`)
    this.#from(peer).sourceEnded()
  }

  peerFailed(peer: PeerSocket, error: NodeJS.ErrnoException): void {
    this.told.push(`${this.#name(peer)} failed: ${failureWord(error)}: ${dialErrorText(error)}`)
    if (peer === this.server && !this.told.includes('connected')) {
      this.client.destroySoon()
      return
    }
    const origin = peer === this.client ? 'client' : 'upstream'
    this.#from(peer).sourceFailed('reset', { origin, reason: failureWord(error) })
  }

  peerDrained(peer: PeerSocket): void {
    ;(peer === this.client ? this.#down : this.#up).drained()
  }

  peerClosed(peer: PeerSocket): void {
    this.open--
    this.told.push(`${this.#name(peer)} closed`)
    if (this.open === 0) this.#close()
    else if (peer === this.client && !this.told.includes('connected')) this.server.destroy()
  }

  abort(_direction: Direction, _how: AbortHow, ending: Ending): void {
    this.reset(ending)
  }

  delivered(): void {}

  chainRan(): void {}

  reset(_ending: Ending): void {
    this.#close()
    this.handshake?.close()
    resetPeer(this.client)
    resetPeer(this.server)
  }

  #close(): void {
    if (this.#over) return
    this.#over = true
    this.#up.close()
    this.#down.close()
  }

  #name(peer: PeerSocket): string {
    return peer === this.client ? 'client' : 'server'
  }

  #from(peer: PeerSocket): Relay {
    return peer === this.client ? this.#up : this.#down
  }
}
