import type { Decision } from '../core/decision.ts'
import { PlainCounter, type Counter } from './sharing/counter.ts'

/** What a decision is given; the log adds the rest. */
export type NewDecision = Omit<Decision, 'seq' | 'time' | 'seed'>

export interface DecisionFilter {
  readonly proxy?: string
  readonly fault?: string
  /** Id of the session. */
  readonly session?: string
  /** Only those after this `seq`. */
  readonly after?: number
}

interface Kept {
  readonly seq: number
  /** Milliseconds since the epoch. */
  readonly wall: number
  readonly decision: NewDecision
}

/** The latest decisions, in a ring: the oldest makes way for the newest. */
export class DecisionLog {
  readonly capacity: number
  readonly #seed: number
  readonly #ring: Kept[] = []
  readonly #all: Counter
  /** Of these, how many were made here. */
  #here = 0

  /** @param all counts those of all threads; their numbers come from it. */
  constructor(seed: number, capacity: number, all: Counter = new PlainCounter()) {
    this.#seed = seed
    this.capacity = capacity
    this.#all = all
  }

  /** All that were ever made. */
  get total(): number {
    return this.#all.value
  }

  /** @param inMs how long from now it takes effect. */
  add(decision: NewDecision, inMs = 0): void {
    const seq = this.#all.add(1)
    const wall = Date.now() + (inMs > 0 && inMs < Infinity ? inMs : 0)
    if (this.capacity > 0) this.#ring[this.#here++ % this.capacity] = { seq, wall, decision }
  }

  /** Oldest first. */
  list({ after = 0, ...wanted }: DecisionFilter = {}): readonly Decision[] {
    const found: Decision[] = []
    // From the newest on: whoever follows the log asks for the few that are new, and the others are not looked at.
    for (let back = 1; back <= this.#ring.length; back++) {
      const kept = this.#ring[(this.#here - back) % this.capacity]
      if (kept === undefined || kept.seq <= after) break
      if (!matches(kept.decision, wanted)) continue
      const { seq, wall, decision } = kept
      found.push(Object.assign({ seq, time: new Date(wall).toISOString(), seed: this.#seed }, decision))
    }
    return found.reverse()
  }
}

function matches(decision: NewDecision, { proxy, fault, session }: Omit<DecisionFilter, 'after'>): boolean {
  return (
    (proxy === undefined || decision.proxy === proxy) &&
    (fault === undefined || decision.fault === fault) &&
    (session === undefined || decision.session === session)
  )
}
