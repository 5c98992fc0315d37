import { expect, test } from 'vitest'
import { EngineRig } from '../../support/engine-rig.ts'
import { begunAnew, fault, type FaultOptions } from '../../support/engine-rig-faults.ts'
import { get, httpFault, HttpRig, ok } from '../../support/http-rig.ts'
import { Upstream } from '../../support/peers.ts'
import { eventually } from '../../support/wait.ts'

const touchedBy = (rig: EngineRig) => rig.plane.sessions({ state: 'all' }).map((session) => session.touchedBy)

test('a session that has lost bytes and ended in order names the fault that took them, though it is gone and its decisions are forgotten', async () => {
  await using echo = await Upstream.echo()
  await using rig = new EngineRig({ decisionsKept: 3 })
  const each: FaultOptions = { per: 'chunk', probability: 0, direction: 'both' }
  const draws = fault('noop', {}, { ...each, name: 'draws' })
  const drops = fault('timeout', {}, { name: 'drops', direction: 'upstream', per: 'chunk' })
  const proxy = await rig.proxy(echo, { faults: [draws] })
  using client = await proxy.client()
  await client.ping('first')
  await proxy.faults(draws, drops)
  client.write('lost')
  await eventually('it was dropped', () => proxy.snapshot.faults['drops']?.applied === 1)
  await proxy.faults(draws, begunAnew(drops, { probability: 0 }))
  for (const word of ['one', 'two', 'three']) await client.ping(word)
  client.end()
  expect((await rig.end()).ending).toMatchObject({ origin: 'client', reason: 'closed' })
  expect(rig.plane.decisions().filter(({ selected, kind }) => selected === true || kind === 'injection')).toEqual([])
  expect(touchedBy(rig)).toEqual([['drops']])
})

test('those who only count, are spared by the draw, or are for others, are not named', async () => {
  await using echo = await Upstream.echo()
  await using rig = new EngineRig()
  const proxy = await rig.proxy(echo, {
    faults: [
      fault('blackhole', {}, { shadow: true, direction: 'both' }),
      fault('latency', { latency: 1 }, { probability: 0 }),
      fault('slicer', { average_size: 1 }, { match: { client: ['192.0.2.1'] } }),
      fault('max_sessions', { max: 5 }),
      fault('noop', {}, { name: 'chunks', per: 'chunk', shadow: true }),
      fault('noop', {}, { name: 'works' }),
    ],
  })
  using client = await proxy.client()
  await client.ping('hello')
  expect(touchedBy(rig)).toEqual([['works']])
})

test('the last 32 are kept, each once', async () => {
  await using echo = await Upstream.echo()
  await using rig = new EngineRig()
  const proxy = await rig.proxy(echo)
  using client = await proxy.client()
  const names = Array.from({ length: 40 }, (_, number) => `noop-${number}`)
  await client.ping('on')
  for (const name of names) await proxy.faults(fault('noop', {}, { name }))
  await proxy.faults(fault('noop', {}, { name: 'noop-39' }))
  expect(touchedBy(rig)).toEqual([names.slice(8)])
})

test('faults on exchanges are named where they worked on one', async () => {
  const match = { path: ['/bad'] }
  await using rig = await HttpRig.start({
    faults: [
      httpFault('http_error', { status: 503 }, { name: 'bad', match }),
      httpFault('http_stall', {}, { name: 'counts', shadow: true }),
      httpFault('http_headers', { response: { set: { 'X-A': 'b' } } }, { name: 'late' }),
    ],
  })
  const { client, server } = await rig.sends(get('/good'))
  server.write(ok())
  await eventually('the first is over', () => rig.log.length === 1)
  expect(touchedBy(rig.rig)).toEqual([['late']])
  client.write(get('/bad'))
  await eventually('both are over', () => rig.log.length === 2)
  expect(touchedBy(rig.rig)).toEqual([['late', 'bad']])
})
