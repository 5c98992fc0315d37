import { expect, test } from 'vitest'
import { fault } from '../../support/engine-rig-faults.ts'
import { Upstream } from '../../support/peers.ts'
import { WorkersRig } from '../../support/workers-rig.ts'

test.runIf(process.platform === 'linux')(
  'who follows the decisions of several workers misses none of them',
  async () => {
    await using rig = await WorkersRig.start(3)
    await using upstream = await Upstream.echo()
    await rig.put({
      name: 'x',
      upstream: upstream.address,
      faults: [fault('slicer', { average_size: 1 }, { per: 'chunk', probability: 0.5 })],
    })
    const clients = await rig.clients('x', 12)
    const over = new AbortController()
    const busy = clients.map(async (client) => {
      while (!over.signal.aborted) await client.ping()
    })
    const seen: number[] = []
    while (seen.length < 2000) {
      for (const { seq } of await rig.plane.decisions({ after: seen.at(-1) ?? 0 })) seen.push(seq)
    }
    over.abort()
    await Promise.all(busy)
    expect(seen).toEqual(Array.from(seen, (_, index) => index + 1))
  },
)
