import type { Origin } from '../../core/words.ts'
import type { ExchangeFacts } from './exchange-facts.ts'

/**
 * One exchange in the log. It is written again and again: a new object for each would outlive the young generation by as many exchanges as the log
 * keeps, and to move thousands of them a second into the old one costs more than all that is in them. For the same reason no field changes between
 * a number and something else: such a number is an object of its own.
 */
export class KeptExchange implements ExchangeFacts {
  /** Counts all exchanges. */
  seq = 0
  proxy = ''
  session = ''
  exchange = 0
  client = ''
  method = ''
  target = ''
  status = 0
  upstreamStatus = 0
  origin: Origin = 'upstream'
  outcome = ''
  faults: readonly string[] = []
  wall = NaN
  totalMs = NaN
  requestBytes = 0
  responseBytes = 0
  /** NaN = there was none. */
  #upstreamMs = NaN

  get upstreamMs(): number | undefined {
    return Number.isNaN(this.#upstreamMs) ? undefined : this.#upstreamMs
  }

  keep(seq: number, proxy: string, facts: ExchangeFacts): void {
    this.seq = seq
    this.proxy = proxy
    this.session = facts.session
    this.exchange = facts.exchange
    this.client = facts.client
    this.method = facts.method
    this.target = facts.target
    this.status = facts.status
    this.upstreamStatus = facts.upstreamStatus
    this.origin = facts.origin
    this.outcome = facts.outcome
    this.faults = facts.faults
    this.wall = facts.wall
    this.totalMs = facts.totalMs
    this.requestBytes = facts.requestBytes
    this.responseBytes = facts.responseBytes
    this.#upstreamMs = facts.upstreamMs ?? NaN
  }
}
