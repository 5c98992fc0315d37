import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { Clock } from '../../../src/core/clock.ts'
import { fault } from '../../support/engine-rig-faults.ts'
import { EngineRig } from '../../support/engine-rig.ts'
import { Upstream } from '../../support/peers.ts'
import { eventually } from '../../support/wait.ts'

/** A minute of it takes 0.3 s. */
const FAST = 200
const fastClock: Clock = {
  now: () => performance.now() * FAST,
  setTimer: (delay, fire) => setTimeout(fire, delay / FAST),
  clearTimer: (timer) => clearTimeout(timer as NodeJS.Timeout),
}

const YEARS = 9e15

// Each of these held its file descriptors for as long as the fault was there, and a pool that tried again ran out of them.
describe('a session whose end a fault holds for ever is dropped when its peers have left', () => {
  test.each([
    ['a cut pipe, both ways', [fault('bandwidth', { rate: 0 }, { direction: 'both' })]],
    ['a delay of years, both ways', [fault('latency', { latency: YEARS }, { direction: 'both' })]],
    ['a close that is held back for years', [fault('slow_close', { delay: YEARS }, { direction: 'both' })]],
    ['a reset that comes in years', [fault('reset_peer', { timeout: YEARS }, { direction: 'both' })]],
  ])('%s', async (_title, faults) => {
    await using upstream = await Upstream.start()
    await using rig = new EngineRig({ clock: fastClock })
    const proxy = await rig.proxy(upstream, { faults })
    using client = await proxy.client()
    const server = await upstream.peer()
    client.write('request')
    server.write('answer')
    client.end()
    server.end()
    expect(await rig.ending()).toMatch(/^(client|upstream):closed$/)
  })

  test('a cut pipe, and both peers have reset', async () => {
    await using upstream = await Upstream.start()
    await using rig = new EngineRig({ clock: fastClock })
    const proxy = await rig.proxy(upstream, { faults: [fault('bandwidth', { rate: 0 }, { direction: 'both' })] })
    using client = await proxy.client()
    const server = await upstream.peer()
    client.write('request')
    server.write('answer')
    await eventually('both wait', () => rig.plane.sessions()[0]?.held.upstream === 7)
    client.reset()
    server.reset()
    expect(await rig.ending()).toMatch(/^(client|upstream):reset$/)
  })
})

test('what is due within the hour is waited for', async () => {
  await using upstream = await Upstream.start()
  await using rig = new EngineRig({ clock: fastClock })
  const proxy = await rig.proxy(upstream, {
    faults: [fault('latency', { latency: 300_000 }, { direction: 'upstream' })],
  })
  using client = await proxy.client()
  const server = await upstream.peer()
  client.write('late')
  client.end()
  server.end()
  await server.reads('late')
  expect(await rig.ending()).toMatch(/^(client|upstream):closed$/)
})

// Each look at those that wait (a change of faults, a session of the proxy that ends) forgot that the client had left, for good.
test.each([
  ['hangs', []],
  ['has to wait first', [fault('accept_delay', { delay: 4000 }, { direction: 'both' })]],
])(
  'a client that %s and has ended its side is given up, however often it is looked at again',
  async (_title, first) => {
    await using upstream = await Upstream.start()
    await using rig = new EngineRig({ clock: fastClock })
    const faults = [...first, fault('hang', {}, { direction: 'both' })]
    const proxy = await rig.proxy(upstream, { faults })
    using client = await proxy.connect()
    client.end()
    await sleep(50)
    await proxy.faults(...faults, fault('noop'))
    expect(await rig.ending()).toBe('client:closed')
  },
)

describe('a session that has lost its server', () => {
  // There is no second end to come: it stayed for as long as the process.
  test('is over some time after, where the client had ended its side before', async () => {
    await using upstream = await Upstream.start()
    await using rig = new EngineRig({ clock: fastClock })
    const lost = fault('half_open', { after: 10_000 }, { direction: 'both' })
    const proxy = await rig.proxy(upstream, { faults: [lost] })
    using client = await proxy.client()
    client.end()
    expect(await rig.ending()).toBe('injected:half_open')
  })

  test('is over when the drain of its proxy is', async () => {
    await using upstream = await Upstream.start()
    await using rig = new EngineRig({ clock: fastClock, drainMs: 40_000 })
    const lost = fault('half_open', { after: 10_000 }, { direction: 'both' })
    const proxy = await rig.proxy(upstream)
    using client = await proxy.client()
    await proxy.faults(lost)
    await proxy.remove()
    expect(await client.ending()).toBe('FIN')
    expect(await rig.ending()).toBe('injected:half_open')
  })
})
