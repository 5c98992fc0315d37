import { createHash } from 'node:crypto'
import { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { DatabaseError, Pool } from 'pg'
import { thisMoment } from '../watch/ledger.ts'
import type { Client, Context } from './client.ts'

const CONNECTIONS = 4

/** Many connections that faults have ended in a row, whose servers have not all gone yet: no byte is wrong. */
const TOO_MANY = '53300'

/** A pool and those who use it at the same time; every answer is compared with what was asked. */
export function postgresPool(user: string, database: string): Client {
  return async (context, enough) => {
    const { place, tally, patience } = context
    const pool = new Pool({
      host: '127.0.0.1',
      port: place.port,
      user,
      database,
      max: CONNECTIONS,
      // What a pool gives up by itself nobody has taken from it.
      idleTimeoutMillis: 0,
      stream: () => watched(context, 'PostgreSQL'),
      ...(patience === Infinity ? {} : { query_timeout: patience, connectionTimeoutMillis: patience }),
    })
    // A lost idle connection; the socket tells the ledger.
    pool.on('error', () => {})
    await Promise.all(
      Array.from({ length: CONNECTIONS + 1 }, async (_, worker) => {
        for (let number = 0; !enough.aborted; number++) {
          try {
            await ask(pool, context, worker * 1_000_000 + number)
            tally.count('PostgreSQL queries')
          } catch (error) {
            tally.count('PostgreSQL queries that failed')
            // A connection that is lost its socket tells of; what the server itself refuses nobody may have asked for.
            if (error instanceof DatabaseError && error.code !== TOO_MANY)
              tally.violate('bytes', `${place.name}: ${String(error)}`)
            await sleep(100)
          }
          await sleep(context.chance.pause(40))
        }
      }),
    )
    leaving.add(context)
    await pool.end()
  }
}

/** Those who close their connections themselves by now. */
export const leaving = new WeakSet<Context>()

async function ask(pool: Pool, { chance, tally, place, seed }: Context, number: number): Promise<void> {
  const length = chance.magnitude(100_000)
  const value = seed + number
  const text = `${value}-`.repeat(Math.ceil(length / 8)).slice(0, length)
  const { rows } = await pool.query<{ value: number; text: string; digest: string }>(
    'SELECT $1::int AS value, $2::text AS text, md5($2::text) AS digest',
    [value % 2_000_000_000, text],
  )
  const row = rows[0]
  const digest = createHash('md5').update(text).digest('hex')
  if (row?.value !== value % 2_000_000_000 || row.text !== text || row.digest !== digest) {
    tally.violate('bytes', `${place.name}: query ${value} was answered wrong`)
  }
  tally.count('checked bytes', 2 * length)
}

/** A socket whose end is a loss unless the client has left. */
export function watched(context: Context, what: string): Socket {
  const socket = new Socket()
  const since = thisMoment()
  let port: number | undefined
  let error = 'closed'
  socket.once('connect', () => (port = socket.localPort))
  socket.once('error', (cause: NodeJS.ErrnoException) => (error = cause.code ?? cause.message))
  socket.once('close', () => {
    if (leaving.has(context)) return
    const { place, patience, ledger } = context
    ledger.report({ proxy: place.name, port, since, what: `${what}: ${error}`, impatient: patience !== Infinity })
  })
  return socket
}
