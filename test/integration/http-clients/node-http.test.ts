import { once } from 'node:events'
import { Agent, get as httpGet, request as httpRequest } from 'node:http'
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http'
import type { Socket } from 'node:net'
import { buffer, text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { HttpRig } from '../../support/http-clients.ts'
import type { HttpProxy } from '../../support/http-clients.ts'
import { contentOf, sha256 } from '../../support/http-clients-origin.ts'
import type { Echo } from '../../support/http-clients-origin.ts'
import { Upstream } from '../../support/peers.ts'

const LARGE = 2_000_000

function agent(maxSockets: number): Agent & Disposable {
  const made = new Agent({ keepAlive: true, maxSockets })
  return Object.assign(made, { [Symbol.dispose]: () => made.destroy() })
}

async function responseOf(asked: ClientRequest): Promise<IncomingMessage> {
  // A reset behind the head is told to the request as well as to whoever reads the response.
  asked.on('error', () => {})
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  return response
}

async function get({ host, port }: HttpProxy, path: string, options: RequestOptions = {}): Promise<Buffer> {
  return await buffer(await responseOf(httpGet({ host, port, path, ...options })))
}

/** The code of the error that a request, or reading its answer, ends with. */
async function failure(work: Promise<unknown>): Promise<string | undefined> {
  return await work.then(
    () => 'no failure',
    (error: NodeJS.ErrnoException) => error.code,
  )
}

describe('the agent of node:http, no fault', () => {
  it('keeps one connection for one request after the other', async () => {
    await using rig = await HttpRig.start()
    using one = agent(1)
    for (let index = 0; index < 100; index++) {
      const size = (index * 4099) % 200_000
      const path = `/${index % 2 === 0 ? 'bytes' : 'chunked'}/${size}`
      expect((await get(rig.proxy, path, { agent: one })).equals(contentOf(size))).toBe(true)
    }
    expect(rig.origin.connections).toBe(1)
    expect(new Set((await rig.proxy.exchanges(100)).map(({ session }) => session)).size).toBe(1)
  })

  it('waits for 100 Continue, and reads hints, trailers and the fields as they were written', async () => {
    await using rig = await HttpRig.start()
    const { host, port } = rig.proxy
    const body = contentOf(LARGE)
    const asked = httpRequest({ host, port, path: '/echo', method: 'PUT', headers: { expect: '100-continue' } })
    asked.flushHeaders()
    await once(asked, 'continue')
    asked.addTrailers({ 'x-sum': 'abc' })
    asked.end(body)
    const echo = JSON.parse(await text(await responseOf(asked))) as Echo
    expect(echo).toMatchObject({ length: LARGE, sha256: sha256(body) })

    const hinted = httpGet({ host, port, path: '/early' })
    const hints: unknown[] = []
    hinted.on('information', ({ statusCode, headers }) => hints.push(statusCode, headers['link']))
    expect(await text(await responseOf(hinted))).toBe('early\n')
    expect(hints).toEqual([103, '</style.css>; rel=preload; as=style'])

    const chunked = await responseOf(httpGet({ host, port, path: '/chunked/5000' }))
    await buffer(chunked)
    expect(chunked.rawTrailers).toEqual(['x-length', '5000'])
    const direct = await responseOf(httpGet({ host, port: rig.origin.port, path: '/chunked/5000' }))
    await buffer(direct)
    expect(undated(chunked.rawHeaders)).toEqual(undated(direct.rawHeaders))
  })

  it('sends its body with trailers, in chunks', async () => {
    await using rig = await HttpRig.start()
    const { host, port } = rig.proxy
    const asked = httpRequest({ host, port, path: '/echo', method: 'POST', headers: { trailer: 'x-sum' } })
    for (let index = 1; index <= 50; index++) asked.write(contentOf(index * 331))
    asked.addTrailers({ 'x-sum': 'abc' })
    asked.end()
    const sent = Buffer.concat(Array.from({ length: 50 }, (_, index) => contentOf((index + 1) * 331)))
    const echo = JSON.parse(await text(await responseOf(asked))) as Echo
    expect(echo).toMatchObject({ length: sent.length, sha256: sha256(sent), trailers: { 'x-sum': 'abc' } })
  })

  it('opens a tunnel by CONNECT, and bytes pass both ways', async () => {
    await using rig = await HttpRig.start()
    await using echo = await Upstream.echo()
    rig.origin.server.on('connect', (_request, socket: Socket) => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\nhello')
      socket.on('error', () => socket.destroy())
      socket.pipe(socket)
    })
    const { host, port } = rig.proxy
    const asked = httpRequest({ host, port, method: 'CONNECT', path: echo.address }).end()
    const [response, socket, head] = (await once(asked, 'connect')) as [IncomingMessage, Socket, Buffer]
    expect(response.statusCode).toBe(200)
    const body = contentOf(LARGE)
    socket.end(body)
    const got = Buffer.concat([head, await buffer(socket)])
    expect(got.toString('latin1', 0, 5)).toBe('hello')
    expect(got.subarray(5).equals(body)).toBe(true)
  })
})

describe('the agent of node:http, with faults', () => {
  it('reads socket hang up, ECONNRESET or an aborted body, and goes on', async () => {
    await using rig = await HttpRig.start()
    using one = agent(1)
    const path = `/bytes/${LARGE}`
    const faults = [
      { type: 'http_reset', at: 'before_forward' },
      { type: 'http_reset', at: 'after_upstream_answer', how: 'close' },
      { type: 'http_truncate', at: 1000 },
      { type: 'http_truncate', at: 'head', how: 'reset' },
    ]
    for (const fault of faults) {
      await get(rig.proxy, '/bytes/10', { agent: one })
      await rig.proxy.add({ ...fault, name: 'gone' })
      expect(await failure(get(rig.proxy, path, { agent: one }))).toBe('ECONNRESET')
      await rig.proxy.remove('gone')
      expect((await get(rig.proxy, path, { agent: one })).equals(contentOf(LARGE))).toBe(true)
    }
    const ends = (await rig.proxy.exchanges(12)).filter(({ origin }) => origin === 'injected')
    expect(ends.map(({ status, outcome, faults: names }) => `${status} ${outcome} ${names.join()}`)).toEqual([
      'null gone gone',
      'null gone gone',
      '200 cut gone',
      '200 cut gone',
    ])
  })

  it('keeps its connection through errors that are answered in the place of the origin', async () => {
    await using rig = await HttpRig.start()
    await rig.proxy.add({ type: 'http_error', name: 'half', status: [500, 502], count: { every: 2 } })
    using one = agent(1)
    const { host, port } = rig.proxy
    const statuses: (number | undefined)[] = []
    const lengths: number[] = []
    for (let index = 0; index < 20; index++) {
      const asked = httpRequest({ host, port, path: '/echo', method: 'POST', agent: one })
      const response = await responseOf(asked.end(contentOf(100_000)))
      const body = await text(response)
      statuses.push(response.statusCode)
      if (response.statusCode === 200) lengths.push((JSON.parse(body) as Echo).length)
    }
    expect(statuses.map((status) => (status === 200 ? 'good' : 'bad'))).toEqual(
      statuses.map((_, index) => (index % 2 === 0 ? 'good' : 'bad')),
    )
    expect(new Set((await rig.proxy.exchanges(20)).map(({ session }) => session)).size).toBe(1)
    expect(lengths).toEqual(Array.from({ length: 10 }, () => 100_000))
    expect(rig.origin.seen).toHaveLength(10)
  })
})

function undated(fields: readonly string[]): readonly string[] {
  return fields.filter((_, index) => fields[index - (index % 2)]?.toLowerCase() !== 'date')
}
