import { Client, type ClientConfig } from 'pg'
import type { Postgres } from '../../../support/postgres.ts'

export interface PostgresClient extends Client, Disposable {
  /** What it was told of its connection while nothing was under way: codes of errors. */
  readonly lost: readonly string[]
}

/** A client that is not connected yet; its connection is gone on disposal. */
export function postgresClient(
  address: { readonly host: string; readonly port: number },
  { user, database }: Postgres,
  options: ClientConfig = {},
): PostgresClient {
  const client = new Client({ ...address, user, database, ...options })
  const lost: string[] = []
  client.on('error', (error) => lost.push(codeOf(error)))
  return Object.assign(client, { lost, [Symbol.dispose]: () => void client.connection.stream.destroy() })
}

export function codeOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return code ?? message
}
