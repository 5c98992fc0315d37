import type { ExchangeContext } from '../../core/exchange.ts'

/** A session has one exchange at a time; a few more, so that nothing hangs on that. */
const REMEMBERED = 16

/** What a fault has decided about the latest exchanges of one session: it is asked again, and later about their responses. */
export class ExchangeMemory<Decision> {
  readonly #byExchange = new Map<number, Decision>()

  /** The memory of this fault for this session. One fault has one kind of decision only. */
  static of<Decision>(context: ExchangeContext): ExchangeMemory<Decision> {
    return context.shared('session', () => new ExchangeMemory<Decision>())
  }

  get(exchange: number): Decision | undefined {
    return this.#byExchange.get(exchange)
  }

  /** What was decided before, or what `decide` says now. */
  decide(exchange: number, decide: () => Decision): Decision {
    const known = this.#byExchange.get(exchange)
    if (known !== undefined) return known
    const decision = decide()
    this.#byExchange.set(exchange, decision)
    for (const old of this.#byExchange.keys()) {
      if (this.#byExchange.size <= REMEMBERED) break
      this.#byExchange.delete(old)
    }
    return decision
  }
}
