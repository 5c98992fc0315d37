import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'

/** A server on a free port of 127.0.0.1; disposal cuts its connections. */
export class Peer implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(server: Server) {
    this.#server = server
    server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket))
    })
  }

  /** `serve` gets each connection. */
  static async open(serve: (socket: Socket) => void): Promise<Peer> {
    const peer = new Peer(createServer({ allowHalfOpen: true }, serve))
    peer.#server.listen(0, '127.0.0.1')
    await once(peer.#server, 'listening')
    return peer
  }

  static echo(): Promise<Peer> {
    return Peer.open((socket) => socket.pipe(socket))
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get connections(): number {
    return this.#sockets.size
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

/** A connection to `host:port`, whose errors are of no interest. */
export async function dial(address: string): Promise<Socket> {
  const [host = '', port = ''] = address.split(':')
  const socket = connect({ host, port: Number(port) })
  await once(socket, 'connect')
  return socket.on('error', () => {})
}

/** Sends `text` to an echo and answers what comes back, up to that length; an end or error is an answer cut short. */
export async function echoed(address: string, text: string): Promise<string> {
  const socket = await dial(address)
  let answer = ''
  const done = new Promise<void>((resolve) => {
    socket.on('close', () => resolve())
    socket.on('data', (chunk) => {
      answer += chunk.toString()
      if (answer.length >= text.length) resolve()
    })
  })
  socket.write(text)
  await done
  socket.destroy()
  return answer
}
