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
  readonly seq: number
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
    if (this.capacity > 0) this.#ring[(seq - 1) % this.capacity] = { seq, wall, decision }
  }

  /** Oldest first. */
  list({ proxy, fault, session, after = 0 }: DecisionFilter = {}): readonly Decision[] {
    const start = this.#ring.length < this.capacity ? 0 : this.total % this.capacity
    return [...this.#ring.slice(start), ...this.#ring.slice(0, start)]
      .filter(
        ({ seq, decision }) =>
          seq > after &&
          (proxy === undefined || decision.proxy === proxy) &&
          (fault === undefined || decision.fault === fault) &&
          (session === undefined || decision.session === session),
      )
      .map(({ seq, wall, decision }) =>
        Object.assign({ seq, time: new Date(wall).toISOString(), seed: this.#seed }, decision),
      )
  }
}
