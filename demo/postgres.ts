import { PGlite } from '@electric-sql/pglite'
import { PGLiteSocketServer } from '@electric-sql/pglite-socket'

export interface DemoPostgres extends AsyncDisposable {
  readonly port: number
}

const SCHEMA = `
  CREATE TABLE orders (id serial PRIMARY KEY, item text NOT NULL, price_cents int NOT NULL);
  INSERT INTO orders (item, price_cents)
    SELECT (ARRAY['umbrella', 'raincoat', 'wellingtons', 'thermos'])[1 + n % 4], 500 + n * 7 % 4000 FROM generate_series(1, 1000) n;
`

/**
 * PostgreSQL compiled to WebAssembly, in this process and in memory only.
 *
 * It is one session behind a multiplexer: statements of several connections take turns, a transaction keeps the others waiting, and
 * session settings and the names of prepared statements are shared. Enough for a demo; no stand-in for a server.
 */
export async function startDemoPostgres(): Promise<DemoPostgres> {
  const db = await PGlite.create()
  await db.exec(SCHEMA)
  const server = new PGLiteSocketServer({ db, port: 0, host: '127.0.0.1', maxConnections: 100 })
  await server.start()
  return {
    port: Number(server.getServerConn().split(':').at(-1)),
    async [Symbol.asyncDispose]() {
      await server.stop()
      await db.close()
    },
  }
}
