import type { FaultCounters } from '../core/stage-factory.ts'
import type { Direction, Ending } from '../core/words.ts'
import type { ByteCounters, ProxySnapshot } from './data-plane.ts'
import { Histogram } from './histogram.ts'

/** Names come from users: what is kept of faults that are gone, and of endings that they caused, has to have a bound. */
const NAMES_KEPT = 512

const CONNECT_BOUNDS_MS = [0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000]

/**
 * The plain counters of one proxy name. They outlive the proxy (a counter that goes back would look like a restart of the
 * process), and a proxy made anew under that name goes on counting.
 */
export class ProxyCounters {
  readonly bytes: Readonly<Record<Direction, ByteCounters>> = {
    upstream: { received: 0, sent: 0 },
    downstream: { received: 0, sent: 0 },
  }
  readonly connect = new Histogram(CONNECT_BOUNDS_MS)
  /** Where the proxy of this name was when it was deleted. */
  lastSeen = { listen: '', upstream: '' }
  /** Sessions accepted. */
  total = 0
  /** `origin:reason` → sessions that ended so. */
  readonly #endings = new Map<string, number>()
  readonly #faults = new Map<string, FaultCounters>()

  countEnding({ origin, reason }: Ending): void {
    const exact = `${origin}:${reason}`
    const key = this.#endings.has(exact) || this.#endings.size < NAMES_KEPT ? exact : `${origin}:other`
    this.#endings.set(key, (this.#endings.get(key) ?? 0) + 1)
  }

  ofFault(name: string): FaultCounters {
    const known = this.#faults.get(name)
    if (known !== undefined) return known
    const fresh: FaultCounters = { seen: 0, selected: 0, applied: 0 }
    this.#faults.set(name, fresh)
    return fresh
  }

  /** Counters of faults that are gone stay, up to a bound. */
  forgetFaultsBut(inForce: readonly string[]): void {
    if (this.#faults.size <= NAMES_KEPT) return
    for (const name of this.#faults.keys()) if (!inForce.includes(name)) this.#faults.delete(name)
  }

  data(active: number): Pick<ProxySnapshot, 'sessions' | 'bytes' | 'faults' | 'connect'> {
    return {
      sessions: { total: this.total, active, endings: Object.fromEntries(this.#endings) },
      bytes: { upstream: { ...this.bytes.upstream }, downstream: { ...this.bytes.downstream } },
      faults: Object.fromEntries([...this.#faults].map(([name, counters]) => [name, { ...counters }])),
      connect: this.connect.data(),
    }
  }
}
