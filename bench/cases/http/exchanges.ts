import { runNode } from '../../program.ts'

const DEADLINE_MS = 120_000

/** What load/http-exchanges.ts saw: milliseconds from asking to the last byte, and how many had which status. */
export interface Exchanges {
  readonly times: readonly number[]
  readonly statuses: Readonly<Record<string, number>>
}

export interface Asked {
  readonly connections: number
  /** All in all. */
  readonly requests: number
  /** Of each response. */
  readonly bytes: number
  /** Between an answer and the next request of its connection, about. */
  readonly gapMs: number
}

export const exchangeHttp = (port: number, { connections, requests, bytes, gapMs }: Asked): Promise<Exchanges> =>
  runNode(DEADLINE_MS, 'load/http-exchanges.ts', port, connections, requests, bytes, gapMs)
