import type { Origin } from '../../core/words.ts'
import type { ExchangeFacts } from './exchange-facts.ts'
import { redactTarget } from './redact-target.ts'

/** One exchange that is over, as plain data: what it was and what became of it. Never a header value, never a byte of a body. */
export interface ExchangeInfo {
  /** Counts all exchanges of the process in the order in which they ended, from 1. */
  readonly seq: number
  /** When the head of the request came: wall clock, ISO 8601. */
  readonly time: string
  readonly proxy: string
  /** Id of the session. */
  readonly session: string
  /** Of the exchange within its session, from 1. */
  readonly exchange: number
  /** `ip:port`, `[v6]:port` or `unix`. */
  readonly client: string
  readonly method: string
  /** The target of the request without secrets: `/path?token=…`, `host:port` (CONNECT) or an absolute URL. */
  readonly path: string
  /** What the client was answered; `null` = nothing. */
  readonly status: number | null
  /** What the upstream answered, whatever became of it; `null` = nothing, or it was not asked. */
  readonly upstream_status: number | null
  /** Who answered, or ended the exchange without an answer. */
  readonly origin: Origin
  /** `answered`; `cut` = the body was not delivered whole; otherwise the reason of the session's ending. */
  readonly outcome: string
  /** Names of the faults that worked on it, in order. */
  readonly faults: readonly string[]
  /** Milliseconds, to the microsecond. `upstream`: from sending the request on to the head of the response; `null` = there was none. */
  readonly ms: { readonly total: number; readonly upstream: number | null }
  /** On the wire to the client, heads included. */
  readonly bytes: { readonly request: number; readonly response: number }
}

export function describeExchange(seq: number, proxy: string, facts: ExchangeFacts, showQueries: boolean): ExchangeInfo {
  const { session, exchange, client, method, target, status, upstreamStatus, origin, outcome, faults } = facts
  return {
    seq,
    time: new Date(facts.wall).toISOString(),
    proxy,
    session,
    exchange,
    client,
    method,
    path: redactTarget(target, showQueries),
    status: status === 0 ? null : status,
    upstream_status: upstreamStatus === 0 ? null : upstreamStatus,
    origin,
    outcome,
    faults: [...faults],
    ms: {
      total: toMicroseconds(facts.totalMs),
      upstream: facts.upstreamMs === undefined ? null : toMicroseconds(facts.upstreamMs),
    },
    bytes: { request: facts.requestBytes, response: facts.responseBytes },
  }
}

function toMicroseconds(ms: number): number {
  return Math.round(ms * 1000) / 1000
}
