import { describe, expect, test } from 'vitest'
import { get, HttpRig, ok, request } from '../../../support/http-rig.ts'
import { eventually } from '../../../support/wait.ts'

const DRAIN_MS = 60_000
const start = async (options: Parameters<typeof HttpRig.start>[0] = {}) =>
  await HttpRig.start({ drainMs: DRAIN_MS, ...options })
const stop = async (rig: HttpRig) => {
  await rig.proxy.change({ enabled: false })
}

describe('a proxy that stops', () => {
  test.each([
    [
      'two fields',
      get(),
      'HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\nConnection: X-A, Keep-Alive\r\n\r\n',
      /^HTTP\/1.1 200 OK\r\n(?=[^]*X-A, close\r\n)[^]*\r\n\r\n$/,
    ],
    [
      'HEAD',
      request('HEAD', '/'),
      'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n',
      /^HTTP\/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\n$/,
    ],
    ['204', get(), 'HTTP/1.1 204 No Content\r\n\r\n', /^HTTP\/1.1 204 No Content\r\nConnection: close\r\n\r\n$/],
    [
      '304',
      get(),
      'HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n',
      /^HTTP\/1.1 304 Not Modified\r\nContent-Length: 10\r\nConnection: close\r\n\r\n$/,
    ],
    [
      '1.0',
      'GET / HTTP/1.0\r\n\r\n',
      'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
      /^HTTP\/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n$/,
    ],
    [
      '1.0 up',
      get(),
      'HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n',
      /^HTTP\/1.0 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n$/,
    ],
    [
      'CONNECT refused',
      'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n',
      'HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n',
      /^HTTP\/1.1 407 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n$/,
    ],
  ])('says so in a response to %s', async (_, asks, answer, wanted) => {
    await using rig = await start()
    const { client, server } = await rig.sends(asks)
    await stop(rig)
    server.write(answer)
    expect(await client.ending()).toBe('FIN')
    expect(client.text).toMatch(wanted)
    client.end()
    expect(await server.ending()).toBe('FIN')
    server.end()
    expect(await rig.rig.ending()).toBe('proxy:disabled')
  })

  test('waits for no body that a client has not been asked for, once that has its answer', async () => {
    await using rig = await start()
    const asks = request('POST', '/', 'body', 'Expect: 100-continue').slice(0, -4)
    const { client, server } = await rig.sends(asks)
    await stop(rig)
    server.write('HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n')
    expect(await client.ending()).toBe('FIN')
    expect(client.text).toBe('HTTP/1.1 417 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
    // Whether the client sends the body all the same is its own choice.
    rig.advance(1000)
    expect(await server.ending()).toBe('FIN')
    server.end()
    expect(await rig.rig.ending()).toBe('proxy:disabled')
    await rig.logged('POST / 417 upstream:answered')
  })

  test('waits for the body that a client was asked for', async () => {
    await using rig = await start()
    const asks = request('POST', '/', 'body', 'Expect: 100-continue').slice(0, -4)
    const { client, server } = await rig.sends(asks)
    await stop(rig)
    server.write('HTTP/1.1 100 Continue\r\n\r\n')
    await eventually('text', () => client.text.length > 10)
    client.write('body')
    await server.reads(`${asks}body`)
    server.write(ok())
    expect(await client.ending()).toBe('FIN')
    expect(client.text).toBe(
      `HTTP/1.1 100 Continue\r\n\r\n${ok('ok', 'Connection: close').replace(/(Connection: close\r\n)(.*\r\n)/, '$2$1')}`,
    )
  })

  test.each([false, true])(
    'resets no client that has sent ahead and has yet to read its answer; its head has gone before: %s',
    async (first) => {
      await using rig = await start()
      const { client, server } = await rig.sends(get('/1'))
      client.pause()
      const text = ok('x'.repeat(8_000_000))
      server.write(text.slice(0, 1000))
      if (first) await eventually('x', () => (rig.proxy.sessions()[0]?.bytes.downstream.received ?? 0) >= 1000)
      await stop(rig)
      server.write(text.slice(1000))
      client.write(get('/2').repeat(20_000))
      await eventually('it has come', () => rig.proxy.sessions()[0]?.bytes.downstream.received !== 1000)
      for (let n = 0; n < 40; n++) {
        await new Promise((resolve) => setTimeout(resolve, 10))
        rig.advance(1)
      }
      client.resume()
      const timer = setInterval(() => rig.advance(50), 5)
      expect(await client.ending()).toBe('FIN')
      clearInterval(timer)
      expect(client.received).toBe(text.length + (first ? 0 : 'Connection: close\r\n'.length))
    },
  )
})
