import type { Decision } from '../core/decision.ts'

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
  /** Milliseconds since the epoch. */
  readonly wall: number
  readonly decision: NewDecision
}

/** The latest decisions, in a ring: the oldest makes way for the newest. */
export class DecisionLog {
  /** All that were ever made. */
  total = 0
  readonly capacity: number
  readonly #seed: number
  readonly #ring: Kept[] = []

  constructor(seed: number, capacity: number) {
    this.#seed = seed
    this.capacity = capacity
  }

  /** @param inMs how long from now it takes effect. */
  add(decision: NewDecision, inMs = 0): void {
    const seq = ++this.total
    const wall = Date.now() + (inMs > 0 && inMs < Infinity ? inMs : 0)
    if (this.capacity > 0) this.#ring[(seq - 1) % this.capacity] = { wall, decision }
  }

  /** Oldest first. */
  list({ after = 0, ...wanted }: DecisionFilter = {}): readonly Decision[] {
    const found: Decision[] = []
    // Whoever follows the log asks for the few that are new: the others are not looked at.
    const gone = Math.max(Math.floor(after), this.total - this.#ring.length)
    for (let seq = gone + 1; seq <= this.total; seq++) {
      const kept = this.#ring[(seq - 1) % this.capacity]
      if (kept === undefined || !matches(kept.decision, wanted)) continue
      const { wall, decision } = kept
      found.push(Object.assign({ seq, time: new Date(wall).toISOString(), seed: this.#seed }, decision))
    }
    return found
  }
}

function matches(decision: NewDecision, { proxy, fault, session }: Omit<DecisionFilter, 'after'>): boolean {
  return (
    (proxy === undefined || decision.proxy === proxy) &&
    (fault === undefined || decision.fault === fault) &&
    (session === undefined || decision.session === session)
  )
}
