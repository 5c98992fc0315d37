import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '../../core/clock.ts'
import type { FaultFactory } from '../../core/fault-factory.ts'
import type { FaultPlan, ProxyPlan } from '../../core/plan.ts'
import { Ledger } from './counter.ts'
import {
  GAUGE,
  makeCells,
  makeCounters,
  makeGauge,
  makeLedger,
  makeProcessMemory,
  type FaultMemory,
  type ProcessMemory,
  type ProxyMemory,
  type Shares,
} from './memory.ts'
import { SharedCells } from './shared-cells.ts'

interface KnownFault {
  readonly plan: Pick<FaultPlan, 'type' | 'epoch'>
  readonly memory: FaultMemory
}

interface KnownProxy {
  readonly memory: Omit<ProxyMemory, 'faults'>
  faults: ReadonlyMap<string, KnownFault>
  owners: ReadonlySet<string>
}

/** What a thread that died has left. */
export interface Withdrawn {
  /** Sessions that were alive, by proxy; those without any are absent. */
  readonly live: ReadonlyMap<string, number>
}

/** Of these, so many more than there are in use are let be before they are cleared up. */
const OWNERS_TO_SPARE = 64

/** For a thread that is new: it comes to what is in force, where nothing begins anew. */
export const NO_CHANGE = 0

/** Whose the shared memory is: it is made, given out and cleared up here. */
export class SharedMemory {
  readonly process: ProcessMemory
  readonly #clock: Clock
  readonly #factory: FaultFactory
  readonly #proxies = new Map<string, KnownProxy>()
  /** Removed, with sessions that still drain. */
  readonly #leaving = new Set<{ readonly name: string; readonly known: KnownProxy }>()
  readonly #owners = new Map<string, SharedArrayBuffer>()
  #changes = 0

  constructor(threads: number, parts: { readonly clock: Clock; readonly factory: FaultFactory }) {
    this.process = makeProcessMemory(threads)
    this.#clock = parts.clock
    this.#factory = parts.factory
  }

  /** The number of a change that is about to be made. */
  nextChange(): number {
    return ++this.#changes
  }

  /**
   * @param leaderOf the thread that puts on record what all of them do alike.
   * @param change the same for all threads, also where these are not told at the same time: what begins anew does so once for each change.
   */
  put(plans: readonly ProxyPlan[], leaderOf: (plan: ProxyPlan) => number, change = this.nextChange()): Shares {
    const proxies = new Map(plans.map((plan) => [plan.name, this.#put(plan, leaderOf(plan))]))
    this.#clearOwners()
    const names = plans.flatMap((plan) => [...ownersOf(plan)])
    const owners = new Map(names.map((name) => [name, this.#ownerMemory(name)]))
    return { change, proxies, owners }
  }

  /** The threads go on with the memory for as long as they have sessions of it. */
  remove(name: string): void {
    for (const one of this.#leaving) if (this.#liveOf(one.known) === 0) this.#leaving.delete(one)
    const known = this.#proxies.get(name)
    if (known !== undefined && this.#liveOf(known) > 0) this.#leaving.add({ name, known })
    this.#proxies.delete(name)
  }

  /** All faults of all proxies are gone: one that is put again begins with nothing. */
  clearFaults(): void {
    for (const known of this.#proxies.values()) {
      known.faults = new Map()
      known.owners = new Set()
    }
  }

  /** A thread is no more: what it had a part in is the others' alone. */
  withdraw(thread: number): Withdrawn {
    const { held, heldUp, gauge, threads } = this.process
    const ledger = (memory: SharedArrayBuffer): number => new Ledger(new Int32Array(memory), threads).withdraw(thread)
    const ledgerOf = (memory: SharedArrayBuffer): number =>
      new Ledger(new Int32Array(memory, GAUGE.ledgerAt), threads).withdraw(thread)
    const live = new Map<string, number>()
    const leaving = Array.from(this.#leaving, ({ name, known }) => [name, known] as const)
    for (const [name, { memory, faults }] of [...this.#proxies, ...leaving]) {
      SharedCells.release(memory.lock, thread)
      const sessions = ledger(memory.live)
      if (sessions > 0) live.set(name, (live.get(name) ?? 0) + sessions)
      ledger(memory.active)
      ledger(memory.waiting)
      for (const { memory: fault } of faults.values()) {
        ledger(fault.active)
        if (fault.cells !== undefined) SharedCells.release(fault.cells, thread)
        if (fault.gauge !== undefined) ledgerOf(fault.gauge)
      }
    }
    for (const memory of [gauge, ...this.#owners.values()]) ledgerOf(memory)
    for (const memory of [held, heldUp]) ledger(memory)
    return { live }
  }

  #liveOf({ memory }: KnownProxy): number {
    return new Ledger(new Int32Array(memory.live), this.process.threads).value
  }

  #put(plan: ProxyPlan, leader: number): ProxyMemory {
    const known = this.#proxies.get(plan.name) ?? this.#fresh(leader)
    const behind = Number(Atomics.load(new BigInt64Array(known.memory.ordinals), 0))
    const begun = { at: this.#clock.now(), behind }
    known.faults = new Map(plan.faults.map((fault) => [fault.name, this.#fault(fault, known, begun)]))
    known.owners = ownersOf(plan)
    this.#proxies.set(plan.name, known)
    return memoryOf(known)
  }

  #fresh(leader: number): KnownProxy {
    const { threads } = this.process
    const memory = {
      leader,
      ordinals: makeCounters(1),
      live: makeLedger(threads),
      active: makeLedger(threads),
      waiting: makeLedger(threads),
      lock: makeCells(0),
    }
    return { memory, faults: new Map(), owners: new Set() }
  }

  /** Kept as the faults at work keep theirs: another type is another fault, another epoch begins anew. */
  #fault({ name, type, epoch, limits }: FaultPlan, proxy: KnownProxy, begun: FaultMemory['begun']): KnownFault {
    const { threads } = this.process
    const before = proxy.faults.get(name)
    const known = before?.plan.type === type ? before : undefined
    const plan = { type, ...(epoch === undefined ? {} : { epoch }) }
    const gauge = limits === undefined ? undefined : (known?.memory.gauge ?? makeGauge(threads))
    if (known !== undefined && isDeepStrictEqual(known.plan, plan)) return { plan, memory: { ...known.memory, gauge } }
    const cells = this.#factory.cells(type)
    const kept = known?.memory ?? {
      active: makeLedger(threads),
      cells: cells === 0 ? undefined : makeCells(cells),
    }
    return { plan, memory: { ...kept, gauge, counts: makeCounters(4), begun } }
  }

  #ownerMemory(owner: string): SharedArrayBuffer {
    const memory = this.#owners.get(owner) ?? makeGauge(this.process.threads)
    this.#owners.set(owner, memory)
    return memory
  }

  #clearOwners(): void {
    if (this.#owners.size < OWNERS_TO_SPARE) return
    const proxies = [...this.#proxies.values()]
    for (const owner of this.#owners.keys()) {
      if (!proxies.some(({ owners }) => owners.has(owner))) this.#owners.delete(owner)
    }
  }
}

/** Those with limits of their own. */
function ownersOf({ faults }: ProxyPlan): ReadonlySet<string> {
  return new Set(faults.filter(({ ownerLimits }) => ownerLimits !== undefined).map(({ owner }) => owner))
}

function memoryOf({ memory, faults }: KnownProxy): ProxyMemory {
  return { ...memory, faults: new Map([...faults].map(([name, fault]) => [name, fault.memory])) }
}
