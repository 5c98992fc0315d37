import { Pool } from 'pg'
import type { ClientBase, PoolConfig } from 'pg'
import type { Postgres } from '../../support/postgres.ts'

export interface Address {
  readonly host: string
  readonly port: number
}

/** A pool whose idle connections may be lost without noise; ended on disposal. */
export function poolTo(address: Address, postgres: Postgres, options: PoolConfig = {}): Pool & AsyncDisposable {
  const pool = new Pool({
    host: address.host,
    port: address.port,
    user: postgres.user,
    database: postgres.database,
    max: 4,
    ...options,
  })
  // A lost idle connection is told here; without a listener it would end the process. The pool has dropped it already.
  pool.on('error', () => {})
  return Object.assign(pool, { [Symbol.asyncDispose]: () => pool.end() })
}

/** Sends `value` there and back: proves that the connection works and that the answer belongs to the question. */
export async function roundTrip(client: Pool | ClientBase, value: number): Promise<number> {
  const { rows } = await client.query<{ value: number }>('SELECT $1::int AS value', [value])
  return rows[0]!.value
}

/** Milliseconds that `work` took. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}
