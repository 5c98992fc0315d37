import type { ClientConfig } from 'pg'
import { describe, expect, it } from 'vitest'
import { Peer, Upstream } from '../../../support/peers.ts'
import { postgresProgram, startPostgres } from '../../../support/postgres.ts'
import { eventually } from '../../../support/wait.ts'
import { roundTrip } from '../../postgres/pool.ts'
import { postgresClient, type PostgresClient } from './postgres-client.ts'
import { Weather } from './weather.ts'

/** What a timer may be early. */
const EARLY = 5

describe('dnsless-upstream', () => {
  it('leaves sessions alone, and closes new ones without a byte when the look-up is over', async () => {
    await using echo = await Upstream.echo()
    await using weather = await Weather.fair('dnsless-upstream', { upstream: echo.address })
    using early = await Peer.connect(weather.address())
    await early.ping()

    await weather.turnFoul()
    expect(await weather.fault('no-such-name')).toMatchObject({ type: 'connect_fail', after: 2000, how: 'close' })
    await weather.turnFoul({ lookup: '300ms' })
    const start = performance.now()
    const late = [await Peer.connect(weather.address()), await Peer.connect(weather.address())]
    await early.ping('as if nothing had happened')
    for (const peer of late) expect(await peer.ending()).toBe('FIN')
    expect(performance.now() - start).toBeGreaterThanOrEqual(300 - EARLY)
    expect(late.map(({ received }) => received)).toEqual([0, 0])
    for (const peer of late) peer[Symbol.dispose]()
    await eventually('both are over', async () => (await weather.endings()).length === 2)
    expect(await weather.endings()).toEqual(['injected no-such-name', 'injected no-such-name'])
    expect(echo.peers).toHaveLength(1)

    using waiting = await Peer.connect(weather.address())
    waiting.write('asked before the name was back')
    await weather.turnFair()
    await waiting.reads('asked before the name was back')
    await early.ping('still the same')
  })

  it('has a look-up that really fails, told as a failure of the upstream, when share is 0%', async () => {
    await using weather = await Weather.fair('dnsless-upstream', { upstream: 'database.invalid:5432' })
    await weather.turnFoul({ share: '0%' })
    using peer = await Peer.connect(weather.address())
    expect(await peer.ending()).toBe('FIN')
    expect(peer.received).toBe(0)
    await eventually('it is over', async () => (await weather.endings()).length === 1)
    expect(await weather.endings()).toEqual(['upstream dial_failed'])
    expect((await weather.fault('no-such-name')).counters).toMatchObject({ seen: 1, selected: 0, applied: 0 })
  })

  it('lets some through while some resolvers know the name', async () => {
    await using echo = await Upstream.echo()
    await using weather = await Weather.fair('dnsless-upstream', { upstream: echo.address })
    await weather.turnFoul({ lookup: '10ms', share: '50%' })
    for (let client = 0; client < 40; client++) {
      using peer = await Peer.connect(weather.address())
      peer.write('?')
      await eventually('it is answered or closed', () => peer.received > 0 || peer.ended || peer.closed)
    }
    const { counters } = await weather.fault('no-such-name')
    expect(counters.seen).toBe(40)
    expect(counters.applied).toBe(counters.selected)
    expect(echo.peers).toHaveLength(40 - counters.selected)
    // 20 ± 3.2
    expect(counters.selected).toBeGreaterThan(4)
    expect(counters.selected).toBeLessThan(36)
  })
})

describe('broker-partition-leader-loss', () => {
  it('is silent, then refuses, and then is back', async () => {
    await using broker = await Upstream.echo()
    await using weather = await Weather.fair('broker-partition-leader-loss', { upstream: broker.address })
    using producer = await Peer.connect(weather.address())
    await producer.ping('first')
    const received = async () => (await weather.sessions('live')).map(({ bytes }) => bytes.upstream.received)

    await weather.turnFoul()
    expect((await weather.fault('nobody-answers')).schedule).toMatchObject({ for: 9000 })
    expect((await weather.fault('no-process-yet')).schedule).toMatchObject({ after: 9000, for: 6000 })
    await weather.turnFair()
    await producer.ping('second')

    await weather.turnFoul({ silent: '3s', refused: '2s' })
    producer.write('lost')
    using another = await Peer.connect(weather.address())
    another.write('anybody there?')
    await eventually('both have been read', async () => (await received()).join(',') === '15,14')
    expect([producer.text, another.text, broker.peers.length]).toEqual(['firstsecond', '', 1])
    expect([producer.closed, another.closed]).toEqual([false, false])
    expect((await weather.fault('host-gone')).counters.applied).toBe(1)
    expect((await weather.sessions('live')).map(({ state }) => state)).toEqual(['open', 'waiting'])

    expect(await producer.ending()).toBe('ECONNRESET')
    expect(await another.ending()).toBe('ECONNRESET')
    await expect(Peer.connect(weather.address())).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    expect((await weather.fault('no-process-yet')).state).toBe('working')
    expect(new Set((await weather.endings()).map((ending) => ending.split(' ')[0]))).toEqual(new Set(['injected']))

    using back = await eventually('it is back', () => Peer.connect(weather.address()).catch(() => undefined))
    await back.ping('third')
    expect((await weather.fault('no-process-yet')).state).toBe('over')
    expect([producer.text, another.text]).toEqual(['firstsecond', ''])
    await weather.turnFair()
    await back.ping('fourth')
  })
})

describe.skipIf(postgresProgram.missing)(`nat-idle-kill${postgresProgram.note}`, () => {
  it.each([
    { how: 'reset-on-use', fails: 'ECONNRESET', over: ['injected forgotten'] },
    { how: 'silent', fails: 'Query read timeout', over: [] },
  ])('forgets who is idle ($how), and keeps who is busy', async ({ how, fails, over }) => {
    await using postgres = await startPostgres()
    await using weather = await Weather.fair('nat-idle-kill', { upstream: `${postgres.host}:${postgres.port}` })
    using stack = new DisposableStack()
    const connected = async (options: ClientConfig = {}): Promise<PostgresClient> => {
      const client = stack.use(postgresClient(weather.address(), postgres, options))
      await client.connect()
      return client
    }
    const [idle, busy] = [await connected({ query_timeout: 500 }), await connected()]

    await weather.turnFoul()
    expect(await weather.fault('forgotten')).toMatchObject({ type: 'idle_kill', after: 350_000, how: 'reset-on-use' })
    await weather.turnFoul({ idle: '1500ms', how })
    let answered = 0
    await eventually('the idle one is forgotten', async () => {
      expect(await roundTrip(busy, answered)).toBe(answered)
      answered++
      return (await weather.acts('forgotten')).length > 0
    })
    expect(await weather.acts('forgotten')).toMatchObject([{ session: '1', what: 'expired', detail: { ms: 1500 } }])
    // Nobody has said a word, to the client as little as to the server.
    expect([idle.lost, busy.lost]).toEqual([[], []])
    expect((await weather.sessions('live')).map(({ ordinal, state }) => [ordinal, state])).toEqual([
      [1, 'open'],
      [2, 'open'],
    ])

    await expect(roundTrip(idle, 1)).rejects.toThrow(fails)
    expect(await weather.endings()).toEqual(over)
    const again = await connected()
    expect([await roundTrip(again, 2), await roundTrip(busy, 3)]).toEqual([2, 3])

    await weather.turnFair()
    expect([await roundTrip(again, 4), await roundTrip(busy, 5)]).toEqual([4, 5])
    expect(await weather.endings()).toHaveLength(1)
  })
})
