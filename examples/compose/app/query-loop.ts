/** An application as far as Foulweather is concerned: asks Postgres twice a second and says what came of it. */
import { Pool } from 'pg'

const PAUSE_MS = 500
const PATIENCE_MS = 2_000

const pool = new Pool({
  connectionString: process.env['DATABASE_URL'],
  max: 2,
  connectionTimeoutMillis: PATIENCE_MS,
  query_timeout: PATIENCE_MS,
})
// The pool has dropped the connection already and will open another one.
pool.on('error', (error) => console.log(`an idle connection was lost: ${error.message}`))

const stopping = Promise.withResolvers<'stop'>()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.resolve('stop'))

let next: 'stop' | 'query' = 'query'
while (next === 'query') {
  const start = performance.now()
  const outcome = await pool.query('SELECT now()').then(
    () => 'ok',
    (error: Error) => `failed: ${error.message}`,
  )
  console.log(`${(performance.now() - start).toFixed(1).padStart(8)} ms  ${outcome}`)
  next = await Promise.race([stopping.promise, pause()])
}
await pool.end()

function pause(): Promise<'query'> {
  return new Promise((resolve) => setTimeout(resolve, PAUSE_MS, 'query'))
}
