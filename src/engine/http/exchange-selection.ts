import type { SkipReason } from '../../core/decision.ts'
import type { RequestFacts } from '../../core/exchange-match.ts'
import { randomFor, type Random } from '../../core/random.ts'
import type { FaultAtWork } from '../fault-at-work.ts'
import { takes, type Selection } from '../selection.ts'
import { enter, isBeyond, leave, limitReached, weigh } from '../weigh.ts'
import type { Chosen, Exchange } from './exchange.ts'
import type { ExchangeFault } from './exchange-fault.ts'

/**
 * Which faults work on the exchanges of one session. Asked once for each exchange when its request has come, and once more, for faults that
 * only the status of the response can tell, when that has come.
 *
 * The order: the session (where it is drawn for or counted), `match`, `exclude`, `count`, the limits, the draw.
 */
export class ExchangeSelection {
  readonly #selection: Selection
  /** Made with the first draw. */
  #randoms: WeakMap<FaultAtWork, Random> | undefined

  constructor(selection: Selection) {
    this.#selection = selection
  }

  /** @param status of the response; `undefined` = it has not come yet. */
  choose(
    faults: readonly ExchangeFault[],
    exchange: Exchange,
    facts: RequestFacts,
    status: number | undefined,
  ): readonly Chosen[] {
    let chosen: Chosen[] | undefined
    for (const fault of faults) {
      if (fault.late !== (status !== undefined)) continue
      const one = this.#decide(fault, exchange, facts, status)
      if (one !== undefined) (chosen ??= []).push(one)
    }
    return chosen ?? NOBODY
  }

  /** The exchange is over for this fault. */
  release({ work, gauges }: Chosen): void {
    leave(work, gauges)
  }

  #decide(
    fault: ExchangeFault,
    exchange: Exchange,
    facts: RequestFacts,
    status: number | undefined,
  ): Chosen | undefined {
    const { work } = fault
    // Disarmed a moment ago: whoever chooses has yet to be told.
    if (work.off) return undefined
    const { tally } = work
    tally.seen++
    if (fault.bySession && !this.#selection.selects(fault.now)) return skip(work, 'draw')
    if (fault.match !== undefined && !fault.match(facts, status)) return skip(work, 'match')
    if (fault.exclude?.(facts, status) === true) return skip(work, 'exclude')
    const { plan } = fault.now
    const { count, probability, per = 'exchange' } = plan
    if (count !== undefined && !takes(count, work.counts.exchangesMet.add(1), work.counts.exchangesTaken.value))
      return skip(work, 'count')
    const limit = limitReached(work)
    const replayed = limit === undefined ? this.#replayed(fault, exchange) : undefined
    const drawn = replayed ?? (per === 'session' || probability >= 1 || this.#draw(fault, facts) < probability)
    const spared = replayed === undefined ? 'draw' : 'replay'
    const reason = this.#enter(fault, weigh(work, limit ?? (drawn ? undefined : spared)))
    this.#selection.exchangeDecided(fault.now, exchange.number, reason)
    if (reason !== undefined) return leftAlone(work, reason)
    tally.selected++
    const { gauges } = work
    const place = `exchange ${exchange.number}`
    const outcome = fault.outcomes === undefined ? plan : this.#outcome(fault, fault.outcomes)
    if (outcome === undefined) {
      leave(work, gauges)
      return undefined
    }
    const chosen = { fault, work, plan: outcome, place, gauges, acted: false, named: false }
    if (plan.shadow !== true) return chosen
    tally.shadowed++
    exchange.shadows = [...exchange.shadows, chosen]
    return undefined
  }

  /** Takes the place that it has been found to have. */
  #enter({ now: { work, plan } }: ExchangeFault, reason: SkipReason | undefined): SkipReason | undefined {
    if (reason !== undefined) return reason
    if (isBeyond(work.counts.exchangesTaken, plan.count)) return 'count'
    const full = enter(work)
    if (full !== undefined) work.counts.exchangesTaken.add(-1)
    return full
  }

  #replayed({ now }: ExchangeFault, { number }: Exchange): boolean | undefined {
    const { shared, proxy, ordinal } = this.#selection.place
    return shared.replay?.exchange(proxy, ordinal, now.work.name, number)
  }

  /** In [0, 1). The same for the same key where it is sticky; otherwise the next of this fault in this session. */
  #draw(fault: ExchangeFault, facts: RequestFacts): number {
    const { stickyBy, name } = fault.now.plan
    if (stickyBy === undefined) return this.#randomOf(fault).next()
    const { shared, proxy } = this.#selection.place
    const key = stickyBy.kind === 'client' ? facts.client : (facts.header(stickyBy.name) ?? '')
    return randomFor(shared.seed, proxy, 'sticky', name, key).next()
  }

  #outcome(fault: ExchangeFault, outcomes: NonNullable<ExchangeFault['outcomes']>) {
    const sum = outcomes.reduce((total, { weight }) => total + weight, 0)
    let left = this.#randomOf(fault).next() * sum
    for (const { weight, plan } of outcomes) {
      left -= weight
      if (left < 0) return plan
    }
    return outcomes.at(-1)?.plan
  }

  #randomOf({ now }: ExchangeFault): Random {
    this.#randoms ??= new WeakMap()
    const known = this.#randoms.get(now.work)
    if (known !== undefined) return known
    const fresh = this.#selection.randomOf(now.plan, 'exchanges')
    this.#randoms.set(now.work, fresh)
    return fresh
  }
}

const NOBODY: readonly Chosen[] = []

function skip(work: FaultAtWork, reason: SkipReason): undefined {
  return leftAlone(work, weigh(work, reason) ?? reason)
}

function leftAlone({ tally }: FaultAtWork, reason: SkipReason): undefined {
  tally.skipped[reason] = (tally.skipped[reason] ?? 0) + 1
  return undefined
}
