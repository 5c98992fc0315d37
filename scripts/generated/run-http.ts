import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import type { FaultDefinition } from '../../src/faults/define.ts'
import { readMessage, type SeenMessage } from './http-message.ts'
import { httpScenario, type ShownRequest, type ShownResponse } from './http-scenarios.ts'
import { JumpingClock } from './jumping-clock.ts'
import { inTurn, portOf, runProxy } from './running-proxy.ts'

/** One exchange, as both sides of the proxy see it. */
export interface HttpRun {
  readonly request: ShownRequest
  readonly startedAt: number
  /** The same by the wall clock. */
  readonly wall: number
  readonly sentRequest: string
  /** `undefined` = the upstream never hears of it. */
  readonly upstreamGot: SeenMessage | undefined
  readonly sentResponse: { readonly at: number; readonly text: string } | undefined
  readonly clientGot: SeenMessage
}

/** Sends what shows the fault through a real proxy with its example, one request after the other. */
export function runHttp(definition: FaultDefinition): Promise<readonly HttpRun[]> {
  return inTurn(() => run(definition))
}

async function run(definition: FaultDefinition): Promise<readonly HttpRun[]> {
  const { requests, response } = httpScenario(definition.type)
  const clock = new JumpingClock()
  const upstream = new Upstream(clock, response)
  const port = await upstream.listen()
  const hasAddresses = requests.some(({ from }) => from !== undefined)
  const fields = {
    upstream: `http://127.0.0.1:${port}`,
    ...(hasAddresses ? { proxy_protocol: { accept: true } } : {}),
  }
  const proxy = await runProxy('cdn', definition, fields, clock)
  try {
    const runs: HttpRun[] = []
    for (const request of requests) runs.push(await exchange(request, proxy.port, upstream, clock))
    return runs
  } finally {
    await proxy.close()
    upstream.close()
  }
}

async function exchange(
  request: ShownRequest,
  port: number,
  upstream: Upstream,
  clock: JumpingClock,
): Promise<HttpRun> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  const startedAt = clock.now()
  const wall = Date.now()
  const sentRequest = requestText(request)
  upstream.forget()
  const reading = readMessage(socket, clock, request.method)
  const preface = request.from === undefined ? '' : `PROXY TCP4 ${request.from} 192.0.2.254 40000 80\r\n`
  socket.write(preface + sentRequest)
  const clientGot = await clock.until(reading)
  socket.destroy()
  const { got: upstreamGot, sent: sentResponse } = upstream
  return { request, startedAt, wall, sentRequest, upstreamGot, sentResponse, clientGot }
}

/** Answers every request with the same. */
class Upstream {
  got: SeenMessage | undefined
  sent: { readonly at: number; readonly text: string } | undefined
  readonly #clock: JumpingClock
  readonly #sockets = new Set<Socket>()
  readonly #server = createServer({ allowHalfOpen: true }, (socket) => void this.#serve(socket))
  readonly #response: ShownResponse

  constructor(clock: JumpingClock, response: ShownResponse) {
    this.#clock = clock
    this.#response = response
  }

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return portOf(this.#server.address())
  }

  forget(): void {
    this.got = undefined
    this.sent = undefined
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }

  async #serve(socket: Socket): Promise<void> {
    this.#clock.touch()
    this.#sockets.add(socket)
    socket.on('end', () => socket.end())
    const got = await readMessage(socket, this.#clock)
    if (got.overAt === undefined) return
    this.got = got
    const text = responseText(this.#response)
    this.sent = { at: this.#clock.now(), text }
    socket.write(text, 'latin1')
  }
}

function requestText({ method, target, headers, body }: ShownRequest): string {
  return messageText(`${method} ${target} HTTP/1.1`, headers, body)
}

function responseText({ status, headers, body }: ShownResponse): string {
  const now = new Date().toUTCString()
  const dated = headers['Date'] === undefined ? headers : { ...headers, Date: now }
  return messageText(`HTTP/1.1 ${status}`, dated, body)
}

function messageText(first: string, headers: Readonly<Record<string, string>>, body: string): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  return [first, ...lines, '', body].join('\r\n')
}
