import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { dial } from '../../../src/engine/dial.ts'
import {
  dialingPeer,
  onceConnected,
  remoteAddress,
  resetPeer,
  type PeerEvents,
  type PeerSocket,
} from '../../../src/engine/peer-socket.ts'
import { HandlePeer } from '../../../src/engine/peers/handle-peer.ts'
import { ReadMemory } from '../../../src/engine/read-memory.ts'
import { Reader } from '../../../src/engine/reader.ts'
import { Upstream } from '../../support/peers.ts'
import { HangingUpstream } from '../../support/peers-hanging.ts'
import { eventually } from '../../support/wait.ts'

class Log implements PeerEvents {
  readonly told: string[] = []
  readonly read: Buffer[] = []
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

function newPeer(handles: boolean): { peer: PeerSocket; log: Log } {
  const log = new Log()
  const reader = new Reader(new ReadMemory(), {
    read(count, memory) {
      log.read.push(Buffer.from(memory.subarray(0, count)))
      return true
    },
  })
  const peer = dialingPeer(log, reader, undefined, handles)
  expect(peer instanceof HandlePeer).toBe(handles)
  return { peer, log }
}

async function dialled(handles: boolean, upstream: string): Promise<{ peer: PeerSocket; log: Log }> {
  const { peer, log } = newPeer(handles)
  await new Promise<void>((resolve) => {
    onceConnected(peer, resolve)
    expect(dial(peer, upstream)).toBeUndefined()
  })
  return { peer, log }
}

const at = ({ port }: { readonly port: number }): string => `127.0.0.1:${port}`

describe.each([true, false])('on a handle: %s', (handles) => {
  test('a reset is a reset, whatever waits to be written', async () => {
    await using upstream = await Upstream.deaf()
    const { peer, log } = await dialled(handles, at(upstream))
    peer.write(Buffer.alloc(20_000_000))
    expect(peer.writableLength).toBeGreaterThan(0)
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
    const { peer, log } = await dialled(handles, at(upstream))
    peer.end()
    resetPeer(peer)
    await eventually('it closes', () => log.told.includes('closed'))
    expect(log.told).toEqual(['closed'])
    expect(await (await upstream.peer()).ending()).toMatch(/FIN|ECONNRESET/)
  })

  test('a reset while it connects does not wait for the connection', async () => {
    await using hanging = await HangingUpstream.start()
    const { peer, log } = newPeer(handles)
    dial(peer, at(hanging))
    await new Promise<void>((resolve) => {
      setImmediate(resolve)
    })
    expect(peer.connecting).toBe(true)
    expect(remoteAddress(peer)).toBeNull()
    resetPeer(peer)
    await eventually('it closes', () => log.told.includes('closed'))
    expect(log.told).toEqual(['closed'])
  })

  test('resetting twice, or after the close, is nothing', async () => {
    await using upstream = await Upstream.start()
    const { peer, log } = await dialled(handles, at(upstream))
    expect(remoteAddress(peer)).toBe(at(upstream))
    resetPeer(peer)
    resetPeer(peer)
    await eventually('it closes', () => log.told.includes('closed'))
    resetPeer(peer)
    expect(log.told).toEqual(['closed'])
  })

  test('one that is destroyed without ever having been dialled closes', async () => {
    const { peer, log } = newPeer(handles)
    peer.destroy(new Error('no address'))
    expect(log.told).toEqual([])
    await eventually('it closes', () => log.told.includes('closed'))
    expect(log.told).toEqual(['no address', 'closed'])
  })

  test('who refuses is told of later, with the words of Node', async () => {
    const { peer, log } = newPeer(handles)
    const errors: NodeJS.ErrnoException[] = []
    log.peerFailed = (_peer, error) => errors.push(error)
    const free = await freePort()
    expect(dial(peer, `127.0.0.1:${free}`)).toBeUndefined()
    expect(errors).toEqual([])
    await eventually('it closes', () => log.told.includes('closed'))
    expect(errors).toMatchObject([
      { code: 'ECONNREFUSED', syscall: 'connect', message: `connect ECONNREFUSED 127.0.0.1:${free}` },
    ])
  })

  test('what is more than the kernel takes is written in order, and told when it is gone', async () => {
    await using upstream = await Upstream.deaf()
    const { peer, log } = await dialled(handles, at(upstream))
    const pieces = Array.from({ length: 400 }, (_, i) => Buffer.alloc(50_000, i))
    const written: number[] = []
    for (const [i, piece] of pieces.entries()) {
      peer.write(piece, (error) => {
        expect(error ?? null).toBeNull()
        written.push(i)
      })
    }
    expect(peer.writableNeedDrain).toBe(true)
    expect(written.length).toBeLessThan(400)
    const server = await upstream.peer()
    const got: Buffer[] = []
    server.socket.on('data', (bytes: Buffer) => got.push(bytes))
    server.resume()
    await eventually('it drains', () => log.told.includes('drained'))
    expect(peer.writableLength).toBe(0)
    peer.end()
    await eventually('the other side has all', () => server.ended)
    expect(Buffer.concat(got).equals(Buffer.concat(pieces))).toBe(true)
    expect(written).toEqual(pieces.map((_, i) => i))
    server.end()
    await eventually('it closes', () => log.told.includes('closed'))
    expect(log.told).toEqual(['drained', 'ended', 'closed'])
  })

  test('each side ends on its own, and with both ended it closes', async () => {
    await using upstream = await Upstream.start()
    const { peer, log } = await dialled(handles, at(upstream))
    const server = await upstream.peer()
    server.write('one')
    await eventually('it has read', () => log.read.length === 1)
    server.end()
    await eventually('it has seen the end', () => log.told.includes('ended'))
    expect(peer.readableEnded).toBe(true)
    expect(peer.destroyed).toBe(false)
    peer.write(Buffer.from('two'))
    peer.end()
    await eventually('it closes', () => log.told.includes('closed'))
    await server.reads('two')
    expect(await server.ending()).toBe('FIN')
    expect(Buffer.concat(log.read).toString()).toBe('one')
    expect(log.told).toEqual(['ended', 'closed'])
  })

  test('a pause stops reading, and nothing is lost by it', async () => {
    await using upstream = await Upstream.start()
    const { peer, log } = await dialled(handles, at(upstream))
    peer.pause()
    const server = await upstream.peer()
    const much = Buffer.alloc(30_000_000, 'm')
    server.write(much)
    await eventually('the server cannot write on', () => server.socket.writableLength > 1_000_000)
    expect(log.read).toEqual([])
    peer.resume()
    await eventually('all has come', () => log.read.reduce((sum, { length }) => sum + length, 0) === much.length)
    peer.destroy()
    await eventually('it closes', () => log.told.includes('closed'))
  })

  test('destroySoon closes behind what waits', async () => {
    await using upstream = await Upstream.deaf()
    const { peer, log } = await dialled(handles, at(upstream))
    const much = Buffer.alloc(20_000_000, 'm')
    peer.write(much)
    peer.destroySoon()
    expect(peer.destroyed).toBe(false)
    const server = await upstream.peer()
    let got = 0
    server.socket.on('data', (bytes: Buffer) => {
      got += bytes.length
    })
    server.resume()
    await eventually('it closes', () => log.told.includes('closed'))
    expect(await server.ending()).toBe('FIN')
    expect(got).toBe(much.length)
  })

  test('a name is looked up', async () => {
    await using upstream = await Upstream.start()
    const { peer, log } = await dialled(handles, `localhost:${upstream.port}`)
    expect(remoteAddress(peer)).toBe(at(upstream))
    const server = await upstream.peer()
    server.write('hello')
    await eventually('it reads', () => log.read.length === 1)
    peer.write(Buffer.from('answer'))
    await server.reads('answer')
    resetPeer(peer)
    expect(await server.ending()).toBe('ECONNRESET')
    await eventually('it closes', () => log.told.includes('closed'))
    expect(log.told).toEqual(['closed'])
  })

  test('a socket file has no address, and a reset closes it', async () => {
    const path = join(tmpdir(), `fw-peer-${process.pid}-${handles}.sock`)
    await using upstream = await Upstream.start(() => {}, { path })
    const { peer, log } = await dialled(handles, `unix:${path}`)
    expect(remoteAddress(peer)).toBe('unix')
    peer.write(Buffer.from('hello'))
    await (await upstream.peer()).reads('hello')
    resetPeer(peer)
    await eventually('it closes', () => log.told.includes('closed'))
    expect(log.told).toEqual(['closed'])
  })
})

test('what the peer sent before it left is read although nothing can be written any more', async () => {
  await using upstream = await Upstream.deaf()
  const { peer, log } = await dialled(true, at(upstream))
  peer.pause()
  const server = await upstream.peer()
  const answer = Buffer.alloc(100_000, 'a')
  await new Promise((resolve) => {
    server.socket.write(answer, resolve)
  })
  peer.write(Buffer.from('never read'))
  server.reset()
  await eventually('a write fails', () => {
    peer.write(Buffer.from('more'))
    return !peer.writable
  })
  expect(log.told).toEqual([])
  expect(peer.destroyed).toBe(false)
  expect(peer.writableLength).toBe(0)
  peer.resume()
  await eventually('it closes', () => log.told.includes('closed'))
  expect(Buffer.concat(log.read).equals(answer)).toBe(true)
  expect(log.told).toEqual([expect.stringMatching(/^(EPIPE|ECONNRESET)$/), 'closed'])
})

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  await new Promise((resolve) => {
    server.close(resolve)
  })
  return typeof address === 'object' && address !== null ? address.port : 0
}
