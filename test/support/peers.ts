import { once } from 'node:events'
import { connect, createServer, type Socket, type AddressInfo, type ListenOptions, type Server } from 'node:net'
import { eventually } from './wait.ts'

/** One end of a real connection, with what has happened to it. Unless `collect` is false it reads, from the start, and keeps it all. */
export class Peer implements Disposable {
  readonly socket: Socket
  readonly chunks: Buffer[] = []
  /** The other side has ended its stream (FIN). */
  ended = false
  /** The error that it met (`ECONNRESET`, …). */
  error: string | undefined
  closed = false
  received = 0
  /** Its own port, also when the connection is gone; 0 = a socket file. */
  port = 0

  constructor(socket: Socket, collect = true) {
    this.socket = socket
    if (collect) {
      socket.on('data', (bytes: Buffer) => {
        this.chunks.push(bytes)
        this.received += bytes.length
      })
    }
    socket.on('end', () => {
      this.ended = true
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.error = error.code ?? error.message
    })
    socket.on('close', () => {
      this.closed = true
    })
  }

  /** Connects to `127.0.0.1:port`, or to another host or a socket file; answers when it is connected. */
  static async connect(to: number | { host: string; port: number } | { path: string }): Promise<Peer> {
    const options = typeof to === 'number' ? { host: '127.0.0.1', port: to } : to
    const peer = new Peer(connect({ ...options, allowHalfOpen: true, noDelay: true }))
    await once(peer.socket, 'connect')
    peer.port = peer.socket.localPort ?? 0
    return peer
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString('latin1')
  }

  write(bytes: string | Buffer): void {
    this.socket.write(bytes)
  }

  /** Ends its side of the stream (FIN) and goes on reading. */
  end(): void {
    this.socket.end()
  }

  /** Aborts the connection (RST). */
  reset(): void {
    this.socket.resetAndDestroy()
  }

  /** Stops reading: the kernel's buffers fill, and then the other side cannot send any more. */
  pause(): void {
    this.socket.pause()
  }

  resume(): void {
    this.socket.resume()
  }

  /** Sends and waits for the answer of an echo. */
  async ping(text = 'ping'): Promise<void> {
    const before = this.text.length
    this.write(text)
    await eventually(`the echo of ${text}`, () => this.text.slice(before) === text)
  }

  /** What the other side did at the end: `FIN`, or the error's code. */
  async ending(): Promise<string> {
    await eventually('the connection ends', () => this.ended || this.closed)
    // A reset may follow an end that was read already.
    if (this.error === undefined && this.ended) return 'FIN'
    return this.error ?? 'closed'
  }

  async reads(wanted: string): Promise<void> {
    await eventually(`${JSON.stringify(wanted)} arrives, have ${JSON.stringify(this.text)}`, () => this.text === wanted)
  }

  [Symbol.dispose](): void {
    this.socket.destroy()
  }
}

export type UpstreamListen = { readonly host: string; readonly port: number } | { readonly path: string }

/** A real server that proxies are put in front of. Its connections stay half-open until it ends them. */
export class Upstream implements AsyncDisposable {
  readonly peers: Peer[] = []
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
  }

  static async start(
    onPeer: (peer: Peer) => void = () => {},
    listen?: UpstreamListen,
    collect = true,
  ): Promise<Upstream> {
    const server = createServer({ allowHalfOpen: true, noDelay: true })
    const upstream = new Upstream(server)
    server.on('connection', (socket) => {
      const peer = new Peer(socket, collect)
      upstream.peers.push(peer)
      onPeer(peer)
    })
    const options: ListenOptions = { ...(listen ?? { host: '127.0.0.1', port: 0 }), backlog: 4096 }
    server.listen(options)
    await once(server, 'listening')
    return upstream
  }

  /** Sends back what it gets, and ends when its peer has ended. */
  static echo(listen?: UpstreamListen): Promise<Upstream> {
    return Upstream.start(({ socket }) => socket.pipe(socket), listen, false)
  }

  /** Accepts, and does not read unless somebody reads its peers. */
  static deaf(): Promise<Upstream> {
    return Upstream.start(() => {}, undefined, false)
  }

  /** As a plan names it: `host:port`, `[v6]:port` or `unix:/path`. */
  get address(): string {
    const address = this.#server.address()
    if (typeof address === 'string') return `unix:${address}`
    const { address: host, port } = address as AddressInfo
    return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** The connection that came as number `index`, as soon as it is there. */
  async peer(index = 0): Promise<Peer> {
    return await eventually(`connection ${index} reaches the upstream`, () => this.peers[index])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    for (const { socket } of this.peers) socket.destroy()
    if (this.#server.listening) await once(this.#server, 'close')
  }
}
