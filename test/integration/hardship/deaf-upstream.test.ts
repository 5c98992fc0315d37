import { once } from 'node:events'
import { expect, test } from 'vitest'
import { readChecked, writeChecked } from '../../support/checked-stream.ts'
import { Peer, Upstream } from '../../support/peers.ts'
import { eventually } from '../../support/wait.ts'
import { HardServer, NOT_LINUX } from './rig.ts'

const MIB = 2 ** 20
const SESSION = 2 * MIB
const PROCESS = 16 * MIB
/** One read may be under way where a budget ends, and what waits costs a little more than its bytes. */
const ONE_READ = 65_536 + 256
const FLOODS = 20

interface Held {
  readonly held: { readonly bytes: number }
}

interface Sessions {
  readonly sessions: readonly { readonly held: { readonly upstream: number; readonly downstream: number } }[]
}

test.skipIf(NOT_LINUX !== '')(
  `upstreams that accept and never read cost their budgets, and nobody else anything${NOT_LINUX}`,
  async () => {
    await using deaf = await Upstream.deaf()
    await using echo = await Upstream.echo()
    await using server = await HardServer.start({
      flags: ['--session-buffer', String(SESSION), '--process-buffer', String(PROCESS)],
    })
    const jammed = await server.proxy('jammed', deaf.address)
    const free = await server.proxy('free', echo.address)
    // A delay may keep as much as the budgets allow.
    await server.call('POST', '/v1/proxies/jammed/faults', {
      name: 'slow',
      type: 'latency',
      latency: '1h',
      direction: 'upstream',
    })
    const before = server.resident

    const floods = await Promise.all(Array.from({ length: FLOODS }, () => Peer.connect(jammed)))
    const stop = new AbortController()
    const writing = floods.map(({ socket }) => writeChecked(socket, 1, 1e12, { signal: stop.signal }).catch(() => {}))
    try {
      let last = -1
      await eventually('the budget of the process is used up', async () => {
        const { held } = await server.call<Held>('GET', '/v1/status')
        const stands = held.bytes === last && held.bytes > PROCESS / 2
        last = held.bytes
        return stands
      })
      const { held } = await server.call<Held>('GET', '/v1/status')
      expect(held.bytes).toBeLessThanOrEqual(PROCESS + FLOODS * ONE_READ)
      const { sessions } = await server.call<Sessions>('GET', '/v1/sessions?proxy=jammed')
      expect(sessions).toHaveLength(FLOODS)
      for (const session of sessions) expect(session.held.upstream).toBeLessThanOrEqual(SESSION + ONE_READ)
      // What is held, as much again for what the allocator makes of it, and code that was compiled meanwhile.
      expect(server.resident - before).toBeLessThan(2 * PROCESS + 64 * MIB)

      // Others go on, byte for byte, and so does the API.
      await Promise.all(Array.from({ length: 5 }, (_, seed) => exchanged(free, seed)))
      for (let round = 0; round < 20; round++) {
        await server.call('POST', '/v1/proxies/free/faults', { name: 'some', type: 'latency', latency: round })
        await server.call('DELETE', '/v1/proxies/free/faults/some')
      }

      // Without the delay it is the kernel's buffers that are full, and nothing of it waits in the proxy for long.
      await server.call('DELETE', '/v1/proxies/jammed/faults/slow')
      await Promise.all(Array.from({ length: 5 }, (_, seed) => exchanged(free, 100 + seed)))
    } finally {
      stop.abort()
      for (const { socket } of floods) socket.destroy()
    }
    await Promise.all(writing)
    for (const peer of deaf.peers) peer.socket.destroy()
    await eventually('everything is let go', async () => {
      const { held, sessions } = await server.call<Held & { sessions: { active: number } }>('GET', '/v1/status')
      return held.bytes === 0 && sessions.active === 0
    })
    expect(await server.stop()).toBe(0)
    expect(server.stderr).toBe('')
  },
  120_000,
)

/** A megabyte there and back. */
async function exchanged(port: number, seed: number): Promise<void> {
  using client = await Peer.connect(port)
  const back = readChecked(client.socket, seed, MIB)
  await writeChecked(client.socket, seed, MIB)
  const ended = once(client.socket, 'end')
  client.end()
  await back
  await ended
}
