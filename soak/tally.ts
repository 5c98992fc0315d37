/** What was done and what went wrong, by name. */
export class Tally {
  readonly counts = new Map<string, number>()
  readonly violations: Violation[] = []
  /** Those that found no room in the list. */
  more = 0
  #closed = false
  readonly #began = performance.now()
  readonly #tell: (violation: Violation) => void

  constructor(tell: (violation: Violation) => void = () => {}) {
    this.#tell = tell
  }

  count(what: string, by = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + by)
  }

  of(what: string): number {
    return this.counts.get(what) ?? 0
  }

  /** The run was broken off: what goes wrong from now on does so because of that. */
  close(): void {
    this.#closed = true
  }

  /** What must not be. */
  violate(check: Check, text: string): void {
    if (this.#closed) return
    const violation = { check, text, seconds: Math.round((performance.now() - this.#began) / 1000) }
    if (this.violations.length >= MOST_VIOLATIONS) this.more++
    else this.violations.push(violation)
    this.#tell(violation)
  }

  get clean(): boolean {
    return this.violations.length === 0
  }
}

/** After so many the rest is the same again. */
const MOST_VIOLATIONS = 200

export const CHECKS = {
  bytes: 'no byte is lost, doubled or wrong but by a fault that does that, and no connection ends unexplained',
  stuck: 'nothing hangs: every operation ends, and so does every session',
  origins: 'every session has ended with an origin, and the endings add up',
  counters: 'counters never go back',
  answers: 'the admin API answers what it should',
  log: 'no crash, no unhandled rejection, nothing on stderr, no line of level error that we did not cause',
  admin: 'the admin API answers in time',
  memory: 'memory comes back and does not climb',
  handles: 'file descriptors and handles come back',
  files: 'what the server has written down is whole',
} as const

export type Check = keyof typeof CHECKS

export interface Violation {
  readonly check: Check
  readonly text: string
  /** Since the beginning. */
  readonly seconds: number
}
