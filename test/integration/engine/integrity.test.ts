import { describe, expect, test } from 'vitest'
import type { FaultPlan } from '../../../src/core/plan.ts'
import { readChecked, writeChecked } from '../../support/checked-stream.ts'
import { fault } from '../../support/engine-rig-faults.ts'
import { EngineRig } from '../../support/engine-rig.ts'
import { Upstream } from '../../support/peers.ts'
import { eventually } from '../../support/wait.ts'

const both = { direction: 'both' } as const

const CHAINS: readonly [title: string, faults: readonly FaultPlan[]][] = [
  ['nothing', []],
  ['noop', [fault('noop', {}, both)]],
  ['latency', [fault('latency', { latency: 15, jitter: 10 }, both)]],
  ['bandwidth', [fault('bandwidth', { rate: 20e6 }, both)]],
  ['slicer', [fault('slicer', { average_size: 3000, size_variation: 2000 }, both)]],
  [
    'all of them',
    [
      fault('slicer', { average_size: 5000 }, both),
      fault('latency', { latency: 5 }, both),
      fault('bandwidth', { rate: 30e6 }, both),
      fault('slow_close', { delay: 20 }, both),
    ],
  ],
]

const SIZES: readonly [title: string, pieceSize: () => number, total: number][] = [
  ['large writes', () => 1_000_000, 6_000_000],
  ['writes around a cell of read memory', () => 2047 + Math.floor(Math.random() * 3), 600_000],
  ['single bytes', () => 1, 3000],
]

/** Connections may come as handles, read into our own memory, or as whole sockets where a Node does not give handles away. */
describe.each([true, false])('accepted as handles: %s', (acceptHandles) => {
  test.each(CHAINS)('%s: every byte arrives once and in order', async (_title, faults) => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig({ acceptHandles })
    const proxy = await rig.proxy(echo, { faults })
    for (const [seed, [, pieceSize, total]] of SIZES.entries()) {
      using client = await proxy.client()
      const reading = readChecked(client.socket, seed, total)
      await writeChecked(client.socket, seed, total, { pieceSize })
      await reading
      client.end()
      await eventually('the end comes back', () => client.ended)
    }
    await rig.end(SIZES.length - 1)
    for (const [index, [, , size]] of SIZES.entries()) {
      const counted = { received: size, sent: size }
      expect(rig.ended[index]).toMatchObject({ bytes: { upstream: counted, downstream: counted } })
      expect(rig.ended[index]?.ending).toMatchObject({ origin: 'client', reason: 'closed' })
    }
  })

  test('many sessions at once do not mix', async () => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig({ acceptHandles })
    const proxy = await rig.proxy(echo)
    await Promise.all(
      Array.from({ length: 40 }, async (_, seed) => {
        using client = await proxy.connect()
        const reading = readChecked(client.socket, seed, 500_000)
        await writeChecked(client.socket, seed, 500_000, { pieceSize: () => 1 + ((seed * 997) % 9000) })
        await reading
      }),
    )
    await rig.allEnded()
    expect(proxy.snapshot.bytes.downstream).toEqual({ received: 40 * 500_000, sent: 40 * 500_000 })
  })

  test('ends and resets pass', async () => {
    await using upstream = await Upstream.start((peer) => peer.socket.on('end', () => peer.socket.end('answer')))
    await using rig = new EngineRig({ acceptHandles })
    const proxy = await rig.proxy(upstream)
    using client = await proxy.client()
    client.socket.end('question')
    await eventually('the answer is over', () => client.ended)
    expect(client.text).toBe('answer')
    expect(await rig.ending(0)).toBe('client:closed')
    using other = await proxy.client()
    other.reset()
    expect(await (await upstream.peer(1)).ending()).toBe('ECONNRESET')
    expect(await rig.ending(1)).toBe('client:reset')
    using third = await proxy.client()
    ;(await upstream.peer(2)).reset()
    expect(await third.ending()).toBe('ECONNRESET')
  })

  test('what a client has sent before its session is open is not lost', async () => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig({ acceptHandles })
    const proxy = await rig.proxy(echo)
    for (let round = 0; round < 20; round++) {
      using client = await proxy.connect()
      client.socket.end(`early ${round}`)
      await eventually('the echo ends', () => client.ended)
      expect(client.text).toBe(`early ${round}`)
    }
  })

  test('a reader that stalls slows its sender down', async () => {
    await using upstream = await Upstream.deaf()
    await using rig = new EngineRig({ acceptHandles })
    const proxy = await rig.proxy(upstream)
    using client = await proxy.client()
    const total = 40_000_000
    const writing = writeChecked(client.socket, 1, total)
    await eventually('bytes flow', () => (proxy.sessions()[0]?.bytes.upstream.sent ?? 0) > 1_000_000)
    const server = await upstream.peer()
    expect(proxy.sessions()[0]?.held.upstream).toBeLessThan(200_000)
    await Promise.all([writing, readChecked(server.socket, 1, total)])
    client.reset()
  })
})
