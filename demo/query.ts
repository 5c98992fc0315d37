/** Asks one question and prints the answer and the time it took: for machines without psql. */
import { Client } from 'pg'

const [connectionString, sql] = process.argv.slice(2)
if (connectionString === undefined || sql === undefined) {
  console.error('Usage: npx node demo/query.ts DATABASE_URL SQL')
  process.exit(2)
}

const client = new Client({ connectionString, connectionTimeoutMillis: 10_000 })
const start = performance.now()
try {
  await client.connect()
  const { rows } = await client.query(sql)
  console.table(rows)
  console.log(`${Math.round(performance.now() - start)} ms, connecting included`)
} catch (error) {
  // Several addresses may have been tried: then the errors are in a list and the message is empty.
  const [first = error] = error instanceof AggregateError ? (error.errors as unknown[]) : []
  console.error(first instanceof Error ? first.message : String(first))
  process.exitCode = 1
} finally {
  await client.end().catch(() => {})
}
