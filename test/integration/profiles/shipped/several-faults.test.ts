import { Agent, request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Origin } from '../../../support/http-clients-origin.ts'
import { postgresProgram, startPostgres, type Postgres } from '../../../support/postgres.ts'
import { redisProgram, startRedis, type RedisServer } from '../../../support/redis.ts'
import { eventually } from '../../../support/wait.ts'
import { poolTo, roundTrip, timed } from '../../postgres/pool.ts'
import { codeOf, postgresClient } from './postgres-client.ts'
import { redisClient } from './redis-client.ts'
import { Weather } from './weather.ts'

const missing = postgresProgram.missing || redisProgram.missing

describe.skipIf(missing)(`several faults at once${postgresProgram.note}${redisProgram.note}`, () => {
  let postgres: Postgres
  let redis: RedisServer
  let origin: Origin

  beforeAll(async () => {
    postgres = await startPostgres()
    redis = await startRedis()
    origin = await Origin.start()
  })
  afterAll(async () => {
    await origin?.[Symbol.asyncDispose]()
    await redis?.[Symbol.asyncDispose]()
    await postgres?.[Symbol.asyncDispose]()
  })

  const dependencies = () => ({
    upstream_pg: `${postgres.host}:${postgres.port}`,
    upstream_redis: `${redis.host}:${redis.port}`,
  })

  it('double-fault: the cache refuses, the database gets slow by its load, and resets whom it has no place for', async () => {
    await using weather = await Weather.fair('double-fault', dependencies())
    using stack = new DisposableStack()
    const clients = Array.from({ length: 20 }, () => stack.use(postgresClient(weather.address('double-pg'), postgres)))
    for (const client of clients) await client.connect()
    using cache = redisClient(weather.address('double-redis'))
    expect(await cache.client.set('key', 'value')).toBe('OK')

    await weather.turnFoul()
    expect(await weather.fault('everything-at-once')).toMatchObject({ capacity: 200, concurrency: 8, queue: 100 })
    const cached = cache.client.get('key')
    await eventually('the cache is reset and refuses', () => cache.told.includes('ECONNREFUSED'))
    expect(cache.told.slice(0, 2)).toEqual(['ECONNRESET', 'closed'])
    // With little load a query takes its turn at one of eight servers, and no more.
    expect(await timed(() => roundTrip(clients[0]!, 1))).toBeGreaterThanOrEqual(35)

    // Eight at a time, each for 800 ms; four more wait.
    await weather.turnFoul({ capacity: '10/s', waiting: 4 })
    const answered: number[] = []
    const failed: unknown[] = []
    const start = performance.now()
    await Promise.all(
      clients.map(async (client) => {
        try {
          await client.query('SELECT 1')
          answered.push(performance.now() - start)
        } catch (error) {
          failed.push(error)
        }
      }),
    )
    expect([answered.length, failed.length]).toEqual([12, 8])
    expect(answered[0]).toBeGreaterThanOrEqual(795)
    expect(answered[8]).toBeGreaterThanOrEqual(1595)
    expect((await weather.acts('everything-at-once')).map(({ what }) => what)).toEqual(failed.map(() => 'queue-full'))
    const endings = (await weather.endings()).filter((ending) => ending.includes('everything'))
    expect(endings).toEqual(failed.map(() => 'injected everything-at-once'))
    expect(new Set(failed.map(codeOf))).toEqual(new Set(['ECONNRESET']))

    await weather.turnFair()
    // Kept while the cache was down.
    expect(await cached).toBe('value')
    using again = postgresClient(weather.address('double-pg'), postgres)
    await again.connect()
    expect(await roundTrip(again, 1)).toBe(1)
  })

  it('triple-fault: everybody who depends on the zone meets something else at the same time', async () => {
    const upstreams = { ...dependencies(), upstream_http: origin.url }
    await using weather = await Weather.fair('triple-fault', upstreams)
    await using pool = poolTo(weather.address('triple-pg'), postgres, { max: 2 })
    using cache = redisClient(weather.address('triple-redis'))
    await using undo = new AsyncDisposableStack()
    const agent = undo.adopt(new Agent({ connections: 1 }), (mine) => mine.destroy())
    const get = async (): Promise<number> => {
      const { statusCode, body } = await request(`${weather.url('triple-http')}/bytes/10`, { dispatcher: agent })
      await body.dump()
      return statusCode
    }
    expect([await roundTrip(pool, 1), await cache.client.set('key', 'value'), await get()]).toEqual([1, 'OK', 200])

    await weather.turnFoul()
    expect((await weather.fault('failover')).schedule).toMatchObject({ for: 30_000 })
    expect((await weather.fault('node-gone')).schedule).toMatchObject({ for: 60_000 })
    expect((await weather.fault('server-gone')).schedule).toMatchObject({ for: 30_000 })

    await eventually('the idle connection is lost', () => pool.totalCount === 0)
    await expect(roundTrip(pool, 2)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    // Nobody answers, and nobody refuses: only a time-out helps.
    const cached = cache.client.get('key')
    using another = redisClient(weather.address('triple-redis'), { commandTimeout: 300 })
    await expect(another.client.get('key')).rejects.toThrow(/timed out/)
    expect([cache.told, another.told]).toEqual([[], []])
    expect((await weather.sessions('live')).filter(({ proxy }) => proxy === 'triple-redis')).toMatchObject([
      { state: 'open' },
      { state: 'waiting' },
    ])
    const statuses: number[] = []
    for (let n = 0; n < 200; n++) statuses.push(await get())
    const count = (status: number) => statuses.filter((each) => each === status).length
    expect(count(200) + count(503) + count(504)).toBe(200)
    // 66 ± 6.7 fail, two thirds of them with 503.
    expect(count(503) + count(504)).toBeGreaterThan(35)
    expect(count(503) + count(504)).toBeLessThan(97)
    expect(count(503)).toBeGreaterThan(count(504))
    expect(count(504)).toBeGreaterThan(5)
    const injected = (await weather.exchanges()).filter((exchange) => exchange.origin === 'injected')
    expect(injected).toHaveLength(count(503) + count(504))

    await weather.turnFair()
    // The connection that has lost bytes is reset, and then all goes on.
    expect(await cached).toBe('value')
    expect(cache.told[0]).toBe('ECONNRESET')
    expect([await roundTrip(pool, 3), await another.client.get('key')]).toEqual([3, 'value'])
    for (let n = 0; n < 20; n++) expect(await get()).toBe(200)
  })

  it('triple-fault: all of it is over by itself', async () => {
    await using weather = await Weather.fair('triple-fault', { ...dependencies(), upstream_http: origin.url })
    await using pool = poolTo(weather.address('triple-pg'), postgres)
    await weather.turnFoul({ failover: '500ms', silence: '700ms', health_checks: '300ms' })
    using cache = redisClient(weather.address('triple-redis'))
    expect(await cache.client.ping()).toBe('PONG')
    for (const name of ['failover', 'node-gone', 'nobody-answers', 'server-gone']) {
      await eventually(`${name} is over`, async () => (await weather.fault(name)).state === 'over')
    }
    expect(await roundTrip(pool, 1)).toBe(1)
    for (let n = 0; n < 20; n++) {
      expect((await request(`${weather.url('triple-http')}/bytes/0`)).statusCode).toBe(200)
    }
    await weather.turnFair()
    expect(await roundTrip(pool, 2)).toBe(2)
  })
})
