import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { connect, createServer, type AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { transfer } from '../../../bench/cases/bulk.ts'
import { closedWindows, type Knock, type Tick } from '../../../bench/cases/fidelity/windows.ts'
import { exchangeHttp } from '../../../bench/cases/http/exchanges.ts'
import type { Answers } from '../../../bench/cases/http/requests.ts'
import { loadServer } from '../../../bench/cases/rounds.ts'
import { Program, runNode } from '../../../bench/program.ts'

const DEADLINE_MS = 20_000

const get = (path: string, ...fields: readonly string[]): string =>
  `${[`GET ${path} HTTP/1.1`, ...fields].join('\r\n')}\r\n\r\n`

test('exchanges: so many on each connection, one at a time, the first not counted', async () => {
  await using server = await loadServer('exchange-server.ts', 100, 1000)()
  const { times } = await runNode<{ times: number[] }>(
    DEADLINE_MS,
    'load/exchanges.ts',
    server.port,
    4,
    40,
    100,
    1000,
    0,
  )
  expect(times).toHaveLength(40)
  expect(Math.min(...times)).toBeGreaterThan(0)
})

test('exchanges: a connection that is closed is an error, not a short list', async () => {
  const server = createServer((socket) => socket.once('data', () => socket.end())).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const exchanges = runNode(DEADLINE_MS, 'load/exchanges.ts', port, 1, 10, 100, 1000, 0)
  await expect(exchanges).rejects.toThrow('closed from the other side')
  server.close()
})

test('http-server: GET /N has N bytes, and the connection stays unless it is asked to close', async () => {
  await using server = await loadServer('http-server.ts')()
  const socket = connect(server.port, '127.0.0.1')
  // Cut in the middle of a request.
  const asked = get('/3') + get('/5', 'Connection: close')
  socket.write(asked.slice(0, 25))
  setImmediate(() => socket.write(asked.slice(25)))
  let text = ''
  for await (const bytes of socket) text += String(bytes)
  const [, three = '', five = ''] = text.split('HTTP/1.1 200 OK\r\n')
  expect(three).toMatch(/Content-Length: 3\r\n\r\nxxx$/)
  expect(five).toMatch(/Content-Length: 5\r\n\r\nxxxxx$/)
})

test('http-server: what is not asked as it wants is refused', async () => {
  await using server = await loadServer('http-server.ts')()
  for (const path of ['/', '/x', '/9999999999']) {
    expect((await fetch(`http://127.0.0.1:${server.port}${path}`)).status).toBe(400)
  }
})

test('http-exchanges: so many on each connection, counted by status, the first in neither', async () => {
  const statuses = [200, 503, 503]
  let asked = 0
  const server = createHttpServer((_request, response) => {
    response.writeHead(statuses[asked++ % statuses.length] ?? 500, { 'content-length': 5 })
    response.write('12')
    setImmediate(() => response.end('345'))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const seen = await exchangeHttp(port, { connections: 1, requests: 6, bytes: 5, gapMs: 0 })
  server.close()
  expect(asked).toBe(7)
  expect(seen.times).toHaveLength(6)
  expect(seen.statuses).toEqual({ 200: 2, 503: 4 })
})

test('http-exchanges: a connection that is closed is an error', async () => {
  const server = createHttpServer((_request, response) => {
    response.writeHead(200, { 'content-length': 1, connection: 'close' }).end('x')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const exchanges = exchangeHttp(port, { connections: 1, requests: 6, bytes: 5, gapMs: 0 })
  await expect(exchanges).rejects.toThrow('closed from the other side')
  server.close()
})

test('autocannon: answers, and those of them that were not 2xx', async () => {
  const server = createHttpServer(({ url }, response) => {
    response.writeHead(url === '/good' ? 200 : 503).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const load = (path: string): Promise<Answers> =>
    runNode(DEADLINE_MS, 'load/autocannon.ts', port, path, 2, 50, 'keep-alive')
  expect(await load('/good')).toMatchObject({ units: 50, bad: 0 })
  expect(await load('/bad')).toMatchObject({ units: 50, bad: 50 })
  server.close()
})

test('ticks: every byte comes back, sent before received', async () => {
  await using server = await loadServer('echo-server.ts')()
  const { ticks } = await runNode<{ ticks: Tick[] }>(DEADLINE_MS, 'load/ticks.ts', server.port, 0.3, 1)
  expect(ticks.length).toBeGreaterThan(20)
  expect(ticks.every(([sent, received]) => received >= sent)).toBe(true)
  expect(Math.abs((ticks[0]?.[0] ?? 0) - Date.now())).toBeLessThan(DEADLINE_MS)
})

test('knocks: open while the server is there, and not afterwards', async () => {
  const server = await loadServer('echo-server.ts')()
  const knocking = runNode<{ knocks: Knock[] }>(DEADLINE_MS, 'load/knocks.ts', server.port, 1.5, 5)
  await new Promise((resolve) => setTimeout(resolve, 700))
  await server[Symbol.asyncDispose]()
  const { knocks } = await knocking
  expect(knocks.at(0)?.[1]).toBe(1)
  expect(knocks.at(-1)?.[1]).toBe(0)
  // It never came back.
  expect(closedWindows(knocks)).toEqual([])
})

test('chatter: nearly what was asked for is answered', async () => {
  await using server = await loadServer('echo-server.ts')()
  await using program = Program.node('load/chatter.ts', server.port, 20, 500, 0.5)
  expect(await program.firstLine()).toEqual({ open: 20 })
  const [, line = ''] = (await program.output(DEADLINE_MS)).split('\n')
  const { answered, roundTrips } = JSON.parse(line) as { answered: number; roundTrips: number[] }
  expect(roundTrips).toHaveLength(answered)
  expect(answered).toBeGreaterThan(100)
  expect(answered).toBeLessThanOrEqual(260)
})

describe('echo', () => {
  interface Echoed {
    readonly units: number
    readonly seconds: number
    readonly p50: number
    readonly p99: number
    readonly p999: number
    readonly dropped: number
  }

  async function echoes(port: number, connections: number): Promise<Echoed> {
    await using program = Program.node('load/echo.ts', port, connections, 0.6)
    expect(await program.firstLine()).toEqual({ open: connections })
    const [, line = ''] = (await program.output(DEADLINE_MS)).split('\n')
    return JSON.parse(line) as Echoed
  }

  test('asks again as soon as it is answered, and all of it comes back', async () => {
    await using server = await loadServer('echo-server.ts')()
    const { units, seconds, p50, p99, p999, dropped } = await echoes(server.port, 3)
    expect(dropped).toBe(0)
    expect(units).toBeGreaterThan(100)
    expect(seconds).toBeGreaterThanOrEqual(0.6)
    expect(p50).toBeGreaterThan(0)
    expect([p50, p99, p999]).toEqual([p50, p99, p999].toSorted((a, b) => a - b))
  })

  test('a message whose connection ends is dropped, one for each connection', async () => {
    let count = 0
    const server = createServer((socket) => {
      const isCut = count++ % 2 === 0
      let answers = 0
      socket
        .on('error', () => {})
        .on('data', (bytes: Buffer) => {
          if (isCut && answers++ >= 10) socket.destroy()
          else socket.write(bytes)
        })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { units, dropped } = await echoes((server.address() as AddressInfo).port, 4)
    server.close()
    expect(dropped).toBe(2)
    expect(units).toBeGreaterThan(20)
  })
})

test('bulk: an exchange moves as much each way, and counts both', async () => {
  await using server = await loadServer('bulk-server.ts')()
  for (const [verb, bytes] of [
    ['download', 3_000_001],
    ['upload', 3_000_001],
    ['exchange', 6_000_002],
  ] as const) {
    expect(await transfer(server.port, verb, 3_000_001)).toMatchObject({ bytes })
  }
})

test('bulk: an exchange that brings back less than it took is an error', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => {}).resume()
    setTimeout(() => socket.end('too few'), 50)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  await expect(transfer((server.address() as AddressInfo).port, 'exchange', 100)).rejects.toThrow('7 bytes came back')
  server.close()
})

test('sessions: so many, each of which has exchanged a byte', async () => {
  let bytes = 0
  let open = 0
  const server = createServer((socket) => {
    open++
    socket
      .on('error', () => {})
      .on('data', (piece: Buffer) => {
        bytes += piece.length
        socket.write(piece)
      })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  await using program = Program.node('load/sessions.ts', (server.address() as AddressInfo).port, 250)
  expect(await program.firstLine()).toEqual({ open: 250 })
  expect([open, bytes]).toEqual([250, 250])
  server.close()
})
