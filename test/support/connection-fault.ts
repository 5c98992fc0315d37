import type { Arrival, Door, DoorContext, Verdict } from '../../src/core/fault-factory.ts'
import type { FaultPlan } from '../../src/core/plan.ts'
import { randomFor, type Random } from '../../src/core/random.ts'
import { faultFactory, parseParams } from '../../src/faults/index.ts'
import { SharedObjects } from './fault-chain.ts'
import { time } from './recording-outlet.ts'

type Params = Readonly<Record<string, unknown>>

/** A fault that works on connections, as the engine asks it: with parameters as users write them, without listener or sockets. */
export class ConnectionFault {
  readonly counters = { seen: 0, selected: 0, applied: 0 }
  /** What the fault put on record: `shut @ 20 {"ms":200}`. */
  readonly records: string[] = []
  readonly #type: string
  readonly #randomOf: () => Random

  /** Each connection, and each door after an update, begins the sequence anew. */
  constructor(type: string, randomOf: () => Random = () => randomFor(1, type)) {
    this.#type = type
    this.#randomOf = randomOf
  }

  connect(params: Params, arrival: Arrival = { at: 0, active: 0 }): Verdict | undefined {
    const type = this.#type
    const ending = { origin: 'injected', reason: type } as const
    const shared = new SharedObjects()
    const meeting = { shared: shared.of(type), cells: shared.cellsOf(type) }
    const context = { ...this.#context(), ending, ...meeting, direction: 'both' } as const
    return faultFactory.connect(this.#plan(params), context, arrival)
  }

  /** A new door, which replaces `previous`. */
  door(params: Params, previous?: Door): Door {
    const door = faultFactory.door(this.#plan(params), this.#context(), previous)
    if (door === undefined) throw new Error(`${this.#type} has no door`)
    return door
  }

  #context(): DoorContext {
    return {
      random: this.#randomOf(),
      counters: this.counters,
      record: (at, what, detail) =>
        this.records.push(`${what} @ ${time(at)}${detail === undefined ? '' : ` ${JSON.stringify(detail)}`}`),
    }
  }

  #plan(params: Params): FaultPlan {
    const type = this.#type
    const parsed = parseParams(type, params)
    return { name: type, type, direction: 'both', probability: 1, params: parsed, owner: 'api', revision: 0, draw: 0 }
  }
}
