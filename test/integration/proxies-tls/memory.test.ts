import { expect, test } from 'vitest'
import { fault } from '../../support/engine-rig-faults.ts'
import type { Peer } from '../../support/peers.ts'
import { eventually } from '../../support/wait.ts'
import { certificates, helloOf, Place, type PlaceOptions } from './rig.ts'

const CROWD = 2000

/** Bytes of the process that are in use, once what can go has gone. */
function inUse(): number {
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** What each of a crowd costs, its client in this very process included. */
async function costOf(options: PlaceOptions, bytes: Buffer, arrived: (place: Place) => boolean): Promise<number> {
  await using place = await Place.start(options)
  const before = inUse()
  const peers: Peer[] = []
  for (let from = 0; from < CROWD; from += 100) {
    peers.push(...(await Promise.all(Array.from({ length: 100 }, () => place.raw()))))
    for (const peer of peers.slice(from)) peer.write(bytes)
  }
  await eventually('all are there', () => place.states.length === CROWD && arrived(place), 60_000)
  expect(new Set(place.states)).toEqual(new Set(['handshake']))
  const each = (inUse() - before) / CROWD
  for (const peer of peers) peer.reset()
  await place.rig.allEnded()
  expect(place.handshakesFailed).toHaveLength(CROWD)
  return each
}

function allWait(place: Place): boolean {
  return place.counts('tls_stall')[1] === CROWD
}

test.each(['ends TLS', 'passes it through'] as const)(
  'handshakes that do not go on are cheap where a proxy %s, and cost nothing when they are over',
  async (way) => {
    const { authority } = await certificates()
    const hello = await helloOf('db.test')
    const ends: PlaceOptions = way === 'ends TLS' ? { tls: { listen: { authority } } } : {}
    const faults = [fault('tls_stall')]
    const flood = Buffer.concat([hello, Buffer.alloc(30_000)])
    const begun = await costOf({ ...ends, faults }, hello.subarray(0, 500), () => true)
    const stalled = await costOf({ ...ends, faults }, flood, allWait)
    expect(begun).toBeLessThan(50_000)
    // The 30 KB behind the hello of each are kept.
    expect(stalled).toBeLessThan(100_000)
  },
  120_000,
)
