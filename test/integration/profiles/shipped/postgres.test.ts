import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgresProgram, startPostgres, type Postgres } from '../../../support/postgres.ts'
import { eventually } from '../../../support/wait.ts'
import { poolTo, roundTrip, timed } from '../../postgres/pool.ts'
import { codeOf, postgresClient } from './postgres-client.ts'
import { Weather } from './weather.ts'

describe.skipIf(postgresProgram.missing)(`profiles in front of a Postgres${postgresProgram.note}`, () => {
  let postgres: Postgres

  beforeAll(async () => {
    postgres = await startPostgres()
  })
  afterAll(async () => {
    await postgres?.[Symbol.asyncDispose]()
  })

  const fair = (profile: string) => Weather.fair(profile, { upstream: `${postgres.host}:${postgres.port}` })

  const clientOf = (weather: Weather) => postgresClient(weather.address(), postgres)

  it('slow-postgres-replica: every query is answered, late, and now and then not for long; there is no error', async () => {
    await using weather = await fair('slow-postgres-replica')
    await using pool = poolTo(weather.address(), postgres, { max: 1 })
    expect(await roundTrip(pool, 0)).toBe(0)

    await weather.turnFoul()
    expect(await weather.fault('slow-disk')).toMatchObject({
      type: 'latency',
      direction: 'downstream',
      distribution: 'lognormal',
      latency: 250,
      jitter: 120,
    })
    expect(await weather.fault('checkpoint')).toMatchObject({ type: 'stall', every: 60_000, for: 2000, jitter: 0 })

    await weather.turnFoul({ latency: '60ms', jitter: '30ms' })
    const late: number[] = []
    for (let query = 1; query <= 20; query++) {
      late.push(await timed(async () => expect(await roundTrip(pool, query)).toBe(query)))
    }
    // 60 ms on average, ± 7 for a mean of 20.
    expect(late.reduce((sum, ms) => sum + ms)).toBeGreaterThanOrEqual(20 * 30)
    expect(Math.max(...late) - Math.min(...late)).toBeGreaterThanOrEqual(10)
    const { counters } = await weather.fault('slow-disk')
    expect(counters).toMatchObject({ seen: 1, selected: 1 })
    expect(counters.applied).toBeGreaterThanOrEqual(20)

    // Begun anew, so that the first checkpoint is met from its beginning on.
    await weather.turnFair()
    await weather.turnFoul({ latency: '5ms', jitter: '1ms', pause: '900ms', pause_every: '1500ms' })
    let longest = 0
    while (longest < 300 || (await weather.acts('checkpoint')).length === 0) {
      longest = Math.max(longest, await timed(() => roundTrip(pool, 1)))
    }
    expect((await weather.acts('checkpoint'))[0]).toMatchObject({ what: 'stall', detail: { ms: 900 } })

    await weather.turnFair()
    for (let query = 1; query <= 20; query++) expect(await roundTrip(pool, query)).toBe(query)
    expect((await weather.sessions('live')).map(({ ordinal, stages }) => [ordinal, stages])).toEqual([
      [1, { upstream: [], downstream: [] }],
    ])
  })

  it('postgres-failover: resets everybody, refuses, and lets clients in again, late and slow at first', async () => {
    await using weather = await fair('postgres-failover')
    using idle = clientOf(weather)
    using writing = clientOf(weather)
    await Promise.all([idle.connect(), writing.connect()])
    await idle.query('CREATE TABLE orders (number int)')
    await writing.query('BEGIN')
    await writing.query('INSERT INTO orders VALUES (1)')

    await weather.turnFoul({ down: '2s', cold: '4s' })
    using refused = clientOf(weather)
    await expect(refused.connect()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await eventually('both know', () => idle.lost.length > 0 && writing.lost.length > 0)
    expect([idle.lost[0], writing.lost[0]]).toEqual(['ECONNRESET', 'ECONNRESET'])
    expect(await weather.endings()).toEqual(['injected promotion', 'injected promotion'])
    expect((await weather.fault('promotion')).counters.applied).toBe(1)
    expect((await weather.fault('cold-cache')).state).toBe('waiting')

    // Whoever tries again and again gets in some time.
    const back = await eventually('the new primary is there', async () => {
      const client = clientOf(weather)
      const start = performance.now()
      try {
        await client.connect()
        return { client, ms: performance.now() - start }
      } catch (error) {
        if (codeOf(error) !== 'ECONNREFUSED') throw error
        return undefined
      }
    })
    using client = back.client
    // 1 s ± 0.5 for being let in.
    expect(back.ms).toBeGreaterThanOrEqual(495)
    expect((await weather.acts('reconnects')).map(({ what }) => what)).toEqual(['delay'])
    expect((await weather.fault('promotion')).state).toBe('over')
    expect((await client.query('SELECT count(*) FROM orders')).rows).toEqual([{ count: '0' }])
    expect((await weather.fault('cold-cache')).counters.applied).toBeGreaterThan(0)
    await eventually('its caches are warm', async () => (await weather.fault('cold-cache')).state === 'over')
    expect(await roundTrip(client, 2)).toBe(2)

    await weather.turnFair()
    using later = clientOf(weather)
    await later.connect()
    expect([await roundTrip(client, 3), await roundTrip(later, 4)]).toEqual([3, 4])
    expect((await weather.acts('reconnects')).length).toBe(1)
  })

  it('postgres-failover: the cold cache begins with 400 ms and gets better', async () => {
    await using weather = await fair('postgres-failover')
    await weather.turnFoul({ down: '100ms', cold: '30s' })
    await eventually('it listens again', async () => (await weather.fault('cold-cache')).state === 'working')
    using client = clientOf(weather)
    await client.connect()
    expect(await timed(() => roundTrip(client, 1))).toBeGreaterThanOrEqual(200)
    const before = Number((await weather.fault('cold-cache')).ramped?.['latency'])
    expect(before).toBeLessThanOrEqual(400)
    await eventually('it is warmer', async () => {
      return Number((await weather.fault('cold-cache')).ramped?.['latency']) < before
    })
  })

  it('connection-pool-exhaustion: the sixth client waits until one goes, those behind it longer', async () => {
    await using weather = await fair('connection-pool-exhaustion')
    using stack = new DisposableStack()
    const clients = Array.from({ length: 5 }, () => stack.use(clientOf(weather)))
    const [first, second, ...others] = clients
    await first!.connect()

    await weather.turnFoul({ hold: '20ms' })
    expect(await weather.fault('pool-size')).toMatchObject({ type: 'max_sessions', max: 5, beyond: 'queue' })
    for (const client of [second!, ...others]) await client.connect()
    expect(await timed(() => roundTrip(first!, 1))).toBeGreaterThanOrEqual(15)

    const letIn: string[] = []
    const waiting = await Promise.all(
      ['sixth', 'seventh'].map(async (name, index) => {
        // One after the other, so that they come in this order.
        await eventually(`${name} comes`, async () => (await weather.sessions('live')).length === 5 + index)
        const client = stack.use(clientOf(weather))
        const connected = client.connect().then(() => letIn.push(name))
        connected.catch(() => {})
        await eventually(`${name} waits`, async () => (await weather.sessions('live')).length === 6 + index)
        return { client, connected }
      }),
    )
    expect((await weather.sessions('live')).map(({ state }) => state).toSorted()).toEqual(
      [...clients.map(() => 'open'), 'waiting', 'waiting'].toSorted(),
    )
    expect((await weather.fault('pool-size')).counters.applied).toBe(2)
    // Everybody else is served meanwhile.
    expect(await Promise.all(clients.map((client, n) => roundTrip(client, n)))).toEqual([0, 1, 2, 3, 4])
    expect(letIn).toEqual([])

    // A pool gives up first, although the database has nothing to do.
    await using pool = poolTo(weather.address(), postgres, { connectionTimeoutMillis: 300 })
    await expect(roundTrip(pool, 1)).rejects.toThrow(/timeout/)

    await first!.end()
    await waiting[0]!.connected
    expect(letIn).toEqual(['sixth'])
    expect(await roundTrip(waiting[0]!.client, 6)).toBe(6)
    expect((await weather.sessions('live')).filter(({ state }) => state === 'waiting').length).toBeGreaterThan(0)

    await weather.turnFair()
    await waiting[1]!.connected
    expect(await roundTrip(waiting[1]!.client, 7)).toBe(7)
  })

  it('connection-pool-exhaustion: with beyond=close the sixth is closed, as a server at its limit does', async () => {
    await using weather = await fair('connection-pool-exhaustion')
    await weather.turnFoul({ beyond: 'close', connections: 2, hold: '1ms' })
    await using pool = poolTo(weather.address(), postgres, { max: 2 })
    const held = [await pool.connect(), await pool.connect()]
    using third = clientOf(weather)
    await expect(third.connect()).rejects.toThrow(/terminated|ECONNRESET|EPIPE/)
    expect(await weather.endings()).toEqual(['injected pool-size'])
    for (const client of held) client.release()
    await weather.turnFair()
    using fourth = clientOf(weather)
    await fourth.connect()
    expect(await roundTrip(fourth, 4)).toBe(4)
  })
})
