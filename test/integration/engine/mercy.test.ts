import { expect, test } from 'vitest'
import { EngineRig } from '../../support/engine-rig.ts'
import { fault } from '../../support/engine-rig-faults.ts'
import { Upstream } from '../../support/peers.ts'
import { eventually } from '../../support/wait.ts'

const HELD = { latency: 3_600_000 }

test('with mercy, faults that would reset their sessions when they go let them go on, with what they held', async () => {
  await using echo = await Upstream.echo()
  await using rig = new EngineRig()
  const slow = fault('latency', HELD, { onRemove: 'reset' })
  const proxies = [await rig.proxy(echo, { faults: [slow] }), await rig.proxy(echo, { faults: [slow] })]
  const clients = await Promise.all(proxies.map(async (proxy) => await proxy.client()))
  for (const client of clients) client.write('held')
  await eventually('it is held', () => proxies.every((proxy) => proxy.sessions()[0]?.held.downstream === 4))
  const put = proxies.map(({ plan }) => Object.assign({}, plan, { faults: [] }))
  for (const proxy of proxies) proxy.plan = { ...proxy.plan, faults: [] }
  await rig.plane.apply({ put, mercy: true })
  for (const client of clients) {
    await client.reads('held')
    client.write(' on')
    await client.reads('held on')
    expect(client.error).toBeUndefined()
    client[Symbol.dispose]()
  }
})

test('without it they are reset', async () => {
  await using echo = await Upstream.echo()
  await using rig = new EngineRig()
  const proxy = await rig.proxy(echo, { faults: [fault('latency', HELD, { onRemove: 'reset' })] })
  using client = await proxy.client()
  await proxy.faults()
  expect(await rig.ending()).toBe('injected:latency')
  expect(client.text).toBe('')
})

test('those whose bytes are missing end as ever', async () => {
  await using echo = await Upstream.echo()
  await using rig = new EngineRig()
  const proxy = await rig.proxy(echo, { faults: [fault('blackhole', {}, { onRemove: 'reset' })] })
  using lost = await proxy.client()
  using untouched = await proxy.client()
  lost.write('gone')
  await eventually('it is dropped', () => proxy.snapshot.faults['blackhole']?.applied === 1)
  await proxy.change({ faults: [] }, { mercy: true })
  expect(await rig.ending()).toBe('injected:blackhole')
  await untouched.ping('still here')
  expect(proxy.sessions()).toHaveLength(1)
})

test('connections that hang are let in', async () => {
  await using echo = await Upstream.echo()
  await using rig = new EngineRig()
  const proxy = await rig.proxy(echo, { faults: [fault('hang', {}, { direction: 'both', onRemove: 'reset' })] })
  const clients = await Promise.all(Array.from({ length: 50 }, async () => await proxy.connect()))
  for (const client of clients) client.write('hello')
  await eventually('all wait', () => proxy.sessions().filter(({ state }) => state === 'waiting').length === 50)
  await proxy.change({ faults: [] }, { mercy: true })
  for (const client of clients) {
    await client.reads('hello')
    expect(client.error).toBeUndefined()
    client[Symbol.dispose]()
  }
})
