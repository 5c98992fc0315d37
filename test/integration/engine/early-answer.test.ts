import { expect, test } from 'vitest'
import { EngineRig } from '../../support/engine-rig.ts'
import { Upstream } from '../../support/peers.ts'
import { eventually } from '../../support/wait.ts'

const ANSWER = 'no more of that, '.repeat(1000)

/** What a server does that refuses an upload: it answers, and closes although more is coming, which resets the connection. */
test('an early answer reaches a client that still sends, and the session ends with the reset', async () => {
  await using upstream = await Upstream.start(
    (peer) => {
      peer.socket.once('readable', () => peer.socket.write(ANSWER, () => peer.socket.resetAndDestroy()))
    },
    undefined,
    false,
  )
  await using rig = new EngineRig()
  const proxy = await rig.proxy(upstream)
  for (let i = 0; i < 40; i++) {
    using client = await proxy.client()
    client.write(Buffer.alloc(4_000_000, 'u'))
    await eventually('the client is told', () => client.closed || client.ended)
    expect(client.text).toBe(ANSWER)
    await eventually('the session ends', () => proxy.sessions().length === 0)
  }
  expect(await rig.ending()).toBe('upstream:reset')
})
