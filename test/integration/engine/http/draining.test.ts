import { describe, expect, test } from 'vitest'
import {
  bodyFault,
  chunked,
  get,
  httpFault,
  HttpRig,
  ok,
  request,
  staysAt,
  undated,
} from '../../../support/http-rig.ts'
import type { Peer } from '../../../support/peers.ts'
import { eventually } from '../../../support/wait.ts'

/** The clock stands still unless a test says otherwise: what ends, ends long before the drain time is over. */
const DRAIN_MS = 60_000

async function start(options: Parameters<typeof HttpRig.start>[0] = {}): Promise<HttpRig> {
  return await HttpRig.start({ drainMs: DRAIN_MS, ...options })
}

/** `ok` as the last response of its connection. */
const last = (body = 'ok') => ok(body, 'Connection: close').replace(/(Connection: close\r\n)(.*\r\n)/, '$2$1')

/** Stops the proxy, and answers when its sessions have been told. */
async function stop(rig: HttpRig): Promise<void> {
  await rig.proxy.change({ enabled: false })
}

async function bothEnd(rig: HttpRig, client: Peer, server: Peer): Promise<void> {
  expect(await client.ending()).toBe('FIN')
  client.end()
  expect(await server.ending()).toBe('FIN')
  server.end()
  await rig.rig.allEnded()
}

describe('a session between two exchanges', () => {
  test.each([
    ['disabled', 'disabled', (rig: HttpRig) => stop(rig)],
    ['changed', 'changed', (rig: HttpRig) => rig.proxy.change({ upstream: '127.0.0.1:1' })],
    ['deleted', 'deleted', (rig: HttpRig) => rig.proxy.remove()],
  ] as const)('ends at once where its proxy is %s', async (_, reason, act) => {
    await using rig = await start()
    const { client, server } = await rig.sends(get())
    server.write(ok())
    await client.reads(ok())
    await act(rig)
    await bothEnd(rig, client, server)
    expect(await rig.rig.ending()).toBe(`proxy:${reason}`)
    await rig.logged('GET / 200 upstream:answered')
  })

  test('ends at once where everything stops, and that does not wait for the drain time', async () => {
    await using rig = await start()
    const { client, server } = await rig.sends(get())
    server.write(ok())
    await client.reads(ok())
    const closing = rig.rig.plane.close()
    expect([await client.ending(), await server.ending()]).toEqual(['FIN', 'FIN'])
    client.end()
    server.end()
    expect(await rig.rig.ending()).toBe('proxy:shutdown')
    // It looks every 10 ms whether all have left.
    rig.advance(10)
    await closing
  })

  test('ends at once where nothing has been asked yet, or the upstream has left', async () => {
    await using rig = await start()
    const silent = await rig.client()
    await eventually('it is let in', () => rig.proxy.sessions()[0]?.state === 'open')
    const { client, server } = await rig.sends(get('/', 'Connection: keep-alive'))
    server.write(ok())
    server.end()
    await client.reads(ok())
    expect(await client.ending()).toBe('FIN')
    await stop(rig)
    expect(await silent.ending()).toBe('FIN')
    await rig.rig.allEnded()
    expect([await rig.rig.ending(0), await rig.rig.ending(1)]).toEqual(['proxy:disabled', 'proxy:disabled'])
  })

  test('ends behind what a fault holds of its last response', async () => {
    await using rig = await start({ faults: [httpFault('latency', { latency: 100 })] })
    const { client, server } = await rig.sends(get())
    server.write(ok())
    await rig.logged('GET / 200 upstream:answered')
    await stop(rig)
    await staysAt(client, '')
    expect(client.ended).toBe(false)
    rig.advance(100)
    await client.reads(ok())
    expect(await client.ending()).toBe('FIN')
  })
})

describe('a session in the middle of an exchange', () => {
  test.each([
    ['nobody', []],
    ['a fault that works on heads', [httpFault('http_latency', { latency: 0 })]],
    ['a fault on bodies', [bodyFault('latency', { latency: 0 })]],
    [
      'a fault that decides by the status',
      [httpFault('http_latency', { latency: 0 }, { match: { status: [[200, 200]] } })],
    ],
  ] as const)('ends behind it, and its response says so; with %s', async (_, faults) => {
    await using rig = await start({ faults })
    const { client, server } = await rig.sends(get())
    await stop(rig)
    server.write(ok('answer').slice(0, -3))
    await client.reads(last('answer').slice(0, -3))
    expect(client.ended).toBe(false)
    server.write('wer')
    await client.reads(last('answer'))
    await bothEnd(rig, client, server)
    expect(await rig.rig.ending()).toBe('proxy:disabled')
    expect(rig.exchanges()).toMatchObject([
      { status: 200, origin: 'upstream', outcome: 'answered', bytes: { response: last('answer').length } },
    ])
  })

  test.each([
    ['Connection: keep-alive\r\nKeep-Alive: timeout=5', 'Connection: close'],
    ['connection: X-Hop, Keep-Alive\r\nX-Hop: 1', 'connection: X-Hop, close\r\nX-Hop: 1'],
  ])('whose response says %j', async (said, says) => {
    await using rig = await start()
    const { client, server } = await rig.sends(get())
    await stop(rig)
    server.write(ok('x', said))
    await client.reads(ok('x', says))
    await bothEnd(rig, client, server)
    expect(await rig.rig.ending()).toBe('proxy:disabled')
  })

  test('of HTTP/1.0, with a body in chunks, or with a response ahead of the others', async () => {
    await using rig = await start()
    const old = 'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n'
    const body = chunked(['abc', 'de'], ['T: 1'])
    const early = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'
    const { client, server } = await rig.sends(old)
    await stop(rig)
    server.write(`${early}HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n${body}`)
    await client.reads(`${early}HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n${body}`)
    await bothEnd(rig, client, server)
    expect(await rig.rig.ending()).toBe('proxy:disabled')
  })

  test.each([
    ['the client', get('/', 'Connection: close'), ok('x')],
    ['the upstream', get(), ok('x', 'Connection: Close')],
  ])('is told nothing that %s has said', async (_, asks, answers) => {
    await using rig = await start()
    const { client, server } = await rig.sends(asks)
    await stop(rig)
    server.write(answers)
    await client.reads(answers)
    await bothEnd(rig, client, server)
    expect(await rig.rig.ending()).toBe('proxy:disabled')
  })

  test('whose head has gone on already ends behind its body, and the client is waited for', async () => {
    await using rig = await start()
    const { client, server } = await rig.sends(get())
    server.write(ok('answer').slice(0, -3))
    await client.reads(ok('answer').slice(0, -3))
    await stop(rig)
    server.write('wer')
    await client.reads(ok('answer'))
    expect(await client.ending()).toBe('FIN')
    // A request that was on its way meanwhile does not cost the client what it has been told.
    client.write(get('/next'))
    await eventually('it is read', () => rig.proxy.sessions()[0]?.bytes.upstream.received === get().length * 2 + 4)
    expect(client.error).toBeUndefined()
    client.end()
    expect(await server.ending()).toBe('FIN')
    server.end()
    expect(await rig.rig.ending()).toBe('proxy:disabled')
    expect(server.text).toBe(get())
    await rig.logged('GET / 200 upstream:answered')
  })

  test('is not waited for when it goes on saying nothing', async () => {
    await using rig = await start()
    const { client, server } = await rig.sends(get())
    server.write(ok('answer').slice(0, -3))
    await client.reads(ok('answer').slice(0, -3))
    await stop(rig)
    server.write('wer')
    expect(await client.ending()).toBe('FIN')
    rig.advance(999)
    expect(rig.proxy.sessions()).toHaveLength(1)
    rig.advance(1)
    expect(await server.ending()).toBe('FIN')
    server.end()
    expect(await rig.rig.ending()).toBe('proxy:disabled')
  })

  test('has no further one, however early it was asked for', async () => {
    await using rig = await start()
    const { client, server } = await rig.sends(get('/1') + get('/2') + get('/3').slice(0, 5), get('/1'))
    await stop(rig)
    server.write(ok())
    await client.reads(last())
    expect(await client.ending()).toBe('FIN')
    // It is waited for: with requests that nobody has read its connection would be reset, and it might not have its answer yet.
    expect(server.ended).toBe(false)
    client.end()
    expect(await server.ending()).toBe('FIN')
    server.end()
    await rig.rig.allEnded()
    expect(server.text).toBe(get('/1'))
    await rig.logged('GET /1 200 upstream:answered')
  })

  test('may have sent a part of its request', async () => {
    await using rig = await start()
    const client = await rig.client()
    client.write(get().slice(0, 9))
    await eventually('that has come', () => rig.proxy.sessions()[0]?.bytes.upstream.received === 9)
    await stop(rig)
    client.write(get().slice(9))
    const server = await rig.upstream.peer()
    await server.reads(get())
    server.write(ok())
    await client.reads(last())
    await bothEnd(rig, client, server)
    expect(await rig.rig.ending()).toBe('proxy:disabled')
  })

  test('ends when both messages are over, whichever is the last', async () => {
    await using rig = await start()
    const asks = request('POST', '/', 'a body')
    const { client, server } = await rig.sends(asks.slice(0, -3))
    await stop(rig)
    server.write(ok('early'))
    await client.reads(last('early'))
    await staysAt(client, last('early'))
    expect(client.ended).toBe(false)
    client.write(asks.slice(-3))
    await server.reads(asks)
    await bothEnd(rig, client, server)
    expect(await rig.rig.ending()).toBe('proxy:disabled')
  })

  test('ends behind what a fault answers, as an end of ours', async () => {
    const delay = httpFault('http_latency', { phase: 'request', latency: 100 })
    await using rig = await start({ faults: [delay, httpFault('http_error', { status: 503 })] })
    const client = await rig.client()
    client.write(get('/1'))
    await eventually('it waits', () => rig.proxy.sessions()[0]?.bytes.upstream.received === get('/1').length)
    await stop(rig)
    rig.advance(100)
    expect(await client.ending()).toBe('FIN')
    expect(undated(client.text)).toMatch(/^HTTP\/1\.1 503 [^]*\r\nConnection: close\r\n/)
    expect(await rig.rig.ending()).toBe('proxy:disabled')
    await rig.logged('GET /1 503 injected:answered http_latency http_error')
  })

  test('ends with the answer that its upstream has cut', async () => {
    await using rig = await start()
    const { client, server } = await rig.sends(get())
    await stop(rig)
    server.write(ok('answer').slice(0, -3))
    await client.reads(last('answer').slice(0, -3))
    server.end()
    expect(await client.ending()).toBe('FIN')
    client.end()
    await rig.rig.allEnded()
    await rig.logged('GET / 200 upstream:cut')
  })

  test('that never ends is dropped when the drain time is over', async () => {
    await using rig = await start()
    const { client } = await rig.sends(get())
    await stop(rig)
    rig.advance(DRAIN_MS - 1)
    expect(client.ended).toBe(false)
    rig.advance(1)
    expect(await client.ending()).toBe('FIN')
    expect(await rig.rig.ending()).toBe('proxy:disabled')
    await rig.logged('GET / - proxy:disabled')
  })
})

describe('a tunnel', () => {
  const UPGRADE = get('/ws', 'Connection: Upgrade', 'Upgrade: websocket')
  const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'

  test.each(['before', 'behind'])('stays for the drain time; it was made %s its beginning', async (when) => {
    for (const faults of [[], [httpFault('http_latency', { latency: 0 })]]) {
      await using rig = await start({ faults })
      const { client, server } = await rig.sends(UPGRADE)
      if (when === 'behind') await stop(rig)
      server.write(SWITCHED)
      await client.reads(SWITCHED)
      if (when === 'before') await stop(rig)
      client.write('ping')
      await server.reads(`${UPGRADE}ping`)
      server.write('pong')
      await client.reads(`${SWITCHED}pong`)
      rig.advance(DRAIN_MS)
      expect(await client.ending()).toBe('FIN')
      expect(await rig.rig.ending()).toBe('proxy:disabled')
    }
  })
})
