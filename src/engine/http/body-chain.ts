import type { MessageFacts, StageContext } from '../../core/fault-factory.ts'
import type { Outlet, Stage } from '../../core/outlet.ts'
import type { FaultPlan } from '../../core/plan.ts'
import type { Direction } from '../../core/words.ts'
import type { Relay } from '../relay.ts'
import type { Held } from '../release-queue.ts'
import { DelayGuard } from '../delay-guard.ts'
import { linkStages, rescheduleWakers, type StageSlot } from '../stages.ts'
import type { Chosen } from './exchange.ts'

/** One fault on one body. */
class BodySlot implements StageSlot {
  dueAt = 0
  heapIndex = -1
  readonly chosen: Chosen
  readonly plan: FaultPlan
  readonly stage: Stage
  /** The fault's own: in it, where that is bounded. */
  readonly own: Stage
  /** Told after the stage has been woken. */
  ran: () => void = () => undefined
  readonly #relay: Relay

  constructor(relay: Relay, chosen: Chosen, stage: Stage) {
    chosen.named = true
    this.#relay = relay
    this.chosen = chosen
    this.plan = chosen.plan
    this.own = stage
    const { work } = chosen
    const bounded = work.longestDelay < Infinity
    this.stage = bounded ? new DelayGuard(stage, work, relay.shared.factory.effectOf(chosen.plan)) : stage
  }

  /** The scheduler: the time that the stage asked for has come. */
  fire(): void {
    this.#relay.act((now) => this.stage.wake?.(now))
    this.ran()
  }
}

export type StageContextOf = (chosen: Chosen, direction: Direction, message: MessageFacts) => StageContext

/**
 * The faults at work on the body of one message: their stages in a row, in front of what writes the body. They last as long as the
 * exchange.
 */
export class BodyChain {
  readonly #relay: Relay
  readonly #message: MessageFacts
  readonly #contextOf: StageContextOf
  readonly #last: Outlet
  #slots: readonly BodySlot[]
  #first: Outlet

  private constructor(
    relay: Relay,
    slots: readonly BodySlot[],
    message: MessageFacts,
    contextOf: StageContextOf,
    last: Outlet,
  ) {
    this.#relay = relay
    this.#slots = slots
    this.#message = message
    this.#contextOf = contextOf
    this.#last = last
    this.#first = this.#link()
  }

  /** `undefined` = none of the faults does anything with this body. */
  static make(
    relay: Relay,
    chosen: readonly Chosen[],
    message: MessageFacts,
    contextOf: StageContextOf,
    last: Outlet,
  ): BodyChain | undefined {
    const slots = chosen.flatMap((one) => slotFor(relay, one, message, contextOf, undefined) ?? [])
    if (slots.length === 0) return undefined
    return new BodyChain(relay, slots, message, contextOf, last)
  }

  get first(): Outlet {
    return this.#first
  }

  /** Nothing that has come through the stages waits any more. */
  get delivered(): boolean {
    return this.#relay.queue.empty
  }

  /** Bytes of the body that wait, with what delimits them. */
  get #waiting(): number {
    let bytes = 0
    for (let held = this.#relay.queue.head; held !== undefined; held = held.following) {
      if (held.kind === 'chunk' && !Number.isNaN(held.came)) bytes += held.bytes.length
    }
    return bytes
  }

  /** After anything that was given to the stages. */
  rescheduleWakers(): void {
    rescheduleWakers(this.#slots, this.#relay.shared.scheduler)
  }

  open(now: number): void {
    for (const { stage } of this.#slots) stage.open?.(now)
    this.rescheduleWakers()
  }

  /**
   * Brings the stages in step with the faults that still work on the exchange. Answers whether those that delay are not what they were: what
   * waits is to be given on once more (`refeed`).
   */
  update(chosen: readonly Chosen[], now: number): boolean {
    const before = this.#slots
    const after = before.flatMap((slot) => {
      const one = chosen.find(({ work }) => work === slot.chosen.work)
      if (one === undefined) return []
      if (one.plan === slot.plan) return [slot]
      return slotFor(this.#relay, one, this.#message, this.#contextOf, slot.own) ?? []
    })
    if (after.length === before.length && after.every((slot, index) => slot === before[index])) return false
    this.#slots = after
    this.#first = this.#link()
    const delaying = this.#timing(before)
    for (const slot of before) {
      if (after.includes(slot)) continue
      this.#relay.shared.scheduler.cancel(slot)
      if (after.some((other) => other.chosen.work === slot.chosen.work)) continue
      slot.stage.next = this.#last
      slot.stage.removed?.(now)
    }
    for (const slot of after) if (!before.includes(slot)) slot.stage.open?.(now)
    this.rescheduleWakers()
    const timing = this.#timing(after)
    const same = delaying.length === timing.length && delaying.every((slot, index) => slot === timing[index])
    if (same) return false
    const bytes = this.#waiting
    for (const { stage } of delaying) stage.rewind?.(bytes)
    return true
  }

  /** What waits of this body goes through the stages that delay, from when it came; everything else keeps the times that it had before them. */
  refeed(give: (feed: (held: Held, behind: Outlet) => void) => void): void {
    const { queue } = this.#relay
    const timing = this.#timing(this.#slots)
    give((held, behind) => {
      const last: Outlet = {
        chunk: (bytes, at) => {
          queue.arrival = at
          return behind.chunk(bytes, at)
        },
        end: () => undefined,
        abort: () => undefined,
      }
      queue.came = held.came
      queue.arrival = held.arrival
      if (held.kind === 'end') behind.end(held.arrival)
      else if (held.kind === 'abort') behind.abort(held.arrival, held.how, held.ending)
      else if (Number.isNaN(held.came)) behind.chunk(held.bytes, held.arrival)
      else linkStages(timing, last).chunk(held.bytes, held.came)
    })
    this.#link()
    this.rescheduleWakers()
  }

  #timing(slots: readonly BodySlot[]): readonly BodySlot[] {
    return slots.filter(({ plan }) => this.#relay.shared.factory.effectOf(plan) === 'timing')
  }

  close(): void {
    for (const slot of this.#slots) this.#relay.shared.scheduler.cancel(slot)
    this.#slots = []
  }

  #link(): Outlet {
    for (const slot of this.#slots) slot.ran = () => this.rescheduleWakers()
    return linkStages(this.#slots, this.#last)
  }
}

function slotFor(
  relay: Relay,
  chosen: Chosen,
  message: MessageFacts,
  contextOf: StageContextOf,
  previous: Stage | undefined,
): BodySlot | undefined {
  const { factory } = relay.shared
  const { direction } = relay
  const { plan } = chosen
  if (plan.direction !== direction && plan.direction !== 'both') return undefined
  if (!factory.hasStage(plan)) return undefined
  const stage = factory.stage(plan, contextOf(chosen, direction, message), previous)
  return stage === undefined ? undefined : new BodySlot(relay, chosen, stage)
}
