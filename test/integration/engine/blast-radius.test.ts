import { describe, expect, test } from 'vitest'
import { EngineRig } from '../../support/engine-rig.ts'
import { fault, likelier } from '../../support/engine-rig-faults.ts'
import { bodyFault, get, httpFault, HttpRig, ok, type HttpFaultOptions } from '../../support/http-rig.ts'
import { helloMessage, inRecords } from '../../support/hello-bytes.ts'
import { type Peer, Upstream } from '../../support/peers.ts'
import { eventually } from '../../support/wait.ts'

const BOUND = { limits: { maxAddedDelay: 1000 } }
const HELD = { latency: 3_600_000 }

describe('a share that is too large', () => {
  test('lets all sessions of the fault go on, with what it held, on all proxies of its owner', async () => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig()
    const owned = { owner: 'profile:x', ownerLimits: { maxShare: 0.9 } }
    const told: object[] = []
    rig.plane.events.on('limit-crossed', (crossed) => told.push(crossed))
    const [a, b] = [
      await rig.proxy(echo, { name: 'a', faults: [fault('latency', HELD, owned)] }),
      await rig.proxy(echo, { name: 'b', faults: [fault('latency', HELD, { ...owned, onRemove: 'reset' })] }),
    ]
    const clients: Peer[] = []
    const come = async (proxy: typeof a): Promise<void> => {
      const client = await proxy.client()
      client.write('held')
      clients.push(client)
    }
    for (let index = 0; index < 10; index++) await come(a)
    for (let index = 0; index < 9; index++) await come(b)
    const held = (): number => rig.plane.sessions().reduce((sum, one) => sum + one.held.downstream, 0)
    await eventually('all is held', () => held() === 19 * 4)
    await come(b)
    for (const client of clients) await client.reads('held')
    for (const client of clients) await client.ping('on').finally(() => client[Symbol.dispose]())
    expect([a, b].map(({ snapshot }) => snapshot.faults['latency'])).toMatchObject([
      { state: 'disarmed', selected: 10, active: 0 },
      { state: 'disarmed', selected: 9, active: 0, skipped: { max_share: 1 } },
    ])
    expect(told).toEqual([{ proxy: 'b', fault: 'latency', limit: 'max_share', scope: 'owner', bound: 0.9, value: 1 }])
  })
})

describe('a profile that is spent', () => {
  test('works on by itself, on idle sessions too, when another of its faults is new', async () => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig()
    const owned = { owner: 'profile:x', ownerLimits: { maxInjections: 1 } }
    const [proxy, other] = [await rig.proxy(echo), await rig.proxy(echo)]
    const clients = [await proxy.client(), await proxy.client()]
    await proxy.faults(fault('lifetime', { after: 1 }, owned))
    await rig.end()
    expect(proxy.snapshot.faults['lifetime']).toMatchObject({ state: 'disarmed', applied: 1 })
    expect(proxy.sessions()).toHaveLength(1)
    await other.faults(fault('noop', {}, owned))
    expect(await rig.ending(1)).toBe('injected:lifetime')
    for (const client of clients) client[Symbol.dispose]()
  })
})

describe('a connection that would wait for too long', () => {
  test.each([
    ['hang', {}],
    ['accept_delay', { delay: 2000 }],
    ['connect_delay', { delay: 2000 }],
  ])('for %s is let in at once', async (type, params) => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig({ limits: { maxAddedDelay: 1000 } })
    const proxy = await rig.proxy(echo, { faults: [fault(type, params, { direction: 'both' })] })
    using client = await proxy.client()
    await client.ping('in')
    expect(proxy.snapshot.faults[type]).toMatchObject({
      state: 'disarmed',
      applied: 0,
      disarmed: { limit: 'max_added_delay', scope: 'process', bound: 1000 },
    })
  })

  test('in the queue is let in when it has waited for as long as it may', async () => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig()
    const queue = fault('max_sessions', { max: 1, beyond: 'queue' }, { limits: { maxAddedDelay: 200 } })
    const proxy = await rig.proxy(echo, { faults: [queue] })
    using first = await proxy.client()
    using second = await proxy.connect()
    second.write('hello')
    await eventually('it waits', () => proxy.sessions()[1]?.state === 'waiting')
    expect(proxy.snapshot.faults['max_sessions']).toMatchObject({ state: 'working' })
    await second.reads('hello')
    expect(proxy.snapshot.faults['max_sessions']).toMatchObject({ state: 'disarmed', applied: 1 })
    await first.ping('as ever')
  })
})

test.each([
  ['tls_stall', {}],
  ['tls_delay', { delay: 2000 }],
])('a TLS handshake that %s would hold up for too long goes on at once', async (type, params) => {
  await using echo = await Upstream.echo()
  await using rig = new EngineRig()
  const proxy = await rig.proxy(echo, { faults: [fault(type, params, { direction: 'both', ...BOUND })] })
  using client = await proxy.connect()
  const hello = inRecords(helloMessage()).toString('latin1')
  client.write(Buffer.from(hello, 'latin1'))
  await client.reads(hello)
  expect(proxy.snapshot.faults[type]).toMatchObject({ state: 'disarmed', applied: 0 })
})

describe('an exchange that would wait for too long', () => {
  test.each([
    ['http_latency', httpFault('http_latency', { latency: 2000 }, BOUND)],
    ['http_stall', httpFault('http_stall', {}, BOUND)],
    ['http_stall amid the body', httpFault('http_stall', { at: 'body', after: 1 }, BOUND)],
    ['latency of bodies', bodyFault('latency', { latency: 2000 }, BOUND)],
  ])('for %s goes on at once', async (_name, one) => {
    await using rig = await HttpRig.start({ faults: [one] })
    const { client, server } = await rig.sends(get())
    server.write(ok())
    await client.reads(ok())
    expect(rig.proxy.snapshot.faults[one.name]).toMatchObject({ state: 'disarmed', applied: 0 })
    rig.advance(1)
    client.write(get())
    await server.reads(get() + get())
    server.write(ok())
    await client.reads(ok() + ok())
    expect(client.error).toBeUndefined()
  })
})

/** Of so many exchanges on one connection. */
async function statuses(rig: HttpRig, count: number): Promise<readonly number[]> {
  const client = await rig.client()
  const before = rig.exchanges().length
  for (let index = 0; index < count; index++) {
    client.write(get())
    await eventually('it is over', () => rig.exchanges().length === before + index + 1)
  }
  return rig
    .exchanges()
    .slice(before)
    .map(({ status }) => status ?? 0)
}

async function start(options: HttpFaultOptions): Promise<HttpRig> {
  const rig = await HttpRig.start({ faults: [httpFault('http_error', { status: 503 }, options)] })
  void answerAll(rig).catch(() => undefined)
  return rig
}

async function answerAll(rig: HttpRig): Promise<void> {
  const peer = await rig.upstream.peer()
  for (const _ of peer.text.matchAll(/\r\n\r\n/g)) peer.write(ok())
  peer.socket.on('data', () => peer.write(ok()))
}

describe('limits of exchanges', () => {
  test('a share is of those that were seen, also of those that do not match', async () => {
    await using rig = await start({ limits: { maxShare: 0.5 }, count: { skip: 9 } })
    expect(await statuses(rig, 21)).toEqual([
      ...Array.from({ length: 9 }, () => 200),
      ...Array.from({ length: 10 }, () => 503),
      200,
      200,
    ])
    expect(rig.proxy.snapshot.faults['http_error']).toMatchObject({ state: 'disarmed', selected: 10, seen: 20 })
  })

  test('another probability is what the next exchange is drawn with', async () => {
    const never = httpFault('http_error', { status: 503 }, { probability: 0 })
    await using rig = await start({})
    await rig.proxy.faults(never)
    expect(await statuses(rig, 2)).toEqual([200, 200])
    await rig.proxy.faults(likelier(never, 1))
    expect(await statuses(rig, 2)).toEqual([503, 503])
  })
})
