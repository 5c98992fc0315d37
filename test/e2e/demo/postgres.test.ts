import { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDemoPostgres } from '../../../demo/postgres.ts'
import type { DemoPostgres } from '../../../demo/postgres.ts'
import { Foulweather } from '../../support/foulweather.ts'

function poolTo(port: number): Pool & AsyncDisposable {
  const pool = new Pool({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres', max: 10 })
  pool.on('error', () => {})
  return Object.assign(pool, { [Symbol.asyncDispose]: () => pool.end() })
}

describe("the demo's Postgres", () => {
  let postgres: DemoPostgres
  let foulweather: Foulweather
  beforeAll(async () => {
    postgres = await startDemoPostgres()
    foulweather = await Foulweather.start()
  })
  afterAll(async () => {
    await foulweather?.[Symbol.asyncDispose]()
    await postgres?.[Symbol.asyncDispose]()
  })

  it('answers each of several connections with its own answer', async () => {
    await using pool = poolTo(postgres.port)
    const numbers = Array.from({ length: 200 }, (_, n) => n)
    const answers = await Promise.all(
      numbers.map(async (n) => (await pool.query<{ n: number }>(`SELECT $1::int + ${n} AS n`, [n])).rows[0]?.n),
    )
    expect(answers).toEqual(numbers.map((n) => 2 * n))
    expect(pool.totalCount).toBe(10)
  })

  it('answers again after its connections were cut in the middle of their questions', async () => {
    const proxy = await foulweather.proxyTo({ host: '127.0.0.1', port: postgres.port })
    await using pool = poolTo(proxy.port)
    for (let round = 0; round < 5; round++) {
      const questions = Array.from({ length: 20 }, () => pool.query('SELECT count(*) FROM orders'))
      const settled = Promise.allSettled(questions)
      // The others are on their way then.
      await Promise.any(questions)
      await proxy.disable()
      await settled
      await proxy.enable()
    }
    const { rows } = await pool.query('SELECT count(*)::int AS count FROM orders')
    expect(rows).toEqual([{ count: 1000 }])
  })
})
