import type { Origin } from '../../core/words.ts'
import type { HttpSnapshot, StatusClass } from '../data-plane.ts'
import { Histogram } from '../histogram.ts'
import type { ExchangeFacts, ExchangeRecorder } from './exchange-facts.ts'
import type { ExchangeLog } from './exchange-log.ts'

const BOUNDS_MS = [0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000]

/** The rules are words of ours; the bound is there so that no future one can make the metrics grow. */
const RULES_KEPT = 64

/** In the order of their first digits; `none` = nothing was answered. */
const CLASSES: readonly StatusClass[] = ['none', '1xx', '2xx', '3xx', '4xx', '5xx', 'other']
const OTHER = CLASSES.length - 1

type PerClass = number[]

/** The plain counters of the exchanges of one proxy name. */
export class ExchangeCounters {
  inFlight = 0
  /** By who answered, and by class. */
  readonly #answered: Readonly<Record<Origin, PerClass>> = {
    injected: noneOfEach(),
    client: noneOfEach(),
    upstream: noneOfEach(),
    proxy: noneOfEach(),
  }
  readonly #refused = { client: new Map<string, number>(), upstream: new Map<string, number>() }
  readonly #total = new Histogram(BOUNDS_MS)
  readonly #upstream = new Histogram(BOUNDS_MS)

  /** One for all sessions of the proxy: it keeps nothing of its own. */
  recorder(log: ExchangeLog, proxy: string): ExchangeRecorder {
    return new Recorder(this, log, proxy)
  }

  countEnded({ origin, status, totalMs, upstreamMs }: ExchangeFacts): void {
    this.inFlight--
    const counts = this.#answered[origin]
    const at = classAt(status)
    counts[at] = (counts[at] ?? 0) + 1
    this.#total.observe(totalMs)
    if (upstreamMs !== undefined) this.#upstream.observe(upstreamMs)
  }

  countRefused(from: 'client' | 'upstream', rule: string): void {
    const counts = this.#refused[from]
    const key = counts.has(rule) || counts.size < RULES_KEPT ? rule : 'other'
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }

  data(): HttpSnapshot {
    const { injected, client, upstream, proxy } = this.#answered
    return {
      inFlight: this.inFlight,
      answered: {
        injected: describe(injected),
        client: describe(client),
        upstream: describe(upstream),
        proxy: describe(proxy),
      },
      refused: {
        client: Object.fromEntries(this.#refused.client),
        upstream: Object.fromEntries(this.#refused.upstream),
      },
      totalMs: this.#total.data(),
      upstreamMs: this.#upstream.data(),
    }
  }
}

class Recorder implements ExchangeRecorder {
  readonly #counters: ExchangeCounters
  readonly #log: ExchangeLog
  readonly #proxy: string

  constructor(counters: ExchangeCounters, log: ExchangeLog, proxy: string) {
    this.#counters = counters
    this.#log = log
    this.#proxy = proxy
  }

  began(): void {
    this.#counters.inFlight++
  }

  ended(facts: ExchangeFacts): void {
    this.#counters.countEnded(facts)
    this.#log.add(this.#proxy, facts)
  }

  refused(from: 'client' | 'upstream', rule: string): void {
    this.#counters.countRefused(from, rule)
  }
}

function noneOfEach(): PerClass {
  return CLASSES.map(() => 0)
}

function classAt(status: number): number {
  if (status === 0) return 0
  return status >= 100 && status < 600 ? Math.trunc(status / 100) : OTHER
}

/** Those that there were. */
function describe(counts: PerClass): Readonly<Partial<Record<StatusClass, number>>> {
  return Object.fromEntries(
    CLASSES.map((name, at) => [name, counts[at] ?? 0] as const).filter(([, count]) => count > 0),
  )
}
