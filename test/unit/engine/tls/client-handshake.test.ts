import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Scheduler } from '../../../../src/engine/scheduler.ts'
import { ClientHandshake, HANDSHAKE_WITHIN_MS, LINGER_MS } from '../../../../src/engine/tls/client-handshake.ts'
import type { HandshakeDecision } from '../../../../src/engine/tls/handshake-decision.ts'
import { ListenTls } from '../../../../src/engine/tls/listen-tls.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { Peer, Upstream } from '../../../support/peers.ts'
import { eventually } from '../../../support/wait.ts'

let clock: ManualClock
let scheduler: Scheduler
let server: Upstream
let told: string[]
let decision: HandshakeDecision
let handshake: ClientHandshake | undefined

beforeEach(async () => {
  clock = new ManualClock()
  scheduler = new Scheduler(clock)
  told = []
  decision = { wait: 0 }
  handshake = undefined
  const session = {
    peerEnded: () => told.push('ended'),
    peerFailed: () => told.push('failed'),
    peerDrained: () => told.push('drained'),
    peerClosed: () => told.push('closed'),
  }
  const host = {
    decide: () => {
      told.push(`asked @ ${clock.now()}`)
      return decision
    },
    secured: () => told.push(`secured @ ${clock.now()}`),
    handshakeFailed: ({ origin, reason }: { origin: string; reason: string }) =>
      told.push(`${origin}:${reason} @ ${clock.now()}`),
  }
  server = await Upstream.start(
    ({ socket }) => {
      handshake = new ClientHandshake(session, host, socket, new ListenTls({}, 'tcp'), () => true, { clock, scheduler })
      handshake.begin()
    },
    undefined,
    false,
  )
})

afterEach(async () => {
  await server[Symbol.asyncDispose]()
  await eventually('the client is gone', () => told.includes('closed'))
  if (scheduler.size > 0) throw new Error('something stays scheduled')
})

async function started(): Promise<ClientHandshake> {
  return await eventually('a client comes', () => handshake)
}

/** A client with its hello on the way. */
function tlsClient(): Peer {
  return new Peer(connectTls({ port: server.port, host: '127.0.0.1', rejectUnauthorized: false }))
}

test('a client that says nothing is given up', async () => {
  using peer = new Peer(connect({ port: server.port, host: '127.0.0.1' }))
  await started()
  clock.advance(HANDSHAKE_WITHIN_MS - 1)
  expect(told).toEqual([])
  clock.advance(1)
  expect(told).toEqual([`client:handshake_timeout @ ${HANDSHAKE_WITHIN_MS}`])
  await eventually('it is closed', () => peer.closed || peer.ended)
})

test('a client that does not go on after the answer is given up too', async () => {
  await using sink = await Upstream.start()
  const one = connectTls({ port: sink.port, host: '127.0.0.1' })
  one.on('error', () => {})
  const hello = await eventually('a hello comes', () => sink.peers[0]?.chunks[0])
  one.destroy()
  using peer = new Peer(connect({ port: server.port, host: '127.0.0.1' }))
  await started()
  clock.advance(1000)
  peer.write(hello)
  await eventually('it is answered', () => peer.received > 0)
  clock.advance(HANDSHAKE_WITHIN_MS)
  expect(told).toEqual(['asked @ 1000', `client:handshake_timeout @ ${1000 + HANDSHAKE_WITHIN_MS}`])
})

test('what a fault makes it wait does not count, and is waited for exactly', async () => {
  decision = { wait: 10 * HANDSHAKE_WITHIN_MS }
  using peer = tlsClient()
  await eventually('the hello is there', () => told.length === 1)
  clock.advance(10 * HANDSHAKE_WITHIN_MS - 1)
  expect(told).toEqual(['asked @ 0'])
  clock.advance(1)
  await eventually('it is done', () => told.length === 3)
  expect(told).toEqual(['asked @ 0', 'asked @ 600000', 'secured @ 600000'])
  expect(peer.error).toBeUndefined()
})

test('a client that keeps its connection after its last word is dropped', async () => {
  using peer = new Peer(connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true }))
  await started()
  peer.write(Buffer.from('GET / HTTP/1.1\r\n\r\n'))
  await eventually('it is told', () => peer.ended)
  expect(told).toEqual(['client:plain_http @ 0'])
  clock.advance(LINGER_MS - 1)
  expect(handshake?.peer.destroyed).toBe(false)
  clock.advance(1)
  expect(handshake?.peer.destroyed).toBe(true)
})

test('who is closed from outside is told nothing but that', async () => {
  decision = { wait: Infinity }
  using peer = tlsClient()
  await eventually('the hello is there', () => told.length === 1)
  handshake?.close()
  handshake?.peer.destroy()
  handshake?.lookAgain()
  await eventually('it is closed', () => peer.closed)
  await eventually('it is told', () => told.length === 2)
  expect(told).toEqual(['asked @ 0', 'closed'])
})
