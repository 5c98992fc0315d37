import type { Origin } from '../../core/words.ts'
import type { ExchangeFacts } from './exchange-facts.ts'
import { describeExchange, type ExchangeInfo } from './exchange-info.ts'
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

interface Kept {
  readonly proxy: string
  readonly facts: ExchangeFacts
}

/** Texts of clients that are longer are cut: a head may have far more, and thousands are kept. */
const LONGEST_TARGET = 2048
const LONGEST_METHOD = 64

/**
 * The latest exchanges of all proxies, in a ring: the oldest makes way for the newest. Adding stores what it is given; texts and times are made
 * when somebody looks.
 */
export class ExchangeLog {
  readonly capacity: number
  readonly #showQueries: boolean
  readonly #started = Date.now()
  readonly #ring: Kept[] = []
  #total = 0

  /** @param showQueries values of queries are shown as they came. */
  constructor(capacity: number, showQueries = false) {
    this.capacity = capacity
    this.#showQueries = showQueries
  }

  get info(): ExchangeLogInfo {
    return {
      started: new Date(this.#started).toISOString(),
      newest: this.#total,
      dropped: this.#total - this.#ring.length,
      kept: this.capacity,
    }
  }

  add(proxy: string, facts: ExchangeFacts): void {
    const place = this.#total++
    if (this.capacity === 0) return
    const short = facts.target.length <= LONGEST_TARGET && facts.method.length <= LONGEST_METHOD
    this.#ring[place % this.capacity] = { proxy, facts: short ? facts : this.#cut(facts) }
  }

  /** Oldest first. */
  list({ after = 0, ...wanted }: ExchangeFilter = {}): readonly ExchangeInfo[] {
    const found: ExchangeInfo[] = []
    for (let seq = Math.max(Math.floor(after), this.info.dropped) + 1; seq <= this.#total; seq++) {
      const kept = this.#ring[(seq - 1) % this.capacity]
      if (kept === undefined || !matches(kept, wanted)) continue
      found.push(describeExchange(seq, kept.proxy, kept.facts, this.#showQueries))
    }
    return found
  }

  /** Redacted first: a cut could take away the sign by which a secret is known. */
  #cut(facts: ExchangeFacts): ExchangeFacts {
    const target = redactTarget(facts.target, this.#showQueries)
    return { ...facts, target: cut(target, LONGEST_TARGET), method: cut(facts.method, LONGEST_METHOD) }
  }
}

function cut(text: string, length: number): string {
  // By way of bytes: a part of a string keeps the whole string in memory, and what redacting has left of it is made of such parts.
  const part = text.length <= length ? text : `${text.slice(0, length - 1)}…`
  return Buffer.from(part).toString()
}

function matches({ proxy, facts }: Kept, wanted: Omit<ExchangeFilter, 'after'>): boolean {
  const { status } = facts
  return (
    (wanted.proxy === undefined || proxy === wanted.proxy) &&
    (wanted.session === undefined || facts.session === wanted.session) &&
    (wanted.status === undefined || wanted.status.some(([from, to]) => status >= from && status <= to)) &&
    (wanted.origin === undefined || facts.origin === wanted.origin) &&
    (wanted.fault === undefined || facts.faults.includes(wanted.fault))
  )
}
