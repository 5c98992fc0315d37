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
