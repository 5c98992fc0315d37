import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Pool, PoolClient } from 'pg'
import { from, to } from 'pg-copy-streams'
import { describe, expect, it } from 'vitest'
import type { ProxyHandle, ToxicRequest } from '../../support/foulweather.ts'
import { postgresProgram } from '../../support/postgres.ts'
import { poolTo } from './pool.ts'
import { Digest, ROW_BYTES, rows } from './rows.ts'
import { usePostgres } from './rig.ts'

async function digestOf(count: number) {
  const digest = new Digest()
  await pipeline(rows(count), digest)
  return digest.result()
}

async function withClient<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  // A connection lost between two statements is told here; the statement that meets it fails and is what the test looks at.
  client.on('error', () => {})
  try {
    const result = await work(client)
    client.release()
    return result
  } catch (error) {
    client.release(true)
    throw error
  }
}

const copyIn = (pool: Pool, table: string, count: number) =>
  withClient(pool, (client) => pipeline(rows(count), client.query(from(`COPY ${table} FROM STDIN`))))

const copyOut = (pool: Pool, table: string, into: Digest) =>
  withClient(pool, async (client) => {
    // A big table may otherwise be read from the middle on.
    await client.query('SET synchronize_seqscans = off')
    await pipeline(client.query(to(`COPY ${table} TO STDOUT`)), into)
  })

/** Weather that changes what is under way, but may not change a byte. */
const WEATHER: readonly (ToxicRequest & { readonly update: Readonly<Record<string, number>> })[] = [
  { type: 'latency', attributes: { latency: 15, jitter: 10 }, update: { latency: 3, jitter: 3 } },
  { type: 'bandwidth', attributes: { rate: 40_000 }, update: { rate: 80_000 } },
  {
    type: 'slicer',
    attributes: { average_size: 8_000, size_variation: 4_000 },
    update: { average_size: 20_000, delay: 50 },
  },
  { type: 'noop', attributes: {}, update: {} },
]

/** Adds, updates and removes toxics by REST as long as `work` is under way; answers how many changes were made. */
async function underChangingWeather(proxy: ProxyHandle, stream: string, work: () => Promise<unknown>): Promise<number> {
  const over = new AbortController()
  let changes = 0
  const change = async (request: Promise<unknown>) => {
    await request
    changes++
    await sleep(5)
  }
  const weather = async () => {
    for (let n = 0; !over.signal.aborted; n++) {
      const { update, ...toxic } = WEATHER[n % WEATHER.length]!
      const name = `${toxic.type}-${n}`
      await change(proxy.addToxic({ ...toxic, name, stream }))
      await change(proxy.updateToxic(name, { attributes: update }))
      // One stays behind the next for a while, so that chains of several come and go too.
      if (n > 0) await change(proxy.removeToxic(`${WEATHER[(n - 1) % WEATHER.length]!.type}-${n - 1}`))
    }
  }
  await Promise.all([work().finally(() => over.abort()), weather()])
  return changes
}

describe.skipIf(postgresProgram.missing)(`COPY${postgresProgram.note}`, () => {
  const rig = usePostgres()

  it('of 100 MB in and out is byte-exact while toxics come, change and go', { timeout: 180_000 }, async () => {
    const count = 100_000
    const proxy = await rig.foulweather.proxyTo(rig.postgres)
    await using pool = poolTo(proxy, rig.postgres)
    await using direct = poolTo(rig.postgres, rig.postgres)
    await direct.query('CREATE UNLOGGED TABLE big (id int, content text)')

    const changesIn = await underChangingWeather(proxy, 'upstream', () => copyIn(pool, 'big', count))
    const stored = new Digest()
    await copyOut(direct, 'big', stored)
    const expected = await digestOf(count)
    expect(expected.bytes).toBe(count * ROW_BYTES)
    expect(stored.result()).toEqual(expected)

    await proxy.clear()
    const received = new Digest()
    const changesOut = await underChangingWeather(proxy, 'downstream', () => copyOut(pool, 'big', received))
    expect(received.result()).toEqual(expected)

    // Otherwise the copies were over before the weather had changed often enough to mean anything.
    expect(Math.min(changesIn, changesOut)).toBeGreaterThan(3 * WEATHER.length)
  })

  it('out through limit_data fails at the client, which has got the right rows up to the cut', async () => {
    const count = 2_000
    const proxy = await rig.foulweather.proxyTo(rig.postgres)
    await using direct = poolTo(rig.postgres, rig.postgres)
    await direct.query('CREATE TABLE cut_out (id int, content text)')
    await copyIn(direct, 'cut_out', count)

    await proxy.addToxic({ type: 'limit_data', stream: 'downstream', attributes: { bytes: 500_000 } })
    await using pool = poolTo(proxy, rig.postgres)
    const received: Buffer[] = []
    const copy = withClient(pool, async (client) => {
      const stream = client.query(to('COPY cut_out TO STDOUT'))
      for await (const chunk of stream) received.push(chunk as Buffer)
    })
    await expect(copy).rejects.toThrow(/terminated|ECONNRESET|ended/i)

    const got = Buffer.concat(received)
    const whole = Buffer.concat(await rows(count).toArray())
    expect(got.length).toBeGreaterThan(400_000)
    expect(got.length).toBeLessThanOrEqual(500_000)
    expect(got.equals(whole.subarray(0, got.length))).toBe(true)
  })

  it('in through limit_data fails at the client and leaves no row behind', async () => {
    const proxy = await rig.foulweather.proxyTo(rig.postgres)
    await using direct = poolTo(rig.postgres, rig.postgres)
    await direct.query('CREATE TABLE cut_in (id int, content text)')

    await proxy.addToxic({ type: 'limit_data', stream: 'upstream', attributes: { bytes: 500_000 } })
    await using pool = poolTo(proxy, rig.postgres)
    await expect(copyIn(pool, 'cut_in', 2_000)).rejects.toThrow(/terminated|ECONNRESET|EPIPE|ended|closed/i)

    await proxy.removeToxic('limit_data_upstream')
    await copyIn(pool, 'cut_in', 10)
    const { rows: counted } = await direct.query('SELECT count(*)::int AS count FROM cut_in')
    expect(counted).toEqual([{ count: 10 }])
  })
})
