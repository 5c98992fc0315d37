import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startServer, type RunningServer } from '../../../../src/server.ts'
import { Peer } from '../../../support/peers.ts'
import { eventually } from '../../../support/wait.ts'

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const MIB = 2 ** 20

let running: RunningServer
let upstream: Server
let port: number
/** What the upstream does with a connection. */
let serve: (socket: Socket) => void
const peers: Peer[] = []
/** The longest that the admin API took for an answer, milliseconds. */
let slowest = 0
let asking: Promise<void>

beforeEach(async () => {
  upstream = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    serve(socket)
  })
  upstream.listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  running = await startServer({ seed: 1, admin: { port: 0 } })
  const address = `127.0.0.1:${(upstream.address() as AddressInfo).port}`
  await running.control.addProxy({ name: 'p', listen: '127.0.0.1:0', upstream: address, protocol: 'http' })
  port = Number(running.control.proxy('p').listen.split(':').at(-1))
  slowest = 0
  asking = askOnAndOn()
})

afterEach(async () => {
  for (const peer of peers.splice(0)) peer[Symbol.dispose]()
  await eventually(
    'nothing is in flight',
    async () => (await metric('foulweather_http_requests_in_flight{proxy="p"}')) === 0,
  )
  await running.close()
  await asking
  // An idle machine takes 2 to 60 ms; what keeps the loop for itself takes seconds.
  assert.ok(slowest < 1500, `the admin API took ${slowest} ms`)
  upstream.close()
})

async function askOnAndOn(): Promise<void> {
  for (;;) {
    const began = performance.now()
    const answer = await fetch(`http://${running.address}/v1/proxies/p`).catch(() => undefined)
    if (answer === undefined) return
    await answer.text()
    slowest = Math.max(slowest, performance.now() - began)
    await sleep(10)
  }
}

async function metric(name: string): Promise<number> {
  const line = (await running.metrics()).split('\n').find((each) => each.startsWith(`${name} `))
  return Number(line?.slice(name.length) ?? NaN)
}

async function client(): Promise<Peer> {
  const peer = await Peer.connect(port)
  peers.push(peer)
  return peer
}

/** Writes the same for ever, as fast as it is taken. */
function pour(socket: Socket, bytes: string): void {
  const more = () => {
    for (let count = 0; count < 50 && !socket.destroyed; count++) if (!socket.write(bytes)) return
    if (!socket.destroyed) setImmediate(more)
  }
  socket.on('drain', more)
  more()
}

function answerEach(socket: Socket): void {
  socket.on('data', (bytes) => {
    for (let count = bytes.toString('latin1').split('\r\n\r\n').length - 1; count > 0; count--) socket.write(OK)
  })
}

test('ten thousand requests at once are answered one after the other, by the upstream and by a fault', async () => {
  serve = answerEach
  const one = await client()
  one.write(GET.repeat(10_000))
  await eventually('all are answered', () => one.received === 10_000 * OK.length)
  await running.control.addFault('p', { type: 'http_error', status: 503, body: '' })
  const other = await client()
  other.write(GET.repeat(10_000))
  await eventually('all are refused', () => other.text.split('HTTP/1.1 503 ').length === 10_001)
  expect(await metric('foulweather_http_requests_total{proxy="p",origin="upstream",class="2xx"}')).toBe(10_000)
  expect(await metric('foulweather_http_requests_total{proxy="p",origin="injected",class="5xx"}')).toBe(10_000)
})

test('interim responses without end cost no memory, and go with their client', async () => {
  serve = (socket) => socket.once('data', () => pour(socket, 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(50)))
  const peer = await client()
  peer.pause()
  peer.write(GET)
  const memory = process.memoryUsage.rss()
  await sleep(500)
  expect(process.memoryUsage.rss() - memory).toBeLessThan(200 * MIB)
  peer.resume()
  await eventually('some come', () => peer.received > 100_000)
  peer.reset()
})

test('uploads and responses without end that nobody is to get are read and dropped', async () => {
  const pieces = '1\r\na\r\n'.repeat(2000)
  serve = (socket) =>
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
      pour(socket, pieces)
    })
  await running.control.addFault('p', { name: 'e', type: 'http_error', status: 503, body: '' })
  const up = await client()
  up.write('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n')
  pour(up.socket, pieces)
  const memory = process.memoryUsage.rss()
  await sleep(500)
  expect(up.text).toMatch(/^HTTP\/1\.1 503 /)
  await running.control.updateFault('p', 'e', { forward: 'before_answer' })
  const down = await client()
  down.write(GET)
  await eventually('it is answered', () => down.text.startsWith('HTTP/1.1 503 '))
  await sleep(500)
  expect(process.memoryUsage.rss() - memory).toBeLessThan(300 * MIB)
})

test('tiny chunks through a delay are held to the budget', async () => {
  serve = (socket) =>
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
      pour(socket, '1\r\na\r\n'.repeat(2000))
    })
  await running.control.addFault('p', { name: 'l', type: 'latency', part: 'body', latency: 1000 })
  const peer = await client()
  peer.write(GET)
  await sleep(1000)
  expect(await metric('foulweather_held_bytes')).toBeLessThan(64 * MIB)
  await running.control.removeFault('p', 'l')
  await eventually('it goes on', () => peer.received > 10_000)
})

test('clients that leave at any byte leave nothing behind', async () => {
  serve = answerEach
  const all = `POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nabcde${GET}`
  await running.control.addFault('p', { type: 'http_body', phase: 'request', replace: 'other' })
  await running.control.addFault('p', { type: 'http_latency', latency: 2 })
  for (let at = 0; at <= all.length; at += 3) {
    for (const leave of ['end', 'reset', 'dispose'] as const) {
      using peer = await Peer.connect(port)
      peer.write(all.slice(0, at))
      if (at % 2 === 0) await sleep(1)
      if (leave !== 'dispose') peer[leave]()
    }
  }
  await eventually('no session is left', async () => (await metric('foulweather_sessions_active{proxy="p"}')) === 0)
  expect(await metric('foulweather_http_requests_in_flight{proxy="p"}')).toBe(0)
})
