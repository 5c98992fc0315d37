import type { Origin } from '../../core/words.ts'

/** What there is to tell of one exchange once it is over. Whoever wants to keep any of it copies that: the object is that of the next exchange soon. */
export interface ExchangeFacts {
  readonly session: string
  /** Of the exchange within its session, from 1. */
  readonly exchange: number
  /** `ip:port`, `[v6]:port` or `unix`. */
  readonly client: string
  readonly method: string
  /** As in the request line, query included: to be redacted by whoever shows it. */
  readonly target: string
  /** What the client was answered; 0 = nothing. */
  readonly status: number
  /** What the upstream answered, whatever became of it; 0 = nothing, or it was not asked. */
  readonly upstreamStatus: number
  /** Who answered, or ended the exchange without an answer. */
  readonly origin: Origin
  /**
   * `answered`; `cut` = its response was not delivered whole; `relayed` = from here on the session was relayed as bytes, because a message was
   * refused and the proxy is lenient; the rule by which a message was refused; otherwise (no response) the reason of the session's ending.
   */
  readonly outcome: string
  /** Names of the faults that worked on it, in order. */
  readonly faults: readonly string[]
  /** Wall clock, milliseconds since the epoch: when the head of the request came. */
  readonly wall: number
  /** From the head of the request to the end of the exchange, milliseconds. */
  readonly totalMs: number
  /** From when the request went on to the upstream until the head of its response came; `undefined` = there was none. */
  readonly upstreamMs: number | undefined
  /** Bytes of the request and of the response on the wire to the client, heads included. */
  readonly requestBytes: number
  readonly responseBytes: number
}

/** Where a proxy's exchanges are told of. Called on the hot path: nothing here may cost more than a fraction of a microsecond. */
export interface ExchangeRecorder {
  /** A request head has come. */
  began(): void
  /** Once for each that began. */
  ended(facts: ExchangeFacts): void
  /** A message was refused as broken or ambiguous. */
  refused(from: 'client' | 'upstream', rule: string): void
}
