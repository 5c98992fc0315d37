import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import type { ClientOptions, RawData } from 'ws'
import { HttpRig } from '../../support/http-clients.ts'
import { contentOf } from '../../support/http-clients-origin.ts'
import { curled, curlProgram } from '../../support/http-clients-programs.ts'
import { eventually } from '../../support/wait.ts'

const LARGE = 12_000_000

/** An echo that greets first, in one piece with its 101 as far as the kernel has it so. */
function serveEcho({ origin }: HttpRig): { readonly requests: IncomingMessage[] } {
  const requests: IncomingMessage[] = []
  const echo = new WebSocketServer({ server: origin.server, maxPayload: 2 * LARGE })
  echo.on('connection', (socket, request) => {
    requests.push(request)
    socket.on('error', () => socket.terminate())
    socket.on('message', (data, isBinary) => socket.send(data as Buffer, { binary: isBinary }))
    socket.send('hello')
  })
  return { requests }
}

interface Heard {
  readonly text: string | undefined
  readonly bytes: Buffer
}

/** A client, with everything that it hears. */
class Client implements Disposable {
  readonly socket: WebSocket
  readonly heard: Heard[] = []
  code: number | undefined
  error: string | undefined

  constructor({ proxy }: HttpRig, options: ClientOptions = {}) {
    this.socket = new WebSocket(`ws://127.0.0.1:${proxy.port}/socket?room=1`, { maxPayload: 2 * LARGE, ...options })
    this.socket.on('message', (data: RawData, isBinary) => {
      const bytes = data as Buffer
      this.heard.push({ text: isBinary ? undefined : bytes.toString(), bytes })
    })
    this.socket.on('close', (code) => (this.code = code))
    this.socket.on('error', (error: NodeJS.ErrnoException) => (this.error = error.code ?? error.message))
  }

  async open(): Promise<this> {
    await once(this.socket, 'open')
    return this
  }

  async hears(count: number): Promise<readonly Heard[]> {
    return await eventually(`${count} messages`, () => this.heard.length >= count && this.heard)
  }

  async closes(): Promise<number> {
    return await eventually('the socket is closed', () => this.code)
  }

  [Symbol.dispose](): void {
    this.socket.terminate()
  }
}

const SIZES = [0, 1, 125, 126, 65_535, 65_536, 1_000_000, LARGE]

describe('a WebSocket, no fault', () => {
  it.for([false, true])('echoes text and binary of every length (compressed: %s)', async (perMessageDeflate) => {
    await using rig = await HttpRig.start()
    const { requests } = serveEcho(rig)
    using client = await new Client(rig, { perMessageDeflate }).open()
    for (const size of SIZES) client.socket.send(contentOf(size))
    for (let index = 0; index < 100; index++) client.socket.send(`text ${index} ${'ä'.repeat(index)}`)
    const [hello, ...echoed] = await client.hears(1 + SIZES.length + 100)
    expect(hello?.text).toBe('hello')
    const same = echoed.slice(0, SIZES.length).map(({ bytes }, index) => bytes.equals(contentOf(SIZES[index]!)))
    expect(same).toEqual(SIZES.map(() => true))
    expect(echoed.slice(SIZES.length).map(({ text }) => text)).toEqual(
      Array.from({ length: 100 }, (_, index) => `text ${index} ${'ä'.repeat(index)}`),
    )
    expect(requests.map(({ url }) => url)).toEqual(['/socket?room=1'])
    client.socket.close(4321, 'enough')
    expect(await client.closes()).toBe(4321)
    const [exchange] = await rig.proxy.exchanges(1)
    expect(exchange).toMatchObject({ method: 'GET', status: 101, origin: 'upstream', outcome: 'answered' })
  })

  it('passes pings and pongs', async () => {
    await using rig = await HttpRig.start()
    serveEcho(rig)
    using client = await new Client(rig).open()
    client.socket.ping('are you there')
    const [data] = (await once(client.socket, 'pong')) as [Buffer]
    expect(data.toString()).toBe('are you there')
  })

  it('keeps many apart', async () => {
    await using rig = await HttpRig.start()
    serveEcho(rig)
    const clients = await Promise.all(Array.from({ length: 30 }, async () => await new Client(rig).open()))
    for (const [index, { socket }] of clients.entries()) {
      for (let turn = 0; turn < 20; turn++) socket.send(`${index} ${turn}`)
    }
    for (const [index, client] of clients.entries()) {
      const texts = (await client.hears(21)).map(({ text }) => text)
      expect(texts).toEqual(['hello', ...Array.from({ length: 20 }, (_, turn) => `${index} ${turn}`)])
      client[Symbol.dispose]()
    }
  })
})

describe('a WebSocket, with faults', () => {
  it('is echoed through faults on its connection, and these come and go while it is open', async () => {
    await using rig = await HttpRig.start()
    serveEcho(rig)
    await rig.proxy.add({ type: 'latency', name: 'far', direction: 'both', latency: 5, jitter: 5, part: 'connection' })
    using client = await new Client(rig).open()
    await rig.proxy.add({ type: 'slicer', name: 'pieces', direction: 'both', average_size: 300, size_variation: 100 })
    client.socket.send(contentOf(1_000_000))
    await rig.proxy.add({ type: 'bandwidth', name: 'thin', direction: 'upstream', rate: '20MB/s' })
    for (let index = 0; index < 50; index++) client.socket.send(`text ${index}`)
    await rig.proxy.remove('far')
    client.socket.send(contentOf(500_000))
    const [hello, first, ...rest] = await client.hears(53)
    expect(hello?.text).toBe('hello')
    expect(first?.bytes.equals(contentOf(1_000_000))).toBe(true)
    expect(rest.slice(0, 50).map(({ text }) => text)).toEqual(Array.from({ length: 50 }, (_, n) => `text ${n}`))
    expect(rest[50]?.bytes.equals(contentOf(500_000))).toBe(true)
    expect((await rig.proxy.counts('pieces')).applied).toBeGreaterThan(0)
  })

  it('is refused by an error in the place of the upgrade, and works when the fault has gone', async () => {
    await using rig = await HttpRig.start()
    const { requests } = serveEcho(rig)
    const match = { headers: { upgrade: 'websocket' } }
    await rig.proxy.add({ type: 'http_error', name: 'down', status: 503, match })
    using refused = new Client(rig)
    await refused.closes()
    expect(refused.error).toBe('Unexpected server response: 503')
    expect(requests).toEqual([])
    await rig.proxy.remove('down')
    using client = await new Client(rig).open()
    expect((await client.hears(1)).map(({ text }) => text)).toEqual(['hello'])
    expect((await rig.proxy.exchanges(1))[0]).toMatchObject({ status: 503, origin: 'injected', faults: ['down'] })
  })

  it.for([
    { at: 'before_forward', how: 'reset', error: 'ECONNRESET', reached: 0 },
    { at: 'after_upstream_answer', how: 'close', error: 'ECONNRESET', reached: 1 },
  ])('is broken off at $at', async ({ at, how, error, reached }) => {
    await using rig = await HttpRig.start()
    const { requests } = serveEcho(rig)
    await rig.proxy.add({ type: 'http_reset', name: 'gone', at, how })
    using client = new Client(rig)
    await client.closes()
    expect({ error: client.error, reached: requests.length }).toEqual({ error, reached })
  })

  it('is late, and echoes all the same', async () => {
    await using rig = await HttpRig.start()
    serveEcho(rig)
    await rig.proxy.add({ type: 'http_latency', name: 'late', latency: 30 })
    await rig.proxy.add({ type: 'http_latency', name: 'asked-late', phase: 'request', latency: 30 })
    using client = await new Client(rig).open()
    client.socket.send(contentOf(200_000))
    const [hello, echoed] = await client.hears(2)
    expect(hello?.text).toBe('hello')
    expect(echoed?.bytes.equals(contentOf(200_000))).toBe(true)
    expect((await rig.proxy.exchanges(1))[0]).toMatchObject({ status: 101, faults: ['late', 'asked-late'] })
  })

  it('ends without a close frame when its connection is reset', async () => {
    await using rig = await HttpRig.start()
    serveEcho(rig)
    using client = await new Client(rig).open()
    await client.hears(1)
    await rig.proxy.add({ type: 'reset_peer', name: 'reset' })
    client.socket.send('anybody?')
    expect(await client.closes()).toBe(1006)
  })

  it('fails where its frames are garbled', async () => {
    await using rig = await HttpRig.start()
    serveEcho(rig)
    using client = await new Client(rig).open()
    await client.hears(1)
    // Every byte: the first two of a frame say what it is.
    await rig.proxy.add({ type: 'corrupt', name: 'flips', spacing: 1, mode: 'zero' })
    client.socket.send('is that so?')
    expect(await client.closes()).toBe(1006)
    expect(client.error).toMatch(/^WS_ERR_/)
  })

  it.skipIf(curlProgram.missing)(`leaves other exchanges of the proxy alone${curlProgram.note}`, async () => {
    await using rig = await HttpRig.start()
    serveEcho(rig)
    using client = await new Client(rig).open()
    const running = curled([`${rig.proxy.url}/bytes/2000000`])
    client.socket.send(contentOf(2_000_000))
    expect((await running).equals(contentOf(2_000_000))).toBe(true)
    expect((await client.hears(2))[1]?.bytes.equals(contentOf(2_000_000))).toBe(true)
  })
})
