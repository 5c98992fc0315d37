import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { EngineRig } from '../../support/engine-rig.ts'
import { Peer, Upstream } from '../../support/peers.ts'
import { eventually } from '../../support/wait.ts'

/** What /proc/net/tcp calls a keep-alive timer. */
const KEEP_ALIVE = '02'

/** The timers of connections whose local or remote port is `port`, by that side, as the kernel has them. */
async function timersOf(side: 'local' | 'remote', port: number): Promise<readonly string[]> {
  const lines = (await readFile('/proc/net/tcp', 'latin1')).split('\n').slice(1)
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  return lines.flatMap((line) => {
    const [, local = '', remote = '', state, , timer = ''] = line.trim().split(/\s+/)
    const address = side === 'local' ? local : remote
    return state === '01' && address.endsWith(`:${hex}`) ? [timer.slice(0, 2)] : []
  })
}

test.runIf(process.platform === 'linux')('the kernel looks after both connections of a session', async () => {
  await using upstream = await Upstream.echo()
  await using rig = new EngineRig()
  const proxy = await rig.proxy(upstream)
  using client = await Peer.connect(proxy.port)
  await client.ping()
  await eventually('that of the client, which is there at once', async () => {
    const timers = await timersOf('local', proxy.port)
    return timers.length === 1 && timers[0] === KEEP_ALIVE
  })
  const { port } = new URL(`tcp://${upstream.address}`)
  await eventually('and that of the upstream', async () => {
    const timers = await timersOf('remote', Number(port))
    return timers.length === 1 && timers[0] === KEEP_ALIVE
  })
  expect(rig.plane.sessions()).toHaveLength(1)
})
