import { describe, expect, test } from 'vitest'
import { fault } from '../../support/engine-rig-faults.ts'
import { EngineRig } from '../../support/engine-rig.ts'
import { Upstream } from '../../support/peers.ts'
import { eventually } from '../../support/wait.ts'

const CASES = [
  ['without a fault', []],
  ['with a delay both ways', [fault('latency', { latency: 30 }, { direction: 'both' })]],
] as const

describe.each(CASES)('%s', (_title, faults) => {
  test('a client that has said all it has to say still gets the whole answer', async () => {
    const answer = Buffer.alloc(3_000_000, 'answer ')
    await using upstream = await Upstream.start((peer) => {
      peer.socket.on('end', () => peer.socket.end(answer))
    })
    await using rig = new EngineRig()
    const proxy = await rig.proxy(upstream, { faults })
    using client = await proxy.connect()
    client.write('question')
    client.end()
    await eventually('the answer is over', () => client.ended)
    expect(Buffer.concat(client.chunks).equals(answer)).toBe(true)
    expect((await upstream.peer()).text).toBe('question')
    expect(await rig.ending()).toBe('client:closed')
    expect(client.error).toBeUndefined()
  })

  test('so does an upstream that has ended first', async () => {
    await using upstream = await Upstream.start((peer) => peer.socket.end('greeting'))
    await using rig = new EngineRig()
    const proxy = await rig.proxy(upstream, { faults })
    using client = await proxy.connect()
    await eventually('the upstream has ended', () => client.ended)
    expect(client.text).toBe('greeting')
    const story = Buffer.alloc(2_000_000, 'story ')
    client.socket.end(story)
    const server = await upstream.peer()
    await eventually('the client has ended', () => server.ended)
    expect(Buffer.concat(server.chunks).equals(story)).toBe(true)
    expect(await rig.ending()).toBe('upstream:closed')
  })

  test('one half stays open for as long as nobody ends it', async () => {
    await using upstream = await Upstream.start()
    await using rig = new EngineRig()
    const proxy = await rig.proxy(upstream, { faults })
    using client = await proxy.client()
    client.end()
    const server = await upstream.peer()
    await eventually('the end reaches the upstream', () => server.ended)
    for (const text of ['a', 'ab', 'abc']) {
      server.write(text.slice(-1))
      await client.reads(text)
    }
    expect(proxy.sessions()).toMatchObject([{ state: 'open', ending: null }])
    server.end()
    expect(await rig.ending()).toBe('client:closed')
  })
})

test('slow_close holds back the end of its own direction alone', async () => {
  await using upstream = await Upstream.start((peer) => peer.socket.on('end', () => peer.socket.end('answer')))
  await using rig = new EngineRig()
  const proxy = await rig.proxy(upstream, { faults: [fault('slow_close', { delay: 300 }, { direction: 'upstream' })] })
  using client = await proxy.client()
  const began = performance.now()
  client.end()
  await eventually('the answer is over', () => client.ended)
  expect(performance.now() - began).toBeGreaterThanOrEqual(299)
  expect(client.text).toBe('answer')
})

describe('an orderly close that a fault causes', () => {
  // It used to drop what the other direction held: an answer that a thin pipe was still delivering never came.
  test('lets the other direction deliver what it holds first', async () => {
    await using upstream = await Upstream.start()
    await using rig = new EngineRig()
    const late = fault('latency', { latency: 200 }, { direction: 'downstream' })
    const limit = fault('limit_data', { bytes: 5 }, { direction: 'upstream' })
    const proxy = await rig.proxy(upstream, { faults: [late, limit] })
    using client = await proxy.client()
    const server = await upstream.peer()
    server.write('answer')
    await eventually('the answer waits', () => rig.plane.sessions()[0]?.held.downstream === 6)
    client.write('12345')
    expect(await client.ending()).toBe('FIN')
    expect(client.text).toBe('answer')
    expect(server.text).toBe('12345')
    expect(await rig.ending()).toBe('injected:limit_data')
  })

  test('waits for a slow_close of the other direction', async () => {
    await using upstream = await Upstream.start()
    await using rig = new EngineRig()
    const hold = fault('slow_close', { delay: 300 }, { direction: 'downstream' })
    const proxy = await rig.proxy(upstream, {
      faults: [hold, fault('limit_data', { bytes: 1 }, { direction: 'upstream' })],
    })
    using client = await proxy.client()
    const before = performance.now()
    client.write('x')
    expect(await client.ending()).toBe('FIN')
    expect(performance.now() - before).toBeGreaterThanOrEqual(299)
  })
})
