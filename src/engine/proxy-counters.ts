import type { FaultCounters } from '../core/fault-factory.ts'
import type { SkipReason } from '../core/decision.ts'
import { defined } from '../core/defined.ts'
import { DIRECTIONS, type Direction, type Ending } from '../core/words.ts'
import type { ByteCounters, Disarmed, FaultSnapshot, ProxySnapshot } from './data-plane.ts'
import { Histogram } from './histogram.ts'
import { ExchangeCounters } from './http/exchange-counters.ts'

/** Names come from users: what is kept of faults that are gone, and of endings that they caused, has to have a bound. */
const NAMES_KEPT = 512

const PLACES_KEPT = 64

const CONNECT_BOUNDS_MS = [0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000]

/** The counters of one fault name; they outlive the fault. */
export interface FaultTally extends FaultCounters {
  /** What it would have hit, if it did not only count. */
  shadowed: number
  readonly skipped: Partial<Record<SkipReason, number>>
  /** Sessions that it works on now. */
  active: number
  /** The fault itself while it is in the plan. */
  work: (Pick<FaultSnapshot, 'state' | 'own' | 'ramped'> & { readonly disarmed: Disarmed | undefined }) | undefined
}

type Bytes = Readonly<Record<Direction, ByteCounters>>

/** Where a proxy was running, and what it carried there: Toxiproxy's metrics are labelled with both addresses. */
interface Place {
  readonly listen: string
  readonly upstream: string
  readonly bytes: Bytes
  sessions: number
}

/**
 * The plain counters of one proxy name. They outlive the proxy (a counter that goes back would look like a restart of the
 * process), and a proxy made anew under that name goes on counting.
 */
export class ProxyCounters {
  readonly #places: Place[] = []
  #place = freshPlace('', '')
  /** What the places that are not remembered carried. */
  readonly #forgotten = freshPlace('', '').bytes
  readonly connect = new Histogram(CONNECT_BOUNDS_MS)
  /** Where the proxy of this name was when it was deleted. */
  lastSeen = { listen: '', upstream: '' }
  /** Sessions accepted. */
  total = 0
  /** `origin:reason` → sessions that ended so. */
  readonly #endings = new Map<string, number>()
  readonly #faults = new Map<string, FaultTally>()
  #http: ExchangeCounters | undefined

  /** Of exchanges of HTTP; made when somebody asks for them first, so that only proxies with that protocol have them. */
  get http(): ExchangeCounters {
    return (this.#http ??= new ExchangeCounters())
  }

  /** Of the place where the proxy runs now: a new session counts on them for its life. */
  get bytes(): Bytes {
    return this.#place.bytes
  }

  countSession(): void {
    this.total++
    this.#place.sessions++
  }

  /** The proxy runs there from now on. */
  moveTo(listen: string, upstream: string): void {
    const known = this.#places.find((place) => place.listen === listen && place.upstream === upstream)
    this.#place = known ?? freshPlace(listen, upstream)
    if (known !== undefined) return
    this.#places.push(this.#place)
    const [oldest] = this.#places
    if (this.#places.length <= PLACES_KEPT || oldest === undefined) return
    this.#places.shift()
    for (const direction of DIRECTIONS) add(this.#forgotten[direction], oldest.bytes[direction])
  }

  countEnding({ origin, reason }: Ending): void {
    const exact = `${origin}:${reason}`
    const key = this.#endings.has(exact) || this.#endings.size < NAMES_KEPT ? exact : `${origin}:other`
    this.#endings.set(key, (this.#endings.get(key) ?? 0) + 1)
  }

  ofFault(name: string): FaultTally {
    const known = this.#faults.get(name)
    if (known !== undefined) return known
    const fresh: FaultTally = {
      seen: 0,
      selected: 0,
      applied: 0,
      shadowed: 0,
      skipped: {},
      active: 0,
      work: undefined,
    }
    this.#faults.set(name, fresh)
    return fresh
  }

  /** Counters of faults that are gone stay, up to a bound. */
  forgetFaultsBut(inForce: readonly string[]): void {
    if (this.#faults.size <= NAMES_KEPT) return
    for (const name of this.#faults.keys()) if (!inForce.includes(name)) this.#faults.delete(name)
  }

  data(active: number): Pick<ProxySnapshot, 'sessions' | 'bytes' | 'places' | 'faults' | 'connect' | 'http'> {
    return {
      sessions: { total: this.total, active, endings: Object.fromEntries(this.#endings) },
      bytes: { upstream: this.#total('upstream'), downstream: this.#total('downstream') },
      places: this.#places.filter(({ sessions }) => sessions > 0).map(describePlace),
      faults: Object.fromEntries([...this.#faults].map(([name, counters]) => [name, describeFault(counters)])),
      connect: this.connect.data(),
      ...(this.#http === undefined ? {} : { http: this.#http.data() }),
    }
  }

  #total(direction: Direction): ByteCounters {
    const sum = { ...this.#forgotten[direction] }
    for (const { bytes } of this.#places) add(sum, bytes[direction])
    return sum
  }
}

function describeFault({ work, seen, selected, applied, shadowed, active, skipped }: FaultTally): FaultSnapshot {
  const all = { seen, selected, applied, shadowed, skipped: { ...skipped } }
  const { own = all, ramped = {}, state = 'gone', disarmed } = work ?? {}
  return { ...all, active, own, ramped, state, ...defined({ disarmed }) }
}

function add(sum: ByteCounters, { received, sent }: Readonly<ByteCounters>): void {
  sum.received += received
  sum.sent += sent
}

function freshPlace(listen: string, upstream: string): Place {
  const bytes = { upstream: { received: 0, sent: 0 }, downstream: { received: 0, sent: 0 } }
  return { listen, upstream, bytes, sessions: 0 }
}

function describePlace({ listen, upstream, bytes }: Place): ProxySnapshot['places'][number] {
  return { listen, upstream, bytes: { upstream: { ...bytes.upstream }, downstream: { ...bytes.downstream } } }
}
