import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { redisProgram, startRedis, type RedisServer } from '../../../support/redis.ts'
import { eventually } from '../../../support/wait.ts'
import { redisClient } from './redis-client.ts'
import { Weather } from './weather.ts'

describe.skipIf(redisProgram.missing)(`redis-stall${redisProgram.note}`, () => {
  let redis: RedisServer

  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(async () => {
    await redis?.[Symbol.asyncDispose]()
  })

  it('has all clients hang at the same moment and go on at the same moment, without losing one', async () => {
    await using weather = await Weather.fair('redis-stall', { upstream: `${redis.host}:${redis.port}` })
    using one = redisClient(weather.address())
    using other = redisClient(weather.address())
    await Promise.all([one.client.ping(), other.client.ping()])

    await weather.turnFoul()
    expect(await weather.fault('fork')).toMatchObject({
      type: 'stall',
      every: 10_000,
      for: 2000,
      jitter: 300,
      scope: 'proxy',
    })

    // Begun anew, so that the first stall is met from its beginning on.
    await weather.turnFair()
    await weather.turnFoul({ every: '1500ms', for: '900ms' })
    const over = new AbortController()
    const working = [one, other].map(async ({ client }, number) => {
      let longest = { from: 0, to: 0 }
      let count = 0
      while (!over.signal.aborted) {
        const from = performance.now()
        // Each command is done once, in order.
        expect(await client.incr(`counter-${number}`)).toBe(++count)
        const to = performance.now()
        if (to - from > longest.to - longest.from) longest = { from, to }
      }
      return longest
    })
    const stalls = await eventually('a stall is met', async () => {
      const acts = await weather.acts('fork')
      return acts.length > 0 && acts
    })
    // Behind the commands that are under way: both have met it then.
    await Promise.all([one.client.ping(), other.client.ping()])
    over.abort()
    const waits = await Promise.all(working)
    // 900 ms ± 300.
    expect(stalls.map(({ what }) => what)).toEqual(['stall'])
    const { ms } = stalls[0]?.detail ?? {}
    expect(ms).toBeGreaterThanOrEqual(600)
    expect(ms).toBeLessThanOrEqual(1200)
    for (const { from, to } of waits) expect(to - from).toBeGreaterThanOrEqual(300)
    const [first, second] = waits
    expect(Math.max(first!.from, second!.from)).toBeLessThan(Math.min(first!.to, second!.to))
    expect([one.told, other.told]).toEqual([[], []])
    expect(await weather.endings()).toEqual([])

    await weather.turnFair()
    expect(await Promise.all([one.client.ping(), other.client.ping()])).toEqual(['PONG', 'PONG'])
    expect((await weather.sessions('live')).map(({ ordinal, stages }) => [ordinal, stages])).toEqual([
      [1, { upstream: [], downstream: [] }],
      [2, { upstream: [], downstream: [] }],
    ])
  })

  it('meets the time-outs of commands that are shorter than the stall', async () => {
    await using weather = await Weather.fair('redis-stall', { upstream: `${redis.host}:${redis.port}` })
    using impatient = redisClient(weather.address(), { commandTimeout: 200 })
    await eventually('it is connected', () => impatient.client.ping().catch(() => undefined))
    const told = impatient.told.length
    await weather.turnFoul({ every: '1500ms', for: '1100ms' })
    const failed = await eventually('a command has its time-out', async () => {
      return await impatient.client.ping().then(
        () => undefined,
        (error: unknown) => error,
      )
    })
    expect(String(failed)).toMatch(/timed out/)
    await weather.turnFair()
    expect(await eventually('it is answered', () => impatient.client.ping().catch(() => undefined))).toBe('PONG')
    // On the same connection.
    expect(impatient.told.slice(told)).toEqual([])
  })
})
