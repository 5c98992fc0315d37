import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { checkedBytes, readChecked, writeChecked } from '../../support/checked-stream.ts'
import { fault } from '../../support/engine-rig-faults.ts'
import { EngineRig } from '../../support/engine-rig.ts'
import { Peer, Upstream } from '../../support/peers.ts'
import { eventually } from '../../support/wait.ts'

const MIB = 2 ** 20
/** More than all kernel buffers on the way can swallow. */
const PLENTY = 48 * MIB
/** One read, and what a waiting chunk takes beside its bytes. */
const ONE_READ = 65_000 + 256

/** Waits until `value` stands still. */
async function settled(value: () => number): Promise<number> {
  let before = -1
  return await eventually('the flow stops', async () => {
    const now = value()
    if (now === before) return { now }
    before = now
    await sleep(300)
    return false
  }).then(({ now }) => now)
}

/** The largest number of bytes that the process held while `during` ran. */
async function mostHeld(rig: EngineRig, during: () => Promise<unknown>): Promise<number> {
  let most = 0
  const watch = setInterval(() => {
    most = Math.max(most, rig.plane.snapshot().held.bytes)
  }, 2)
  try {
    await during()
  } finally {
    clearInterval(watch)
  }
  return most
}

describe('a peer that stops reading', () => {
  test.each([
    ['without a fault', [], 0],
    ['with a delay', [fault('latency', { latency: 20 }, { direction: 'both' })], 2 * MIB],
  ] as const)(
    '%s, stops its sender, holds little, and gets everything when it goes on',
    async (_title, faults, most) => {
      await using upstream = await Upstream.deaf()
      await using rig = new EngineRig({ sessionBudget: 2 * MIB })
      const proxy = await rig.proxy(upstream, { faults })
      using client = await proxy.client()
      const server = await upstream.peer()
      const writing = writeChecked(client.socket, 7, PLENTY)
      const held = await mostHeld(rig, () => settled(() => proxy.sessions()[0]?.bytes.upstream.received ?? 0))
      expect(proxy.sessions()[0]?.bytes.upstream.received).toBeLessThan(PLENTY)
      expect(held).toBeLessThanOrEqual(most + ONE_READ)
      const reading = readChecked(server.socket, 7, PLENTY)
      await Promise.all([writing, reading])
      client.reset()
    },
  )

  test('does not stop the other direction', async () => {
    await using upstream = await Upstream.start((peer) => peer.pause())
    await using rig = new EngineRig()
    const proxy = await rig.proxy(upstream)
    using client = await proxy.client()
    const writing = writeChecked(client.socket, 7, PLENTY).catch(() => 0)
    await settled(() => proxy.sessions()[0]?.bytes.upstream.received ?? 0)
    const server = await upstream.peer()
    for (let round = 0; round < 20; round++) server.write(`${round};`)
    await eventually('all has arrived', () => client.text.endsWith('19;'))
    expect(client.text).toBe(Array.from({ length: 20 }, (_, round) => `${round};`).join(''))
    client.reset()
    await writing
  })

  test('does not hold up any change of its proxy', async () => {
    await using upstream = await Upstream.deaf()
    await using rig = new EngineRig()
    const proxy = await rig.proxy(upstream)
    using client = await proxy.client()
    const writing = writeChecked(client.socket, 7, PLENTY).catch(() => 0)
    await settled(() => proxy.sessions()[0]?.bytes.upstream.received ?? 0)
    const began = performance.now()
    for (let change = 0; change < 100; change++) {
      await proxy.faults(fault('latency', { latency: change }, { direction: 'both' }))
      await proxy.faults()
    }
    await proxy.change({ enabled: false })
    expect(performance.now() - began).toBeLessThan(5000)
    await rig.allEnded()
    await writing
  })
})

test('a long delay holds no more than the session budget, and loses nothing', async () => {
  const sessionBudget = 4 * MIB
  await using upstream = await Upstream.deaf()
  await using rig = new EngineRig({ sessionBudget })
  const slow = fault('latency', { latency: 600_000 }, { direction: 'upstream' })
  const proxy = await rig.proxy(upstream, { faults: [slow] })
  using client = await proxy.client()
  const writing = writeChecked(client.socket, 3, 24 * MIB)
  const server = await upstream.peer()
  const reading = readChecked(server.socket, 3, 24 * MIB)
  const held = await mostHeld(rig, () => settled(() => proxy.sessions()[0]?.bytes.upstream.received ?? 0))
  expect(held).toBeGreaterThan(sessionBudget)
  expect(held).toBeLessThanOrEqual(sessionBudget + ONE_READ)
  await proxy.faults()
  await Promise.all([writing, reading])
  client.reset()
})

/** Pieces of single bytes were counted by their payload: 16 MiB of them took gigabytes, and the process died. */
test('pieces of single bytes stay within the budget in memory, not in payload', async () => {
  await using upstream = await Upstream.deaf()
  await using rig = new EngineRig({ sessionBudget: 8 * MIB })
  const faults = [
    fault('slicer', { average_size: 1 }, { name: 'once', direction: 'upstream' }),
    fault('slicer', { average_size: 1 }, { name: 'again', direction: 'upstream' }),
    fault('latency', { latency: 600_000 }, { direction: 'upstream' }),
  ]
  const proxy = await rig.proxy(upstream, { faults })
  using client = await proxy.client()
  const writing = writeChecked(client.socket, 3, 12 * MIB)
  const reading = readChecked((await upstream.peer()).socket, 3, 12 * MIB)
  const before = process.memoryUsage().rss
  await settled(() => proxy.sessions()[0]?.bytes.upstream.received ?? 0)
  expect(proxy.sessions()[0]?.held.upstream).toBeLessThan(MIB)
  expect(process.memoryUsage().rss - before).toBeLessThan(200 * MIB)
  await proxy.faults()
  await Promise.all([writing, reading])
  client.reset()
})

test('a full process stalls its sessions and resumes them, and every byte arrives', async () => {
  const processBudget = 3 * MIB
  await using upstream = await Upstream.deaf()
  await using rig = new EngineRig({ processBudget })
  const slow = fault('latency', { latency: 600_000 }, { direction: 'upstream' })
  const proxy = await rig.proxy(upstream, { faults: [slow] })
  const clients: Peer[] = []
  const streams: Promise<unknown>[] = []
  for (let seed = 0; seed < 6; seed++) {
    const client = await proxy.client()
    clients.push(client)
    streams.push(
      readChecked((await upstream.peer(seed)).socket, seed, 8 * MIB),
      writeChecked(client.socket, seed, 8 * MIB),
    )
  }
  const held = await mostHeld(rig, () => settled(() => proxy.snapshot.bytes.upstream.received))
  expect(held).toBeGreaterThan(processBudget)
  expect(held).toBeLessThanOrEqual(processBudget + 6 * ONE_READ)
  const { stalls } = rig.plane.snapshot().held
  expect(stalls).toBeGreaterThanOrEqual(6)
  expect(stalls).toBeLessThan(100)
  // A session without a fault holds nothing, and does not suffer.
  const free = await rig.proxy(upstream)
  using other = await free.client()
  other.write('through')
  const server = await upstream.peer(6)
  await eventually('it is not stopped', () => server.socket.bytesRead === 7)
  await proxy.faults()
  await Promise.all(streams)
  for (const client of clients) client.reset()
})

test('a reader of 50 KB every 20 ms gets everything, whatever the fault', async () => {
  const size = 4 * MIB
  await using upstream = await Upstream.start(
    ({ socket }) => void writeChecked(socket, 5, size).catch(() => 0),
    undefined,
    false,
  )
  await using rig = new EngineRig({ sessionBudget: MIB })
  for (const faults of [[], [fault('latency', { latency: 10 })], [fault('slicer', { average_size: 1000 })]]) {
    const proxy = await rig.proxy(upstream, { faults })
    using client = new Peer((await proxy.connect()).socket, false)
    let taken = 0
    const { socket } = client
    socket.removeAllListeners('data')
    socket.on('data', (bytes) => {
      taken += bytes.length
      if (taken < 50_000) return
      taken = 0
      socket.pause()
      setTimeout(() => socket.resume(), 20)
    })
    await expect(readChecked(socket, 5, size)).resolves.toBeUndefined()
    client.reset()
  }
})

describe('a pipe that is cut', () => {
  test('gives back everything exactly when the fault goes', async () => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig()
    const proxy = await rig.proxy(echo)
    using client = await proxy.client()
    const size = 16 * MIB
    const reading = readChecked(client.socket, 9, size)
    const writing = writeChecked(client.socket, 9, size)
    for (let round = 0; round < 5; round++) {
      await eventually('bytes flow', () => client.received > round * MIB)
      await proxy.faults(fault('bandwidth', { rate: 0 }, { direction: 'both' }))
      await sleep(50)
      const before = proxy.sessions()[0]?.bytes.downstream.sent
      await sleep(100)
      expect(proxy.sessions()[0]?.bytes.downstream.sent).toBe(before)
      await proxy.faults()
    }
    await Promise.all([reading, writing])
    client.reset()
  })

  test('holds an end behind its bytes until it is mended', async () => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig()
    const proxy = await rig.proxy(echo, { faults: [fault('bandwidth', { rate: 0 }, { direction: 'upstream' })] })
    using client = await proxy.client()
    client.socket.end(checkedBytes(1, 0, 1000))
    await eventually('it is read', () => proxy.sessions()[0]?.held.upstream === 1000)
    await sleep(50)
    expect(client.ended).toBe(false)
    await proxy.faults()
    await readChecked(client.socket, 1, 1000).catch(() => {})
    await eventually('the echo ends', () => client.ended)
    expect(client.received).toBe(1000)
  })
})
