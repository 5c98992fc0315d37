import type { IncomingMessage, ServerResponse } from 'node:http'
import { EventSource } from 'undici'
import { describe, expect, it } from 'vitest'
import { HttpRig } from '../../support/http-clients.ts'
import { Origin } from '../../support/http-clients-origin.ts'
import { eventually } from '../../support/wait.ts'

/** A stream of events that lasts: each has a number, and who comes again is given those after the last that it has seen. */
class Feed {
  readonly #open = new Set<{ readonly response: ServerResponse; sent: number }>()
  #newest = 0
  /** The `Last-Event-ID` of each request. */
  readonly asked: (string | undefined)[] = []

  readonly serve = (request: IncomingMessage, response: ServerResponse): void => {
    const last = request.headers['last-event-id']
    this.asked.push(typeof last === 'string' ? last : undefined)
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    // Come again at once.
    response.write('retry: 10\n\n')
    const reader = { response, sent: Number(last ?? 0) }
    this.#open.add(reader)
    response.on('close', () => this.#open.delete(reader))
    this.#send()
  }

  tell(count: number): void {
    this.#newest += count
    this.#send()
  }

  #send(): void {
    for (const reader of this.#open) {
      while (reader.sent < this.#newest) {
        reader.sent++
        reader.response.write(`id: ${reader.sent}\ndata: ${textOf(reader.sent)}\n\n`)
      }
    }
  }
}

function textOf(number: number): string {
  return `event ${number} ${'·'.repeat(number % 300)}`
}

class Listener implements Disposable {
  readonly source: EventSource
  readonly heard: string[] = []

  constructor({ proxy }: HttpRig) {
    this.source = new EventSource(`${proxy.url}/events`)
    this.source.addEventListener('message', ({ data }) => this.heard.push(String(data)))
  }

  async hears(count: number): Promise<readonly string[]> {
    return await eventually(
      `${count} events, have ${this.heard.length}`,
      () => this.heard.length >= count && this.heard,
    )
  }

  [Symbol.dispose](): void {
    this.source.close()
  }
}

function texts(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => textOf(index + 1))
}

describe('server-sent events', () => {
  it('are heard one by one, as they are told', async () => {
    const feed = new Feed()
    await using rig = await HttpRig.start({}, await Origin.start(feed.serve))
    using listener = new Listener(rig)
    for (let index = 1; index <= 50; index++) {
      feed.tell(1)
      // Before the next one is told: nothing keeps them back until there is more.
      await listener.hears(index)
    }
    feed.tell(950)
    expect(await listener.hears(1000)).toEqual(texts(1000))
    expect(feed.asked).toEqual([undefined])
  })

  it('are all heard through cuts: the client comes again where it was', async () => {
    const feed = new Feed()
    await using rig = await HttpRig.start({}, await Origin.start(feed.serve))
    await rig.proxy.add({ type: 'http_truncate', name: 'cut', at: 20_000, count: { first: 3 } })
    using listener = new Listener(rig)
    feed.tell(500)
    expect(await listener.hears(500)).toEqual(texts(500))
    expect(feed.asked).toHaveLength(4)
    const cut = (await rig.proxy.exchanges(3)).map(({ origin, outcome }) => `${origin} ${outcome}`)
    expect(cut).toEqual(['injected cut', 'injected cut', 'injected cut'])
  })

  it('are late while a fault delays bodies, and hang while one stalls them, but none is lost', async () => {
    const feed = new Feed()
    await using rig = await HttpRig.start({}, await Origin.start(feed.serve))
    await rig.proxy.add({ type: 'http_latency', name: 'late', phase: 'body', latency: 20, jitter: 10 })
    await rig.proxy.add({ type: 'http_stall', name: 'hang', at: 'body', after: 5000 })
    await rig.proxy.add({ type: 'slicer', name: 'pieces', average_size: 7 })
    using listener = new Listener(rig)
    feed.tell(10)
    await listener.hears(10)
    feed.tell(200)
    await eventually('a stall', async () => (await rig.proxy.injections('hang')) === 1)
    expect(listener.heard.length).toBeLessThan(100)
    await rig.proxy.remove('hang')
    expect(await listener.hears(210)).toEqual(texts(210))
    expect(feed.asked).toHaveLength(1)
  })

  it('end with an error that is no failure of the connection: the client does not come again', async () => {
    const feed = new Feed()
    await using rig = await HttpRig.start({}, await Origin.start(feed.serve))
    await rig.proxy.add({ type: 'http_error', name: 'gone', status: 204 })
    using listener = new Listener(rig)
    await eventually('the source is closed', () => listener.source.readyState === EventSource.CLOSED)
    expect(feed.asked).toEqual([])
    expect(await rig.proxy.exchanges(1)).toHaveLength(1)
  })
})
