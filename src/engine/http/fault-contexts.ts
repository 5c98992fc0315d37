import { defined } from '../../core/defined.ts'
import type { ExchangeContext } from '../../core/exchange.ts'
import type { FaultContext, MessageFacts, StageContext } from '../../core/fault-factory.ts'
import type { Random } from '../../core/random.ts'
import { randomFor } from '../../core/random.ts'
import type { Direction } from '../../core/words.ts'
import type { FaultAtWork } from '../fault-at-work.ts'
import type { SelectionPlace } from '../selection.ts'
import type { Chosen, Exchange } from './exchange.ts'

/** What faults are given about the exchanges of one session. */
export class FaultContexts {
  readonly #place: SelectionPlace
  /** Address without port. */
  readonly #client: string
  readonly #shared = new Map<FaultAtWork, object>()

  constructor(place: SelectionPlace, client: string) {
    this.#place = place
    this.#client = client
  }

  ofExchange(chosen: Chosen, exchange: Exchange, phase: 'request' | 'response', at: number): ExchangeContext {
    const { number, at: began, wall } = exchange
    const { work, place } = chosen
    const common = this.#common(chosen, exchange)
    const more = { exchange: number, client: this.#client, at, wall: wall + (at - began) }
    return { ...common, ...more, random: this.#random(work.name, `${place} ${phase}`) }
  }

  ofStage(chosen: Chosen, exchange: Exchange, direction: Direction, message: MessageFacts): StageContext {
    const random = this.#random(chosen.work.name, `${chosen.place} ${direction}`)
    return { ...this.#common(chosen, exchange), direction, message, random }
  }

  /** The fault is gone. */
  forget(work: FaultAtWork): void {
    this.#shared.delete(work)
  }

  #common({ work }: Chosen, { number }: Exchange): Omit<FaultContext, 'random'> {
    return {
      counters: work.counters,
      ending: { origin: 'injected', reason: work.name },
      shared: (scope, make) => (scope === 'proxy' ? work.shared(make) : this.#sharedOf(work, make)),
      cells: () => work.cells,
      record: (at, what, detail) => this.#record(work, number, at, what, detail),
    }
  }

  /** Made when it is first drawn from: most faults draw nothing, and a generator costs more than all the rest of a context. */
  #random(name: string, where: string): Random {
    const { shared, proxy, ordinal } = this.#place
    let made: Random | undefined
    return {
      next: () => {
        made ??= randomFor(shared.seed, proxy, ordinal, where, name)
        return made.next()
      },
    }
  }

  #sharedOf<T extends object>(work: FaultAtWork, make: () => T): T {
    const known = this.#shared.get(work) ?? make()
    this.#shared.set(work, known)
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a fault asks for one kind of thing only, under its own name and type
    return known as T
  }

  #record(
    work: FaultAtWork,
    exchange: number,
    at: number,
    what: string,
    detail: Readonly<Record<string, number | string>> | undefined,
  ): void {
    const { shared, proxy, id, ordinal } = this.#place
    const more = defined({ detail })
    shared.decisions.add(
      { proxy, fault: work.name, type: work.type, session: id, ordinal, kind: 'injection', exchange, what, ...more },
      at - shared.clock.now(),
    )
  }
}
