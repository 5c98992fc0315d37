import { once } from 'node:events'
import { expect, test } from 'vitest'
import {
  dialingPeer,
  remoteAddress,
  resetPeer,
  type PeerEvents,
  type PeerSocket,
} from '../../../src/engine/peer-socket.ts'
import { Upstream } from '../../support/peers.ts'
import { HangingUpstream } from '../../support/peers-hanging.ts'
import { eventually } from '../../support/wait.ts'

class Log implements PeerEvents {
  readonly told: string[] = []
  peerEnded(): void {
    this.told.push('ended')
  }
  peerFailed(_peer: PeerSocket, error: NodeJS.ErrnoException): void {
    this.told.push(error.code ?? error.message)
  }
  peerDrained(): void {
    this.told.push('drained')
  }
  peerClosed(): void {
    this.told.push('closed')
  }
}

async function dialled(port: number): Promise<{ peer: PeerSocket; log: Log }> {
  const log = new Log()
  const peer = dialingPeer(log, { buffer: Buffer.alloc(100), callback: () => true })
  peer.connect({ host: '127.0.0.1', port })
  await once(peer, 'connect')
  return { peer, log }
}

test('a reset is a reset, whatever waits to be written', async () => {
  await using upstream = await Upstream.deaf()
  const { peer, log } = await dialled(upstream.port)
  peer.write(Buffer.alloc(20_000_000))
  resetPeer(peer)
  await eventually('it closes', () => log.told.includes('closed'))
  const server = await upstream.peer()
  server.resume()
  expect(await server.ending()).toBe('ECONNRESET')
  expect(log.told).toEqual(['closed'])
})

/** libuv answers EINVAL then, and Node, which has forgotten the handle already, never tells of the close: its descriptor was lost. */
test('a reset in the turn of the loop in which the stream is ended still resets, and closes', async () => {
  await using upstream = await Upstream.start()
  const { peer, log } = await dialled(upstream.port)
  peer.end()
  resetPeer(peer)
  await eventually('it closes', () => log.told.includes('closed'))
  expect(log.told).toEqual(['closed'])
  expect(await (await upstream.peer()).ending()).toMatch(/FIN|ECONNRESET/)
})

test('a reset while it connects does not wait for the connection', async () => {
  await using hanging = await HangingUpstream.start()
  const log = new Log()
  const peer = dialingPeer(log, { buffer: Buffer.alloc(100), callback: () => true })
  peer.connect({ host: '127.0.0.1', port: hanging.port })
  await new Promise<void>((resolve) => {
    setImmediate(resolve)
  })
  expect(remoteAddress(peer)).toBeNull()
  resetPeer(peer)
  await eventually('it closes', () => log.told.includes('closed'))
})

test('resetting twice, or after the close, is nothing', async () => {
  await using upstream = await Upstream.start()
  const { peer, log } = await dialled(upstream.port)
  expect(remoteAddress(peer)).toBe(`127.0.0.1:${upstream.port}`)
  resetPeer(peer)
  resetPeer(peer)
  await eventually('it closes', () => log.told.includes('closed'))
  resetPeer(peer)
  expect(log.told).toEqual(['closed'])
})
