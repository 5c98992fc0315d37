import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { eventually } from './wait.ts'

/** One answer as it came over the wire. Header names as sent. */
export interface WireAnswer {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

/** A raw connection to an admin server: what a test writes is what is sent. */
export class WireClient implements Disposable {
  readonly socket: Socket
  #received = ''

  private constructor(socket: Socket) {
    this.socket = socket
    socket.setEncoding('latin1').on('data', (text: string) => (this.#received += text))
    socket.on('error', () => socket.destroy())
  }

  static async connect(port: number): Promise<WireClient> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    return new WireClient(socket)
  }

  /** Sends a request with `Host` and `Content-Length` added, and answers its answer. */
  async ask(requestLine: string, headers: readonly string[] = [], body: string | Buffer = ''): Promise<WireAnswer> {
    const length = Buffer.byteLength(body)
    const fixed = ['Host: localhost', ...(length > 0 ? [`Content-Length: ${length}`] : [])]
    this.socket.write(`${requestLine} HTTP/1.1\r\n${[...fixed, ...headers].join('\r\n')}\r\n\r\n`)
    if (length > 0) this.socket.write(body)
    return this.answer(requestLine.startsWith('HEAD '))
  }

  /** The next answer. */
  async answer(bodiless = false): Promise<WireAnswer> {
    return eventually('a whole answer', () => this.#take(bodiless))
  }

  get closed(): boolean {
    return this.socket.closed || this.socket.readableEnded
  }

  #take(bodiless: boolean): WireAnswer | undefined {
    const end = this.#received.indexOf('\r\n\r\n')
    if (end < 0) return undefined
    const [statusLine = '', ...lines] = this.#received.slice(0, end).split('\r\n')
    const headers = new Map(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    )
    const length = bodiless ? 0 : Number(headers.get('content-length') ?? 0)
    const start = end + 4
    if (this.#received.length < start + length) return undefined
    const body = Buffer.from(this.#received.slice(start, start + length), 'latin1').toString()
    this.#received = this.#received.slice(start + length)
    return { status: Number(statusLine.split(' ')[1]), headers, body }
  }

  [Symbol.dispose](): void {
    this.socket.destroy()
  }
}
