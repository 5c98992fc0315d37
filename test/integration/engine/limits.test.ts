import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import type { ProxyPlan } from '../../../src/core/plan.ts'
import { EngineRig } from '../../support/engine-rig.ts'
import { Peer, Upstream } from '../../support/peers.ts'
import { eventually } from '../../support/wait.ts'

test('two thousand proxies start, serve, change and go', { timeout: 120_000 }, async () => {
  await using echo = await Upstream.echo()
  await using rig = new EngineRig()
  const plans = Array.from({ length: 2000 }, (_, index): ProxyPlan => {
    return {
      name: `p${index}`,
      listen: '127.0.0.1:0',
      upstream: echo.address,
      enabled: true,
      protocol: 'tcp',
      faults: [],
    }
  })
  const outcomes = await rig.plane.apply({ put: plans })
  expect(outcomes.every(({ running }) => running)).toBe(true)
  expect(new Set(outcomes.map(({ listen }) => listen)).size).toBe(2000)
  for (let index = 0; index < 2000; index += 40) {
    using client = await Peer.connect(Number(outcomes[index]?.listen.split(':')[1]))
    await client.ping(`proxy ${index}`)
    client.end()
    await eventually('the end comes back', () => client.ended)
  }
  await eventually('its sessions have ended', () => rig.ended.length === 50)
  expect(new Set(rig.ended.map(({ proxy }) => proxy)).size).toBe(50)
  const disabled = plans.slice(0, 1000).map((plan) => Object.assign({}, plan, { enabled: false }))
  const stopped = await rig.plane.apply({ put: disabled })
  expect(stopped.some(({ running }) => running)).toBe(false)
  await rig.plane.apply({ remove: plans.map(({ name }) => name) })
  // Of deleted proxies, the counters are kept where something was counted.
  expect(rig.plane.snapshot().proxies).toHaveLength(50)
})

// A session needs two: with the one limit it is accepting that fails first, with the other one dialing.
test.each([80, 81])(
  'out of its %d file descriptors, a proxy goes on by itself when there are some again',
  async (limit) => {
    await using echo = await Upstream.echo()
    const program = fileURLToPath(new URL('../../support/engine-rig-child.ts', import.meta.url))
    const child = spawn(
      'sh',
      ['-c', `ulimit -n ${limit} && exec "$@"`, 'sh', process.execPath, program, echo.address],
      {
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    )
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const line = async (): Promise<string> => String((await lines.next()).value)
    try {
      const port = Number((await line()).split(':')[1])
      const crowd = Array.from({ length: 100 }, () => new Peer(connect({ host: '127.0.0.1', port })))
      await eventually(
        'some of them are turned away',
        () => crowd.filter(({ ended, closed }) => ended || closed).length > 10,
      )
      expect(child.exitCode).toBeNull()
      for (const one of crowd) one[Symbol.dispose]()
      await eventually('it serves again', async () => {
        const client = await Peer.connect(port)
        try {
          client.write('back')
          await eventually('an answer', () => client.text === 'back', 500)
          return true
        } catch {
          return false
        } finally {
          client[Symbol.dispose]()
        }
      })
      child.stdin.write('troubles\n')
      const troubles = JSON.parse(await line()) as string[]
      // Nothing of this is the upstream's doing.
      for (const trouble of troubles)
        expect(trouble).toMatch(/^(client:|proxy:dial_failed|accept: too many open files|file descriptors run out)/)
    } finally {
      child.stdin.end()
      await once(child, 'exit')
    }
  },
)
