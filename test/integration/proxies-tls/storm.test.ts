import { beforeAll, expect, test } from 'vitest'
import type { FaultPlan } from '../../../src/core/plan.ts'
import { randomFor } from '../../../src/core/random.ts'
import { proxyHeader } from '../../../src/protocols/proxy-protocol/header.ts'
import { fault } from '../../support/engine-rig-faults.ts'
import { Upstream, type Peer } from '../../support/peers.ts'
import { eventually } from '../../support/wait.ts'
import {
  certificates,
  helloOf,
  Place,
  secure,
  tlsEcho,
  tlsOver,
  turns,
  type PlaceOptions,
  type TlsPeer,
} from './rig.ts'

let hello: Buffer

beforeAll(async () => {
  await certificates()
  hello = await helloOf('db.test')
})

const random = randomFor(7, 'storm')

/** 0 … below `end`. */
function randomInt(end: number): number {
  return Math.floor(random.next() * end)
}

const FAULTS: readonly FaultPlan[] = [
  fault('tls_stall', {}, { probability: 0.5 }),
  fault('tls_delay', { delay: 20, jitter: 20 }),
  fault('tls_cut', { how: 'reset', after: 5 }, { probability: 0.3 }),
  fault('tls_alert', {}, { probability: 0.2, onRemove: 'reset' }),
  fault('latency', { latency: 5 }, { match: { sni: ['db.*'] } }),
  fault('accept_delay', { delay: 10 }),
  fault('max_sessions', { max: 20, beyond: 'queue' }),
]

const HEADER = proxyHeader('v2', { address: '192.0.2.7', port: 1 }, { address: '192.0.2.8', port: 2 })

/** What clients do at any moment: with a header or without, a piece of a hello or a whole handshake, and then they leave, or not. */
async function visit(place: Place, header: boolean): Promise<Peer> {
  const raw = await place.raw()
  if (header && randomInt(10) > 0) raw.write(HEADER)
  const what = randomInt(5)
  if (what === 0) raw.write(hello.subarray(0, randomInt(hello.length)))
  if (what === 1) raw.write(Buffer.concat([hello, Buffer.alloc(randomInt(100_000))]))
  if (what === 2) raw.write('GET / HTTP/1.1\r\n\r\n')
  const peer = what > 2 ? tlsOver(raw.socket, { ca: place.authority.cert, servername: 'db.test' }) : raw
  await turns(randomInt(30))
  if (what > 2) peer.write(Buffer.alloc(1000))
  await turns(randomInt(30))
  const how = randomInt(4)
  if (how === 0) raw.end()
  if (how === 1) raw.socket.destroy()
  if (how === 2 && what <= 2) raw.reset()
  return peer
}

async function changes(place: Place, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    await place.proxy.faults(...FAULTS.filter(() => randomInt(2) === 0))
    const sessions = place.proxy.sessions()
    const victim = sessions[randomInt(sessions.length + 5)]
    if (victim !== undefined) place.rig.plane.kill(victim.id)
    if (randomInt(20) === 0) {
      await place.proxy.change({ enabled: false })
      await place.proxy.change({ enabled: true })
    }
    await turns(20)
  }
}

test.each([
  ['ends TLS', false],
  ['ends TLS', true],
  ['passes it through', false],
  ['passes it through', true],
] as const)(
  'whatever clients, faults and operators do to a proxy that %s (PROXY header: %s), each connection ends, once',
  async (way, header) => {
    const { authority } = await certificates()
    const ends = way === 'ends TLS'
    await using upstream = ends ? await Upstream.echo() : await tlsEcho()
    const options: PlaceOptions = {
      tls: ends ? { listen: { authority } } : { peek: true },
      ...(header ? { proxyProtocol: { accept: true } as const } : {}),
    }
    await using place = await Place.start({ ...options, to: upstream })
    let over = false
    const changing = changes(place, () => over)
    const peers: Peer[] = []
    for (let wave = 0; wave < 30; wave++) {
      const visits = Array.from({ length: 10 }, () => visit(place, header))
      for (const outcome of await Promise.allSettled(visits))
        if (outcome.status === 'fulfilled') peers.push(outcome.value)
    }
    over = true
    await changing
    await place.proxy.faults()
    await place.proxy.change({ enabled: true })
    // It is as good as new.
    const raw = await place.raw()
    if (header) raw.write(HEADER)
    using after: TlsPeer = tlsOver(raw.socket, { ca: authority.cert, servername: 'db.test' })
    await secure(after)
    await after.ping()
    for (const peer of peers) peer.socket.destroy()
    for (const { id } of place.proxy.sessions()) place.rig.plane.kill(id)
    await place.rig.allEnded()
    const { total, endings } = place.proxy.snapshot.sessions
    expect(Object.values(endings).reduce((sum, count) => sum + count, 0)).toBe(total)
    expect(new Set(place.rig.ended.map(({ id }) => id)).size).toBe(total)
    // None is told of twice.
    const told = place.handshakesFailed.map((line) => line.split(':')[0])
    expect(new Set(told).size).toBe(told.length)
    await eventually('every client is let go', () => peers.every(({ closed }) => closed))
  },
  60_000,
)
