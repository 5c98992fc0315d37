import type { Outlet, Stage } from '../core/outlet.ts'
import type { FaultPlan } from '../core/plan.ts'
import { randomFor, type Random } from '../core/random.ts'
import type { FaultCounters } from '../core/stage-factory.ts'
import type { Direction } from '../core/words.ts'
import type { Relay } from './relay.ts'
import type { Held } from './release-queue.ts'
import type { Scheduled } from './scheduler.ts'
import type { EngineShared } from './shared.ts'

/** What a chain has to know of the proxy and session it belongs to. */
export interface ChainPlace {
  readonly shared: EngineShared
  readonly proxy: string
  /** Of the session within its proxy. */
  readonly ordinal: number
  countersOf(fault: string): FaultCounters
}

/** One fault on one direction of one session, selected or not. */
class Slot implements Scheduled {
  dueAt = 0
  heapIndex = -1
  readonly fault: FaultPlan
  readonly random: Random
  readonly selected: boolean
  readonly stage: Stage
  readonly #relay: Relay

  constructor(place: ChainPlace, relay: Relay, fault: FaultPlan, old: Slot | undefined) {
    this.fault = fault
    this.#relay = relay
    this.random = old?.random ?? randomFor(place.shared.seed, place.proxy, place.ordinal, relay.direction, fault.name)
    const counters = place.countersOf(fault.name)
    if (old !== undefined && old.fault.draw === fault.draw) {
      this.selected = old.selected
    } else {
      // Drawn even when the outcome is certain, so that a changed probability does not shift the draws after it.
      this.selected = this.random.next() < fault.probability
      counters.seen++
      if (this.selected) counters.selected++
    }
    const context = { random: this.random, counters, ending: { origin: 'injected', reason: fault.name } } as const
    this.stage = place.shared.factory.build(fault, context, old?.stage)
  }

  /** The scheduler: the time that the stage asked for has come. */
  fire(): void {
    this.#relay.act((now) => this.stage.wake?.(now))
  }
}

/** The faults at work on one direction of one session, kept in step with the plan. */
export class Chain {
  readonly #place: ChainPlace
  readonly #relay: Relay
  #slots: readonly Slot[] = []
  /** Slots in the chain whose stage acts by itself; mostly none. */
  #wakers: readonly Slot[] = []
  #closed = false

  constructor(place: ChainPlace, relay: Relay) {
    this.#place = place
    this.#relay = relay
  }

  /** Names of the faults at work, in order. */
  get names(): readonly string[] {
    return this.#slots.filter((slot) => slot.selected).map((slot) => slot.fault.name)
  }

  /**
   * Brings the chain in step with the faults of the plan, between two chunks. Stages of unchanged faults stay the same objects.
   * What waits is passed again through the timing stages when these have changed; see `#retime`.
   */
  update(faults: readonly FaultPlan[], now: number): void {
    if (this.#closed) return
    const wanted = faults.filter((fault) => actsOn(fault, this.#relay.direction))
    const before = this.#slots
    if (wanted.length === 0 && before.length === 0) return
    const after = wanted.map((fault) => this.#slotFor(fault, before))
    if (after.length === before.length && after.every((slot, index) => slot === before[index])) return

    this.#slots = after
    this.#retime(before, after, now)
    this.#link(selected(after))
    // Before anything runs through the chain again, or ends the session: who has left, or is left of an ended one, is not scheduled.
    this.#wakers = selected(after).filter((slot) => slot.stage.wake !== undefined)
    this.#leave(before, after)
    this.rescheduleWakers()
    this.#relay.forgetWelcome()
    this.#relay.releaseSoon(now)
  }

  /** Stages may have changed their minds about when to be woken. */
  rescheduleWakers(): void {
    for (const slot of this.#wakers) {
      const at = slot.stage.wakeAt ?? Infinity
      if (slot.heapIndex >= 0 ? slot.dueAt !== at : at !== Infinity) this.#place.shared.scheduler.schedule(slot, at)
    }
  }

  /** The direction is over: no stage is woken any more. */
  close(): void {
    this.#closed = true
    for (const slot of this.#wakers) this.#place.shared.scheduler.cancel(slot)
    this.#wakers = []
  }

  #slotFor(fault: FaultPlan, before: readonly Slot[]): Slot {
    const same = before.find((slot) => isSameFault(slot.fault, fault))
    if (same !== undefined && same.fault.revision === fault.revision && same.fault.draw === fault.draw) return same
    return new Slot(this.#place, this.#relay, fault, same)
  }

  /**
   * What waits has been through the old stages. When stages were only appended, it goes on through these, whatever they do: it has not
   * met them yet. Otherwise, if the timing stages have changed, it is taken back to its arrival and goes through all timing stages of the
   * new chain; content, loss and ending stages have acted on it already and do not see it again.
   */
  #retime(before: readonly Slot[], after: readonly Slot[], now: number): void {
    const old = selected(before)
    const current = selected(after)
    const oldTiming = this.#timing(old)
    const timing = this.#timing(current)
    const appended = isPrefix(old, current)
    const through = appended ? current.slice(old.length) : timing
    const untouched = appended
      ? through.length === 0
      : isPrefix(oldTiming, timing) && oldTiming.length === timing.length
    const held = this.#relay.queue.empty || untouched ? undefined : this.#relay.takeHeld()
    if (held !== undefined && !appended) {
      const bytes = bytesOf(held)
      for (const slot of oldTiming) slot.stage.rewind?.(bytes)
    }
    const first = this.#link(through)
    for (const slot of current) if (!before.includes(slot)) this.#join(slot, now)
    if (held !== undefined) this.#relay.repass(held, first ?? this.#relay.queue, appended ? 'due' : 'arrival')
  }

  #join(slot: Slot, now: number): void {
    this.#relay.queue.arrival = now
    slot.stage.open?.(now)
  }

  /**
   * Stages of faults that are gone, or that a new draw has taken out, are told so; they may end the session. Theirs is the end of the
   * chain, behind everything that waits.
   */
  #leave(before: readonly Slot[], after: readonly Slot[]): void {
    const gone = before.filter((slot) => !after.includes(slot))
    for (const slot of gone) this.#place.shared.scheduler.cancel(slot)
    for (const slot of gone) {
      const successor = after.find((other) => isSameFault(other.fault, slot.fault))
      const removed = successor === undefined
      if (!removed && (!slot.selected || successor.selected)) continue
      slot.stage.next = this.#relay.queue
      this.#relay.act((now) => (removed ? slot.stage.removed?.(now) : slot.stage.unselected?.(now)))
    }
  }

  #timing(slots: readonly Slot[]): readonly Slot[] {
    return slots.filter((slot) => this.#place.shared.factory.effectOf(slot.fault.type) === 'timing')
  }

  #link(slots: readonly Slot[]): Outlet | undefined {
    let next: Outlet = this.#relay.queue
    for (const slot of [...slots].reverse()) {
      slot.stage.next = next
      next = slot.stage
    }
    const first = slots[0]?.stage
    this.#relay.setChain(first)
    return first
  }
}

function selected(slots: readonly Slot[]): readonly Slot[] {
  return slots.filter((slot) => slot.selected)
}

function isSameFault(a: FaultPlan, b: FaultPlan): boolean {
  return a.name === b.name && a.type === b.type
}

function isPrefix(start: readonly Slot[], slots: readonly Slot[]): boolean {
  return start.every((slot, index) => slot === slots[index])
}

function bytesOf(held: Held): number {
  let bytes = 0
  for (let item: Held | undefined = held; item !== undefined; item = item.following) {
    if (item.kind === 'chunk') bytes += item.bytes.length
  }
  return bytes
}

function actsOn(fault: FaultPlan, direction: Direction): boolean {
  return fault.direction === direction || fault.direction === 'both'
}
