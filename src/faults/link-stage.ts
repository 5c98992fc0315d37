import type { StageContext } from '../core/fault-factory.ts'
import { type AbortHow, nowhere, type Outlet, type Stage } from '../core/outlet.ts'
import type { Ending } from '../core/words.ts'
import { bandwidth } from './bandwidth.ts'
import { EmulatedLoss } from './loss-stage.ts'
import { atLeastShortest } from './models/loss-params.ts'
import { independent } from './models/packet-loss-model.ts'
import { SlowStart } from './slow-start-stage.ts'

/** One direction of a path. */
export interface LinkPath {
  /** Round trip in milliseconds; this direction takes half of it. */
  readonly rtt: number
  /** Bytes per second; `undefined` = not limited. */
  readonly rate: number | undefined
  /** Percent of packets. */
  readonly loss: number
  readonly slowStart: boolean
}

/** Of Linux. */
const RTO_MIN_MS = 200

/** The parts of one direction; absent = it does nothing there. */
interface Parts {
  readonly loss?: Stage | undefined
  readonly slowStart?: Stage | undefined
  readonly pipe?: Stage | undefined
}

/** The way itself: everything takes the same time, ends and resets too, and any amount is under way. */
class Delay implements Stage {
  next: Outlet = nowhere
  readonly #ms: number

  constructor(ms: number) {
    this.#ms = ms
  }

  chunk(bytes: Buffer, at: number): number {
    return this.next.chunk(bytes, at + this.#ms) - this.#ms
  }

  end(at: number): void {
    this.next.end(at + this.#ms)
  }

  abort(at: number, how: AbortHow, ending: Ending): void {
    this.next.abort(at + this.#ms, how, ending)
  }
}

/**
 * One direction of a path, made of parts that bytes pass in the order in which they slow a real sender down:
 *
 *     lost packets ──▶ window of a new connection ──▶ thin pipe ──▶ the way
 */
export class Link implements Stage {
  readonly #parts: Parts
  readonly #way: Delay
  readonly #stages: readonly Stage[]
  readonly #first: Outlet
  readonly #context: StageContext

  constructor({ rtt, rate, loss, slowStart }: LinkPath, context: StageContext, previous: Stage | undefined) {
    const old = previous instanceof Link ? previous.#parts : {}
    // The link acts once on what passes it, however many of its parts do.
    const inner = withoutCounting(context)
    const path = { loss: independent(loss / 100), rtt: atLeastShortest(rtt), rtoMin: RTO_MIN_MS, paced: true }
    this.#parts = {
      loss: loss > 0 ? new EmulatedLoss(path, inner, old.loss) : undefined,
      slowStart: slowStart && rtt > 0 ? new SlowStart(rtt, RTO_MIN_MS, old.slowStart) : undefined,
      pipe: rate === undefined ? undefined : bandwidth.stage?.({ rate, burst: 0, scope: 'session' }, inner, old.pipe),
    }
    this.#way = new Delay(rtt / 2)
    this.#context = context
    const { loss: losing, slowStart: starting, pipe } = this.#parts
    this.#stages = [losing, starting, pipe, this.#way].filter((stage) => stage !== undefined)
    let behind: Outlet = nowhere
    for (const stage of this.#stages.toReversed()) {
      stage.next = behind
      behind = stage
    }
    this.#first = behind
  }

  get next(): Outlet {
    return this.#way.next
  }

  set next(outlet: Outlet) {
    this.#way.next = outlet
  }

  open(at: number): void {
    for (const stage of this.#stages) stage.open?.(at)
  }

  chunk(bytes: Buffer, at: number): number {
    this.#context.counters.applied++
    return this.#first.chunk(bytes, at)
  }

  end(at: number): void {
    this.#context.counters.applied++
    this.#first.end(at)
  }

  abort(at: number, how: AbortHow, ending: Ending): void {
    this.#context.counters.applied++
    this.#first.abort(at, how, ending)
  }

  rewind(bytes: number): void {
    for (const stage of this.#stages) stage.rewind?.(bytes)
  }
}

function withoutCounting(context: StageContext): StageContext {
  return {
    random: context.random,
    counters: { seen: 0, selected: 0, applied: 0 },
    ending: context.ending,
    direction: context.direction,
    shared: (scope, make) => context.shared(scope, make),
    cells: () => context.cells(),
    record: (at, what, detail) => context.record(at, what, detail),
  }
}
