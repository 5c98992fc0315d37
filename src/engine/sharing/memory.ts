import { SharedCells } from './shared-cells.ts'
import { Ledger } from './counter.ts'
import type { Begun } from './sharing.ts'

/** Of the whole process. Made once, and given to each thread as it begins. */
export interface ProcessMemory {
  readonly threads: number
  /** Three counters: sessions, decisions, exchanges. */
  readonly counters: SharedArrayBuffer
  readonly held: SharedArrayBuffer
  readonly heldUp: SharedArrayBuffer
  readonly gauge: SharedArrayBuffer
}

export interface ProxyMemory {
  /** The thread that puts on record what all of them do alike. */
  readonly leader: number
  readonly ordinals: SharedArrayBuffer
  readonly live: SharedArrayBuffer
  readonly active: SharedArrayBuffer
  readonly waiting: SharedArrayBuffer
  readonly lock: SharedArrayBuffer
  readonly faults: ReadonlyMap<string, FaultMemory>
}

export interface FaultMemory {
  readonly active: SharedArrayBuffer
  /** Where it has limits of its own. */
  readonly gauge: SharedArrayBuffer | undefined
  /** Where its type wants any. */
  readonly cells: SharedArrayBuffer | undefined
  /** Four counters: met, taken, and the same of exchanges. New whenever the fault begins anew. */
  readonly counts: SharedArrayBuffer
  readonly begun: Begun
}

/** What goes along with a change of the plan: the memory of the proxies that it puts. */
export interface Shares {
  /** Counts the changes, from 1; 0 = no change, only what has been in force already. */
  readonly change: number
  readonly proxies: ReadonlyMap<string, ProxyMemory>
  readonly owners: ReadonlyMap<string, SharedArrayBuffer>
}

/** A gauge: three counters (seen, selected, acts), two words (how it is stopped, which run it is), and a ledger of what is active. */
export const GAUGE = { counters: 3, wordsAt: 24, ledgerAt: 32 } as const

export const makeCounters = (count: number): SharedArrayBuffer =>
  new SharedArrayBuffer(count * BigInt64Array.BYTES_PER_ELEMENT)

export const makeLedger = (threads: number): SharedArrayBuffer => new SharedArrayBuffer(Ledger.bytes(threads))

export const makeGauge = (threads: number): SharedArrayBuffer =>
  new SharedArrayBuffer(GAUGE.ledgerAt + Ledger.bytes(threads))

export const makeCells = (count: number): SharedArrayBuffer => new SharedArrayBuffer(SharedCells.bytes(count))

export function makeProcessMemory(threads: number): ProcessMemory {
  return {
    threads,
    counters: makeCounters(3),
    held: makeLedger(threads),
    heldUp: makeLedger(threads),
    gauge: makeGauge(threads),
  }
}
