import type { Outlet, Stage } from '../core/outlet.ts'
import type { FaultPlan } from '../core/plan.ts'
import type { Random } from '../core/random.ts'
import { DelayGuard } from './delay-guard.ts'
import type { ChunkDrawOptions, SieveMemory } from './chunk-draws.ts'
import { differInProbabilityAlone, type FaultNow } from './fault-at-work.ts'
import type { Relay } from './relay.ts'
import type { Held } from './release-queue.ts'
import type { Scheduled } from './scheduler.ts'
import type { Selection } from './selection.ts'
import { linkStages, rescheduleWakers } from './stages.ts'
import { needsSieve, Sieve } from './sieve.ts'
import { ShadowStage } from './shadow-stage.ts'

/** What goes from a slot to its successor when its fault is updated. */
interface Kept {
  readonly random: Random
  /** Made where chunks are drawn for: a generator is half the cost of a slot. */
  chunkRandom: Random | undefined
  readonly sieve: SieveMemory
}

/** One fault on one direction of one session, selected or not. */
class Slot implements Scheduled {
  dueAt = 0
  heapIndex = -1
  fault: FaultNow
  /** In the chain. */
  readonly selected: boolean
  /** It only counts what it would hit. */
  readonly shadow: boolean
  /** The fault works on the session, or would but for the draw. */
  meant: boolean
  /** What is in the chain: the fault's own stage, perhaps behind a sieve. */
  readonly stage: Stage
  readonly own: Stage
  readonly kept: Kept
  readonly #relay: Relay

  constructor(selection: Selection, relay: Relay, fault: FaultNow, old: Slot | undefined) {
    const { direction, shared } = relay
    this.fault = fault
    this.#relay = relay
    this.kept = old?.kept ?? {
      random: selection.randomOf(fault.plan, direction),
      chunkRandom: undefined,
      sieve: { chunks: 0, acted: false },
    }
    this.shadow = fault.plan.shadow === true
    this.selected = this.#takesPart(selection, fault)
    this.meant = selection.isMeant(fault) && !this.shadow
    const context = { ...selection.contextOf(fault, this.kept.random, direction), direction }
    this.own = shared.factory.stage(fault.plan, context, old?.own) ?? noStage(fault)
    this.stage = this.#stage(selection)
  }

  /** The same with another probability. Answers whether that changes nothing for this session: its stage goes on as it is. */
  goesOn(selection: Selection, fault: FaultNow): boolean {
    if (!differInProbabilityAlone(this.fault, fault) || this.#takesPart(selection, fault) !== this.selected)
      return false
    this.fault = fault
    this.meant = selection.isMeant(fault) && !this.shadow
    return true
  }

  /** Who only counts needs to see the bytes only where it draws for each chunk. */
  #takesPart(selection: Selection, fault: FaultNow): boolean {
    return selection.selects(fault) && (!this.shadow || fault.plan.per === 'chunk')
  }

  get name(): string {
    return this.fault.work.name
  }

  #stage(selection: Selection): Stage {
    const { fault, own } = this
    const { factory } = this.#relay.shared
    if (this.shadow) return fault.plan.per === 'chunk' ? new ShadowStage(this.#draws(selection)) : own
    if (!needsSieve(fault)) return own
    const effect = factory.effectOf(fault.plan)
    const inner = fault.work.longestDelay < Infinity ? new DelayGuard(own, fault.work, effect) : own
    return new Sieve({ ...this.#draws(selection), inner, effect })
  }

  #draws(selection: Selection): ChunkDrawOptions {
    const { direction } = this.#relay
    this.kept.chunkRandom ??= selection.randomOf(this.fault.plan, `${direction} chunks`)
    return { slot: this, selection, direction, random: this.kept.chunkRandom, memory: this.kept.sieve }
  }

  /** The scheduler: the time that the stage asked for has come. */
  fire(): void {
    this.#relay.act((now) => this.stage.wake?.(now))
  }
}

function noStage({ plan }: FaultNow): never {
  throw new Error(`${plan.type} has no stage`)
}

const NO_SLOTS: readonly Slot[] = []

/** The faults at work on one direction of one session, kept in step with the plan. */
export class Chain {
  readonly #selection: Selection
  readonly #relay: Relay
  #slots = NO_SLOTS
  /** Slots in the chain whose stage acts by itself; mostly none. */
  #wakers = NO_SLOTS
  #closed = false

  constructor(selection: Selection, relay: Relay) {
    this.#selection = selection
    this.#relay = relay
  }

  /** Names of the faults at work, in order. */
  get names(): readonly string[] {
    return this.#slots.filter((slot) => slot.selected && !slot.shadow).map(({ name }) => name)
  }

  /**
   * Brings the chain in step with the faults of the plan, between two chunks. Stages of unchanged faults stay the same objects.
   * What waits is passed again through the timing stages when these have changed; see `#retime`.
   */
  update(faults: readonly FaultNow[], now: number): void {
    if (this.#closed) return
    const wanted = faults.filter(({ plan }) => this.#actsHere(plan))
    const before = this.#slots
    if (wanted.length === 0) return this.#clear(before, now)
    const after = wanted.map((fault) => this.#slotFor(fault, before))
    if (after.length === before.length && after.every((slot, index) => slot === before[index]))
      return this.rescheduleWakers()

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

  /**
   * No fault is left. What an operator calls off in a hurry comes to this for thousands of sessions in one call: of 5000 that held 8 KB each
   * behind a latency and a bandwidth, the call took 62 ms of CPU by way of `#retime`, and takes 35. Sources that a
   * pipe has stopped are read on in turns of their own too: all at once they kept the loop from everything else for 160 ms after it.
   */
  #clear(before: readonly Slot[], now: number): void {
    if (before.length === 0) return
    this.#slots = NO_SLOTS
    const held = !this.#relay.queue.empty && this.#timing(before).some(({ selected: was }) => was)
    if (held) this.#relay.queue.backToArrival()
    this.#relay.setChain(undefined)
    this.#wakers = NO_SLOTS
    this.#leave(before, NO_SLOTS)
    this.#relay.welcomeSoon(now)
    this.#relay.releaseSoon(now)
  }

  /** What waits is given on once more, by `feed`, to the timing stages alone: what delayed it in front of this chain has changed. */
  refeed(feed: (held: Held, timing: Outlet) => void, now: number): void {
    if (this.#closed || this.#relay.queue.empty) return
    const current = selected(this.#slots)
    const timing = this.#timing(current)
    const { bytes } = this.#relay.queue
    for (const slot of timing) slot.stage.rewind?.(bytes)
    const first = this.#link(timing) ?? this.#relay.queue
    this.#relay.refeed((held) => feed(held, first), now)
    this.#link(current)
  }

  /** Stages may have changed their minds about when to be woken. */
  rescheduleWakers(): void {
    rescheduleWakers(this.#wakers, this.#relay.shared.scheduler)
  }

  /** The direction is over: no stage is woken any more. */
  close(): void {
    this.#closed = true
    for (const slot of this.#wakers) this.#relay.shared.scheduler.cancel(slot)
    this.#wakers = []
  }

  #actsHere(plan: FaultPlan): boolean {
    const { direction, shared } = this.#relay
    if (plan.direction !== direction && plan.direction !== 'both') return false
    return shared.factory.hasStage(plan) && shared.factory.level(plan) === 'session'
  }

  #slotFor(fault: FaultNow, before: readonly Slot[]): Slot {
    const same = before.find((slot) => isSameFault(slot.fault, fault))
    if (same !== undefined && (same.fault === fault || same.goesOn(this.#selection, fault))) return same
    return new Slot(this.#selection, this.#relay, fault, same)
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
    const { queue } = this.#relay
    const passes = !queue.empty && !untouched
    // Who leaves for good need not know.
    if (passes && !appended) {
      for (const slot of oldTiming)
        if (after.some((other) => isSameFault(other.fault, slot.fault))) slot.stage.rewind?.(queue.bytes)
    }
    const held = passes ? this.#relay.takeHeld() : undefined
    const first = this.#link(through)
    for (const slot of current) if (!before.includes(slot)) this.#join(slot, now)
    if (held !== undefined) this.#relay.repass(held, first ?? queue, appended ? 'due' : 'arrival')
  }

  #join(slot: Slot, now: number): void {
    this.#relay.queue.arrival = now
    slot.stage.open?.(now)
  }

  /**
   * Stages of faults that are gone, whose window has closed, or that a new draw has taken out, are told so; they may end the session. Theirs
   * is the end of the chain, behind everything that waits.
   */
  #leave(before: readonly Slot[], after: readonly Slot[]): void {
    const gone = before.filter((slot) => !after.includes(slot))
    for (const slot of gone) this.#relay.shared.scheduler.cancel(slot)
    for (const slot of gone) {
      const successor = after.find((other) => isSameFault(other.fault, slot.fault))
      const how = wayOut(slot, successor)
      // Who has nothing to say is not let into the chain: that would write what has become due, in the caller's time.
      if (how === undefined || slot.stage[how] === undefined) continue
      slot.stage.next = this.#relay.queue
      this.#relay.act((now) => slot.stage[how]?.(now))
    }
  }

  #timing(slots: readonly Slot[]): readonly Slot[] {
    const { factory } = this.#relay.shared
    return slots.filter(({ fault, shadow }) => !shadow && factory.effectOf(fault.plan) === 'timing')
  }

  #link(slots: readonly Slot[]): Outlet | undefined {
    linkStages(slots, this.#relay.queue)
    const first = slots[0]?.stage
    this.#relay.setChain(first)
    return first
  }
}

function selected(slots: readonly Slot[]): readonly Slot[] {
  return slots.filter((slot) => slot.selected)
}

function isSameFault(a: FaultNow, b: FaultNow): boolean {
  return a.work === b.work
}

/** What a slot that leaves is told; `undefined` = nothing, because it was not at work or its successor goes on. */
function wayOut(slot: Slot, successor: Slot | undefined): 'removed' | 'unselected' | undefined {
  // A fault that is removed says so to those that its draw has spared too: Toxiproxy's timeout closes them all.
  if (successor === undefined) return slot.fault.on && slot.meant ? 'removed' : undefined
  if (!works(slot) || works(successor)) return undefined
  return successor.fault.on && !successor.shadow ? 'unselected' : 'removed'
}

function works({ selected, shadow }: Slot): boolean {
  return selected && !shadow
}

function isPrefix(start: readonly Slot[], slots: readonly Slot[]): boolean {
  return start.every((slot, index) => slot === slots[index])
}
