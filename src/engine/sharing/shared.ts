import { Ledger, SharedCounter } from './counter.ts'
import { plainCells, type Cells } from '../../core/cells.ts'
import { GAUGE, type FaultMemory, type ProcessMemory, type ProxyMemory, type Shares } from './memory.ts'
import { SharedCells } from './shared-cells.ts'
import type { FaultCounts, FaultShare, GaugeOf, GaugeShare, Nudge, ProxyShare, Sharing } from './sharing.ts'

/** For one of several threads: it has to be given the shares of a change before it applies it, and can be asked for those alone. */
export interface SharedSharing extends Sharing {
  take(shares: Shares): void
}

/** @param thread from 1. */
export function createShared(process: ProcessMemory, thread: number, nudge: (nudge: Nudge) => void): SharedSharing {
  return new OfOneThread(process, thread, nudge)
}

class OfOneThread implements SharedSharing {
  readonly sessions: SharedCounter
  readonly decisions: SharedCounter
  readonly exchanges: SharedCounter
  readonly held: Ledger
  readonly heldUp: Ledger
  readonly nudge: (nudge: Nudge) => void
  readonly #process: ProcessMemory
  readonly #thread: number
  /** Of the change that is being put in force: whoever needs memory takes hold of it then. */
  #shares: Shares = { change: 0, proxies: new Map(), owners: new Map() }

  constructor(process: ProcessMemory, thread: number, nudge: (nudge: Nudge) => void) {
    this.#process = process
    this.#thread = thread
    this.nudge = nudge
    const counters = new BigInt64Array(process.counters)
    this.sessions = new SharedCounter(counters, 0)
    this.decisions = new SharedCounter(counters, 1)
    this.exchanges = new SharedCounter(counters, 2)
    this.held = this.#ledger(process.held)
    this.heldUp = this.#ledger(process.heldUp)
  }

  take(shares: Shares): void {
    this.#shares = shares
  }

  proxy(name: string): ProxyShare {
    const { leader, ordinals, live, active, waiting, lock } = this.#memoryOf(name)
    return {
      leads: leader === this.#thread,
      ordinals: new SharedCounter(new BigInt64Array(ordinals), 0),
      live: this.#ledger(live),
      active: this.#ledger(active),
      waiting: this.#ledger(waiting),
      exclusively: reentrant(new SharedCells(lock, this.#thread)),
    }
  }

  fault(proxy: string, { name }: { readonly name: string }): FaultShare {
    const { active, cells } = this.#faultOf(proxy, name)
    let made: Cells | undefined
    const make = (): Cells => (cells === undefined ? plainCells(0) : new SharedCells(cells, this.#thread))
    return { active: this.#ledger(active), cells: () => (made ??= make()) }
  }

  counts(proxy: string, { name }: { readonly name: string }): FaultCounts {
    const { counts, begun } = this.#faultOf(proxy, name)
    const words = new BigInt64Array(counts)
    return {
      begun,
      met: new SharedCounter(words, 0),
      taken: new SharedCounter(words, 1),
      exchangesMet: new SharedCounter(words, 2),
      exchangesTaken: new SharedCounter(words, 3),
    }
  }

  gauge(of: GaugeOf): GaugeShare {
    const memory = this.#gaugeMemory(of)
    const moved = (): void => this.nudge({ about: 'limits' })
    return new SharedGauge(memory, this.#thread, () => this.#shares.change, moved)
  }

  #gaugeMemory(of: GaugeOf): SharedArrayBuffer {
    if (of.scope === 'process') return this.#process.gauge
    if (of.scope === 'owner') return given(this.#shares.owners.get(of.owner), `owner ${of.owner}`)
    return given(this.#faultOf(of.proxy, of.fault).gauge, `limits of ${of.fault}`)
  }

  #memoryOf(proxy: string): ProxyMemory {
    return given(this.#shares.proxies.get(proxy), `proxy ${proxy}`)
  }

  #faultOf(proxy: string, fault: string): FaultMemory {
    return given(this.#memoryOf(proxy).faults.get(fault), `fault ${fault} of ${proxy}`)
  }

  #ledger(memory: SharedArrayBuffer): Ledger {
    return new Ledger(new Int32Array(memory), this.#thread)
  }
}

const STOPPED = { off: 1, spent: 2 } as const

class SharedGauge implements GaugeShare {
  readonly seen: SharedCounter
  readonly selected: SharedCounter
  readonly acts: SharedCounter
  readonly active: Ledger
  readonly moved: () => void
  /** How it is stopped, and the change that its present run began with. */
  readonly #words: Int32Array
  readonly #change: () => number

  constructor(memory: SharedArrayBuffer, thread: number, change: () => number, moved: () => void) {
    const counters = new BigInt64Array(memory, 0, GAUGE.counters)
    this.seen = new SharedCounter(counters, 0)
    this.selected = new SharedCounter(counters, 1)
    this.acts = new SharedCounter(counters, 2)
    this.#words = new Int32Array(memory, GAUGE.wordsAt, 2)
    this.active = new Ledger(new Int32Array(memory, GAUGE.ledgerAt), thread)
    this.#change = change
    this.moved = moved
  }

  get off(): boolean {
    return (Atomics.load(this.#words, 0) & STOPPED.off) !== 0
  }

  get spent(): boolean {
    return (Atomics.load(this.#words, 0) & STOPPED.spent) !== 0
  }

  get run(): number {
    return Atomics.load(this.#words, 1)
  }

  stop(how: 'off' | 'spent'): boolean {
    return (Atomics.or(this.#words, 0, STOPPED[how]) & STOPPED[how]) === 0
  }

  restart(): void {
    const { run } = this
    const change = this.#change()
    // Every thread comes here for the same change: what has been counted since the first did is to stay.
    if (run >= change || Atomics.compareExchange(this.#words, 1, run, change) !== run) return
    for (const counter of [this.seen, this.selected, this.acts]) counter.reset()
    Atomics.store(this.#words, 0, 0)
  }
}

/** What is done under the lock may come to ask for it again: a session that is let in may be over before that returns. */
function reentrant(lock: SharedCells): <T>(act: () => T) => T {
  let within = false
  return (act) => {
    if (within) return act()
    return lock.exclusively(() => {
      within = true
      try {
        return act()
      } finally {
        within = false
      }
    })
  }
}

function given<T>(memory: T | undefined, what: string): T {
  if (memory === undefined) throw new Error(`nothing is shared for the ${what}`)
  return memory
}
