import { startServer, type RunningServer } from '../../../src/server.ts'
import { Peer, Upstream } from '../../support/peers.ts'
import { eventually } from '../../support/wait.ts'

/** A fault as users write it; `name` default: its type. */
export type FaultInput = Readonly<Record<string, unknown>> & { readonly type: string }

export interface Told {
  readonly asks: string | Buffer
  /** What the upstream has to get; default: what was asked. */
  readonly arrives?: string | Buffer
  readonly answers: string | Buffer
  /** What the client has to get; default: what was answered. */
  readonly gets?: string | Buffer
}

/** The whole product, with one HTTP proxy in front of a raw server that says what the test wants. */
export class FaultsRig implements AsyncDisposable {
  readonly server: RunningServer
  readonly upstream: Upstream
  readonly #port: number
  readonly #clients: Peer[] = []
  /** Connections to the upstream that belong to a line. */
  #claimed = 0

  private constructor(server: RunningServer, upstream: Upstream, port: number) {
    this.server = server
    this.upstream = upstream
    this.#port = port
  }

  /** @param http the options of the proxy as users write them. */
  static async start(faults: readonly FaultInput[], http: Readonly<Record<string, unknown>> = {}): Promise<FaultsRig> {
    const upstream = await Upstream.start()
    const server = await startServer({ seed: 1 })
    const where = { listen: '127.0.0.1:0', upstream: upstream.address, protocol: 'http', http }
    await server.control.addProxy({ name: 'web', ...where })
    for (const fault of faults) await server.control.addFault('web', fault)
    const { listen } = server.control.proxy('web')
    return new FaultsRig(server, upstream, Number(listen.split(':').at(-1)))
  }

  async line(): Promise<Line> {
    const client = await Peer.connect(this.#port)
    this.#clients.push(client)
    return new Line(client, this.#dialled())
  }

  /** The connection that has come last: the proxy connects to the upstream when the first request goes on. */
  #dialled(): Dialled {
    return {
      hasCome: () => this.upstream.peers.length > this.#claimed,
      claim: () => this.upstream.peer(this.#claimed++),
    }
  }

  /** How connections have ended that should not have: each is used for one exchange after the other. */
  get broken(): readonly string[] {
    const ended = [...this.#clients, ...this.upstream.peers].filter(
      ({ ended: end, error }) => end || error !== undefined,
    )
    return ended.map(({ error }) => error ?? 'FIN')
  }

  /** Records that the fault has left on what it did: `answer`, `left_alone no_json`. */
  async records(fault: string): Promise<readonly string[]> {
    const decisions = await this.server.control.dataPlane.decisions({ proxy: 'web', fault })
    return decisions.flatMap(({ kind, what, detail }) => {
      if (kind !== 'injection') return []
      return [[what, detail?.['reason']].filter((word) => word !== undefined).join(' ')]
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client[Symbol.dispose]()
    for (const { socket } of this.upstream.peers) socket.destroy()
    await this.server.close()
    await this.upstream[Symbol.asyncDispose]()
  }
}

interface Dialled {
  hasCome(): boolean
  claim(): Promise<Peer>
}

/** One connection of a client, and that of the proxy to the upstream; every byte of both is accounted for. */
export class Line {
  readonly client: Peer
  readonly #dialled: Dialled
  #server: Promise<Peer> | undefined
  #serverNow: Peer | undefined
  #arrived = ''
  #got = ''

  constructor(client: Peer, dialled: Dialled) {
    this.client = client
    this.#dialled = dialled
  }

  /** The connection of the proxy to the upstream; to be asked for when something is about to arrive there. */
  async server(): Promise<Peer> {
    this.#server ??= this.#dialled.claim()
    this.#serverNow = await this.#server
    return this.#serverNow
  }

  /** One exchange: exactly these bytes arrive, and exactly these come back. */
  async tells({ asks, arrives = asks, answers, gets = answers }: Told): Promise<void> {
    this.client.write(bytesOf(asks))
    await this.arrives(arrives)
    await this.answer(answers)
    await this.gets(gets)
  }

  /** The same exchange twice, on one connection: what the first has left behind would be seen in the second. */
  async tellsTwice(told: Told): Promise<void> {
    await this.tells(told)
    await this.tells(told)
  }

  ask(bytes: string | Buffer): void {
    this.client.write(bytesOf(bytes))
  }

  async answer(bytes: string | Buffer): Promise<void> {
    const server = await this.server()
    server.write(bytesOf(bytes))
  }

  /** The next that the upstream gets is this, and nothing more. */
  async arrives(bytes: string | Buffer): Promise<void> {
    this.#arrived += bytesOf(bytes).toString('latin1')
    const server = await this.server()
    await server.reads(this.#arrived)
  }

  /** The next that the client gets is this, and nothing more. */
  async gets(bytes: string | Buffer): Promise<void> {
    this.#got += bytesOf(bytes).toString('latin1')
    await this.client.reads(this.#got)
  }

  /** The upstream has not even been connected to, or has got nothing more than before. */
  get nothingArrives(): boolean {
    if (this.#server === undefined) return !this.#dialled.hasCome()
    return this.#serverNow?.text === this.#arrived
  }

  /** A whole message that the client has got behind what is accounted for, and its body; for what cannot be told beforehand. */
  async message(): Promise<Message> {
    return await this.#message(
      'client',
      () => this.client.text.slice(this.#got.length),
      (text) => (this.#got += text),
    )
  }

  /** The same at the upstream. */
  async request(): Promise<Message> {
    const server = await this.server()
    return await this.#message(
      'upstream',
      () => server.text.slice(this.#arrived.length),
      (text) => (this.#arrived += text),
    )
  }

  async #message(where: string, rest: () => string, take: (text: string) => void): Promise<Message> {
    return await eventually(`a message at the ${where}, have ${JSON.stringify(rest().slice(0, 500))}`, () => {
      const end = rest().indexOf('\r\n\r\n') + 4
      if (end < 4) return undefined
      const head = rest().slice(0, end)
      const length = Number(/^content-length: (\d+)\r$/im.exec(head)?.[1] ?? 0)
      const body = rest().slice(end, end + length)
      if (body.length < length) return undefined
      take(head + body)
      return { head, body: Buffer.from(body, 'latin1') }
    })
  }
}

export interface Message {
  /** With the empty line behind it. */
  readonly head: string
  /** As many bytes as the head says. */
  readonly body: Buffer
}

export function bytesOf(text: string | Buffer): Buffer {
  return typeof text === 'string' ? Buffer.from(text, 'latin1') : text
}

/** A response or request with its length: `message('HTTP/1.1 200 OK', ['A: b'], 'body')`. */
export function message(first: string, fields: readonly string[], body: string | Buffer = ''): Buffer {
  const bytes = bytesOf(body)
  const head = [first, ...fields, `Content-Length: ${bytes.length}`].join('\r\n')
  return Buffer.concat([Buffer.from(`${head}\r\n\r\n`, 'latin1'), bytes])
}

/** In chunks of these pieces. */
export function inChunks(first: string, fields: readonly string[], pieces: readonly (string | Buffer)[]): Buffer {
  const head = [first, ...fields, 'Transfer-Encoding: chunked'].join('\r\n')
  const chunks = pieces
    .map(bytesOf)
    .filter((piece) => piece.length > 0)
    .map((piece) => Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]))
  return Buffer.concat([Buffer.from(`${head}\r\n\r\n`, 'latin1'), ...chunks, Buffer.from('0\r\n\r\n')])
}

export const OK = 'HTTP/1.1 200 OK'
