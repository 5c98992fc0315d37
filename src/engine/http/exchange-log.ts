import type { Origin } from '../../core/words.ts'
import { PlainCounter, type Counter } from '../sharing/counter.ts'
import type { ExchangeFacts } from './exchange-facts.ts'
import { describeExchange, type ExchangeInfo } from './exchange-info.ts'
import { KeptExchange } from './kept-exchange.ts'
import { redactTarget } from './redact-target.ts'

export interface ExchangeFilter {
  readonly proxy?: string
  /** Id of the session. */
  readonly session?: string
  /** Ranges of what the client was answered, both ends included; one of them has to hold it. 0 = nothing was answered. */
  readonly status?: readonly (readonly [from: number, to: number])[]
  readonly origin?: Origin
  /** Name of a fault that worked on it. */
  readonly fault?: string
  /** Only those after this `seq`. */
  readonly after?: number
}

/** How far the log goes: whoever follows it learns from this what was missed, and that the process is another one. */
export interface ExchangeLogInfo {
  /** When this process began to count: wall clock, ISO 8601. */
  readonly started: string
  /** The `seq` of the latest exchange; 0 = there was none yet. */
  readonly newest: number
  /** Those up to this `seq` cannot be looked at any more. */
  readonly dropped: number
  /** How many of the latest are kept. */
  readonly kept: number
}

/** Texts of clients that are longer are cut: a head may have far more, and thousands are kept. */
const LONGEST_TARGET = 2048
const LONGEST_METHOD = 64

/**
 * The latest exchanges of all proxies, in a ring: the oldest makes way for the newest. Adding copies what it is given into a place that stays;
 * texts and times are made when somebody looks.
 */
export class ExchangeLog {
  readonly capacity: number
  readonly #showQueries: boolean
  readonly #started = Date.now()
  readonly #ring: KeptExchange[] = []
  readonly #all: Counter
  /** Of these, how many were here. */
  #here = 0

  /**
   * @param showQueries values of queries are shown as they came.
   * @param all counts those of all threads; their numbers come from it.
   */
  constructor(capacity: number, showQueries = false, all: Counter = new PlainCounter()) {
    this.capacity = capacity
    this.#showQueries = showQueries
    this.#all = all
  }

  get info(): ExchangeLogInfo {
    return {
      started: new Date(this.#started).toISOString(),
      newest: this.#all.value,
      dropped: Math.max(0, this.#all.value - this.capacity),
      kept: this.capacity,
    }
  }

  add(proxy: string, facts: ExchangeFacts): void {
    const seq = this.#all.add(1)
    if (this.capacity === 0) return
    const at = this.#here++ % this.capacity
    const known = this.#ring[at]
    const place = known ?? new KeptExchange()
    place.keep(seq, proxy, facts)
    if (facts.target.length > LONGEST_TARGET || facts.method.length > LONGEST_METHOD) this.#cut(place)
    if (known === undefined) this.#ring[at] = place
  }

  /** Oldest first. */
  list({ after = 0, ...wanted }: ExchangeFilter = {}): readonly ExchangeInfo[] {
    const found: ExchangeInfo[] = []
    // From the newest on: whoever follows the log asks for the few that are new, and the others are not looked at.
    for (let back = 1; back <= this.#ring.length; back++) {
      const kept = this.#ring[(this.#here - back) % this.capacity]
      if (kept === undefined || kept.seq <= after) break
      if (matches(kept, wanted)) found.push(describeExchange(kept.seq, kept.proxy, kept, this.#showQueries))
    }
    return found.reverse()
  }

  /** Redacted first: a cut could take away the sign by which a secret is known. */
  #cut(kept: KeptExchange): void {
    kept.target = cut(redactTarget(kept.target, this.#showQueries), LONGEST_TARGET)
    kept.method = cut(kept.method, LONGEST_METHOD)
  }
}

function cut(text: string, length: number): string {
  // By way of bytes: a part of a string keeps the whole string in memory, and what redacting has left of it is made of such parts.
  const part = text.length <= length ? text : `${text.slice(0, length - 1)}…`
  return Buffer.from(part).toString()
}

function matches(kept: KeptExchange, wanted: Omit<ExchangeFilter, 'after'>): boolean {
  const { proxy, session, status, origin, faults } = kept
  return (
    (wanted.proxy === undefined || proxy === wanted.proxy) &&
    (wanted.session === undefined || session === wanted.session) &&
    (wanted.status === undefined || wanted.status.some(([from, to]) => status >= from && status <= to)) &&
    (wanted.origin === undefined || origin === wanted.origin) &&
    (wanted.fault === undefined || faults.includes(wanted.fault))
  )
}
