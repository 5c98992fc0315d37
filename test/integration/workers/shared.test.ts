import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Peer, Upstream } from '../../support/peers.ts'
import { fault } from '../../support/engine-rig-faults.ts'
import { eventually } from '../../support/wait.ts'
import { EngineRig } from '../../support/engine-rig.ts'
import { WorkersRig } from '../../support/workers-rig.ts'

const CLIENTS = 40

async function selectedOrdinals(
  plane: WorkersRig['plane'] | EngineRig['plane'],
  proxy: string,
): Promise<readonly (number | undefined)[]> {
  const decisions = await plane.decisions({ proxy })
  return decisions
    .filter(({ kind, selected }) => kind === 'session' && selected === true)
    .map(({ ordinal }) => ordinal)
    .sort((a = 0, b = 0) => a - b)
}

describe.runIf(process.platform === 'linux')('several workers share', () => {
  let rig: WorkersRig
  let names = 0
  const nextName = (): string => `x${++names}`

  beforeAll(async () => {
    rig = await WorkersRig.start()
  })
  afterAll(() => rig.plane.close())

  test('the draws: the same sessions are selected as by one, whichever worker has accepted them', async () => {
    const name = nextName()
    await using upstream = await Upstream.echo()
    const faults = [fault('noop', {}, { probability: 0.4 })]
    await using alone = new EngineRig()
    const proxy = await alone.proxy(upstream, { name, faults })
    for (let n = 0; n < CLIENTS; n++) await (await Peer.connect(proxy.port)).ping()
    await rig.put({ name, upstream: upstream.address, faults })
    await Promise.all((await rig.clients(name, CLIENTS)).map((client) => client.ping()))
    const selected = await selectedOrdinals(rig.plane, name)
    expect(selected.length).toBeGreaterThan(5)
    expect(selected).toEqual(await selectedOrdinals(alone.plane, name))
  })

  test('the order of decisions', async () => {
    await using upstream = await Upstream.echo()
    await using rig = await WorkersRig.start(3, { decisionsKept: 30 })
    await rig.put({ name: 'x', upstream: upstream.address, faults: [fault('noop')] })
    await Promise.all((await rig.clients('x', CLIENTS)).map((client) => client.ping()))
    const decisions = await rig.plane.decisions()
    expect(decisions.map(({ seq }) => seq)).toEqual(Array.from({ length: 30 }, (_, n) => n + 11))
    expect((await rig.plane.snapshot()).decisions).toEqual({ total: CLIENTS, kept: 30 })
  })

  test.for([
    ['the first so many', { first: 7 }, 7],
    ['each third', { every: 3 }, 13],
    ['so many at most', { max: 5 }, 5],
    ['those behind the first', { skip: 31 }, 9],
  ] as const)('a count of sessions: %s', async ([, session, expected]) => {
    await using upstream = await Upstream.echo()
    const name = nextName()
    const faults = [fault('noop', {}, { match: { session } })]
    await rig.put({ name, upstream: upstream.address, faults })
    await Promise.all((await rig.clients(name, CLIENTS)).map((client) => client.ping()))
    expect((await rig.snapshot(name)).faults['noop']).toMatchObject({ seen: CLIENTS, selected: expected })
  })

  test.for([
    ['a fault', { limits: { maxActive: 6 } }, {}],
    ['an owner', { ownerLimits: { maxActive: 6 } }, {}],
    ['the process', {}, { limits: { maxActive: 6 } }],
  ] as const)('max_active of %s', async ([, options, process]) => {
    await using upstream = await Upstream.echo()
    await using rig = await WorkersRig.start(3, process)
    await rig.put({ name: 'x', upstream: upstream.address, faults: [fault('noop', {}, options)] })
    const clients = await rig.clients('x', CLIENTS)
    await Promise.all(clients.map((client) => client.ping()))
    expect((await rig.snapshot('x')).faults['noop']).toMatchObject({
      active: 6,
      skipped: { max_active: CLIENTS - 6 },
    })
    for (const client of clients) client.socket.destroy()
    await rig.active('x', 0)
    await Promise.all((await rig.clients('x', CLIENTS)).map((client) => client.ping()))
    expect((await rig.snapshot('x')).faults['noop']).toMatchObject({ active: 6 })
  })

  test('max_share: a fault that one worker disarms does nothing in any of them, until it begins anew', async () => {
    await using upstream = await Upstream.echo()
    const name = nextName()
    const limited = fault('noop', {}, { limits: { maxShare: 0.5 }, epoch: 1 })
    await rig.put({ name, upstream: upstream.address, faults: [limited] })
    await Promise.all((await rig.clients(name, CLIENTS)).map((client) => client.ping()))
    await eventually('it works on no session', async () => (await rig.snapshot(name)).faults['noop']?.active === 0)
    const disarmed = (await rig.snapshot(name)).faults['noop']
    expect(disarmed).toMatchObject({ state: 'disarmed', disarmed: { limit: 'max_share', scope: 'fault', bound: 0.5 } })
    expect((await rig.plane.sessions({ proxy: name })).every(({ stages }) => stages.downstream.length === 0)).toBe(true)
    await rig.faults(name, { ...limited, limits: { maxShare: 1 }, epoch: 2 })
    expect((await rig.snapshot(name)).faults['noop']).toMatchObject({ state: 'working', active: CLIENTS })
  })

  test('max_injections: so many acts of all of them together, but for those under way', async () => {
    await using upstream = await Upstream.echo()
    const name = nextName()
    const limits = { maxInjections: 10 }
    const faults = [fault('reject', {}, { direction: 'both', limits })]
    await rig.put({ name, upstream: upstream.address, faults })
    // A reset may come before the connection is known to stand.
    const clients = Array.from({ length: CLIENTS }, () => new Peer(connect(rig.port(name), '127.0.0.1')))
    for (const client of clients) client.write('ping')
    await eventually('each is answered or rejected', () =>
      clients.every(({ text, closed, ended }) => text === 'ping' || closed || ended),
    )
    const snapshot = (await rig.snapshot(name)).faults['reject']
    expect(snapshot?.applied).toBeGreaterThanOrEqual(10)
    expect(snapshot?.applied).toBeLessThanOrEqual(12)
    expect(snapshot).toMatchObject({ state: 'spent', disarmed: { limit: 'max_injections' } })
  })

  test('the places of max_sessions: never more are in, and all get in one after the other', async () => {
    const name = nextName()
    let most = 0
    let now = 0
    await using upstream = await Upstream.start((peer) => {
      most = Math.max(most, ++now)
      peer.socket.on('close', () => now--)
      peer.socket.once('data', () => peer.socket.end('done'))
      peer.socket.on('end', () => peer.socket.end())
    })
    const faults = [fault('max_sessions', { max: 4, beyond: 'queue' })]
    await rig.put({ name, upstream: upstream.address, faults })
    const clients = await rig.clients(name, 60)
    for (const client of clients) {
      client.write('now')
      client.socket.on('end', () => client.end())
    }
    await eventually('all are served', () => clients.every(({ text }) => text === 'done'), 30_000)
    // The proxy may have ended a session a moment before its upstream has seen the end of it.
    expect(most).toBeLessThanOrEqual(8)
    await rig.active(name, 0)
  })

  test('one pipe: bandwidth of the whole proxy', async () => {
    const payload = 100_000
    await using upstream = await Upstream.start(({ socket }) => socket.end(Buffer.alloc(payload)))
    const name = nextName()
    const faults = [fault('bandwidth', { rate: '1MB/s', scope: 'proxy' })]
    await rig.put({ name, upstream: upstream.address, faults })
    const begin = performance.now()
    const clients = await rig.clients(name, 20)
    await eventually('all have come', () => clients.every(({ received }) => received === payload), 30_000)
    // 2 MB at 1 MB/s: three pipes would need 0.7 s.
    expect(performance.now() - begin).toBeGreaterThan(1900)
  })

  test('the memory budget', async () => {
    const bytes = 4 * 2 ** 20
    await using upstream = await Upstream.start(({ socket }) => socket.end(Buffer.alloc(bytes)))
    await using rig = await WorkersRig.start(3, { processBudget: 8 * 2 ** 20 })
    await rig.put({ name: 'x', upstream: upstream.address, faults: [fault('latency', { latency: '3s' })] })
    const clients = await rig.clients('x', 12)
    await eventually('the budget is used up', async () => (await rig.plane.snapshot()).held.stalls > 0)
    let most = 0
    while (clients.some(({ received }) => received < bytes)) {
      most = Math.max(most, (await rig.plane.snapshot()).held.bytes)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    expect(most).toBeGreaterThan(6 * 2 ** 20)
    // Give or take a read or two for each session: one is under way when the limit is reached, and who holds nothing may always read.
    expect(most).toBeLessThan(8 * 2 ** 20 + 12 * 2 * 66_000)
    expect((await rig.plane.snapshot()).held.bytes).toBe(0)
  }, 90_000)

  test('who can be killed, and the end of all faults', async () => {
    await using upstream = await Upstream.echo()
    const name = nextName()
    await rig.put({ name, upstream: upstream.address, faults: [fault('latency', { latency: '1h' })] })
    const clients = await rig.clients(name, 12)
    for (const client of clients) client.write('ping')
    await eventually('all wait', async () => (await rig.plane.snapshot()).held.bytes >= 12 * 4)
    await rig.plane.clearFaults()
    await Promise.all(clients.map((client) => client.reads('ping')))
    const sessions = await rig.plane.sessions({ proxy: name })
    for (const { id } of sessions) expect(await rig.plane.kill(id)).toBe(true)
    expect(await rig.plane.kill('nobody')).toBe(false)
    await rig.active(name, 0)
    const ended = await rig.plane.sessions({ proxy: name, state: 'ended' })
    expect(ended.map(({ ending }) => `${ending?.origin}:${ending?.reason}`)).toEqual(
      Array.from({ length: 12 }, () => 'proxy:killed'),
    )
  })

  test('what they tell: once for what all of them do, each for its own sessions, and only while somebody listens', async () => {
    await using upstream = await Upstream.echo()
    const name = nextName()
    const told: string[] = []
    for (const event of ['proxy-started', 'proxy-stopped', 'door-shut', 'door-opened'] as const) {
      rig.plane.events.on(event, ({ proxy }) => told.push(`${event} ${proxy}`))
    }
    let opened = 0
    const onOpened = (): void => void opened++
    rig.plane.events.on('session-opened', onOpened)
    await rig.put({ name, upstream: upstream.address })
    await Promise.all((await rig.clients(name, CLIENTS)).map((client) => client.ping()))
    await eventually('all sessions are told of', () => opened === CLIENTS)
    rig.plane.events.off('session-opened', onOpened)
    await rig.faults(name, fault('refuse'))
    await expect(Peer.connect(rig.port(name))).rejects.toThrow('ECONNREFUSED')
    await rig.faults(name)
    await Promise.all((await rig.clients(name, 3)).map((client) => client.ping()))
    await rig.put({ name, enabled: false })
    await eventually('it has stopped', () => told.includes(`proxy-stopped ${name}`))
    expect(told).toEqual([`proxy-started ${name}`, `door-shut ${name}`, `door-opened ${name}`, `proxy-stopped ${name}`])
    expect(opened).toBe(CLIENTS)
  })
})
