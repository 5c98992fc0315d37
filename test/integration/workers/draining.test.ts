import { describe, expect, test } from 'vitest'
import { get, ok } from '../../support/http-rig.ts'
import { type Peer, Upstream } from '../../support/peers.ts'
import { eventually } from '../../support/wait.ts'
import { WorkersRig } from '../../support/workers-rig.ts'

const CLIENTS = 12
const LAST = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok'

describe.runIf(process.platform === 'linux')('several workers that stop', () => {
  test('end sessions between exchanges at once, and the others behind theirs', async () => {
    // Answers at once, but for what is slow.
    const slow: Peer[] = []
    await using upstream = await Upstream.start((peer) => {
      peer.socket.on('data', (bytes) => {
        if (String(bytes).startsWith('GET /slow')) slow.push(peer)
        else peer.write(ok())
      })
      peer.socket.on('end', () => peer.end())
    })
    const rig = await WorkersRig.start(2, { drainMs: 60_000 })
    const endings: string[] = []
    rig.plane.events.on('session-ended', ({ ending }) => endings.push(`${ending?.origin}:${ending?.reason}`))
    await rig.put({ name: 'web', upstream: upstream.address, protocol: 'http' })
    const idle = await rig.clients('web', CLIENTS)
    for (const client of idle) client.write(get())
    for (const client of idle) await client.reads(ok())
    const busy = await rig.clients('web', CLIENTS)
    for (const client of busy) client.write(get('/slow'))
    await eventually('they have been asked', () => slow.length === CLIENTS)

    const closed = rig.plane.close()
    for (const client of idle) expect(await client.ending()).toBe('FIN')
    expect(busy.filter(({ ended }) => ended)).toEqual([])
    for (const peer of slow) peer.write(ok())
    for (const client of busy) {
      await client.reads(LAST)
      expect(await client.ending()).toBe('FIN')
    }
    for (const client of [...idle, ...busy]) client.end()
    // Long before the drain time is over.
    await closed
    expect(endings).toEqual(Array.from({ length: 2 * CLIENTS }, () => 'proxy:shutdown'))
  })
})
