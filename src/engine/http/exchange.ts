import type { RequestHead, ResponseHead } from '../../core/http.ts'
import type { Origin } from '../../core/words.ts'
import type { FaultAtWork } from '../fault-at-work.ts'
import type { Gauge } from '../gauge.ts'
import type { ExchangeFacts } from './exchange-facts.ts'
import type { ExchangeFault } from './exchange-fault.ts'
import type { FaultPlan } from '../../core/plan.ts'

/** A fault that works on one exchange. */
export interface Chosen {
  readonly fault: ExchangeFault
  readonly work: FaultAtWork
  /** With the parameters of the outcome that was drawn. */
  plan: FaultPlan
  /** Counted against these as one that it works on. */
  readonly gauges: readonly Gauge[]
  /** What its generator for this exchange is made from. */
  readonly place: string
  /** It has been counted as one that acts. */
  acted: boolean
  /** It has to do with what becomes of the exchange: it is told of with it. */
  named: boolean
}

const NONE: readonly never[] = []

/**
 * One request and its response, from the head of the one to the end of the other.
 *
 * A session has one of these for all of its exchanges that nobody had to do with, one after the other: thousands of them a second would be most of
 * what there is to collect. For the same reason times are numbers at all times (NaN = there is none), which are written in their place.
 */
export class Exchange implements ExchangeFacts {
  readonly session: string
  readonly client: string
  /** Within its session, from 1. */
  number = 0
  method = ''
  target = ''
  /** Monotonic milliseconds. */
  at = NaN
  wall = NaN
  /** Faults that work on it, in order. */
  chosen: readonly Chosen[] = NONE
  /** Faults that would work on it, if they did not only count. */
  shadows: readonly Chosen[] = NONE
  /** Names of faults that have worked on it and are gone. */
  gone: readonly string[] = NONE
  /** Names of the faults of the request itself (its own fields ask for them). */
  asked: readonly string[] = NONE
  request: RequestHead | undefined
  response: ResponseHead | undefined
  /** Monotonic; NaN = the upstream has not been asked. */
  forwardedAt = NaN
  /** When the head of the response came; NaN = it has not. */
  responseAt = NaN
  /** When it was over; NaN = it is not. */
  endedAt = NaN
  upstreamStatus = 0
  status = 0
  origin: Origin = 'upstream'
  outcome = 'answered'
  requestBytes = 0
  responseBytes = 0
  requestOver = false
  responseOver = false
  /** With an answer that took the place of the upstream's. */
  answered = false
  /** The request, or the response of the upstream, has said that it is the last of its connection. */
  closes = false
  /** The client waits for a `100 (Continue)` before it sends the body; whether it will, without one, nobody knows. */
  expects = false
  minor: 0 | 1 = 1

  constructor(session: string, client: string) {
    this.session = session
    this.client = client
  }

  /** Another one begins; nobody may hold the one before any more. */
  begin(number: number, method: string, target: string, at: number, wall: number): void {
    this.number = number
    this.method = method
    this.target = target
    this.at = at
    this.wall = wall
    this.chosen = NONE
    this.shadows = NONE
    this.gone = NONE
    this.asked = NONE
    this.request = undefined
    this.response = undefined
    this.forwardedAt = NaN
    this.responseAt = NaN
    this.endedAt = NaN
    this.upstreamStatus = 0
    this.status = 0
    this.origin = 'upstream'
    this.outcome = 'answered'
    this.requestBytes = 0
    this.responseBytes = 0
    this.requestOver = false
    this.responseOver = false
    this.answered = false
    this.closes = false
    this.expects = false
    this.minor = 1
  }

  get exchange(): number {
    return this.number
  }

  get totalMs(): number {
    return this.endedAt - this.at
  }

  get upstreamMs(): number | undefined {
    if (Number.isNaN(this.responseAt)) return undefined
    // Of an answer to a request that has not gone on, there is nothing to measure.
    return Number.isNaN(this.forwardedAt) ? 0 : this.responseAt - this.forwardedAt
  }

  get over(): boolean {
    return this.requestOver && this.responseOver
  }

  /** Names of the faults that have worked on it: those that are gone first, then the others in order. */
  get faults(): readonly string[] {
    if (this.chosen.length === 0 && this.gone.length === 0) return this.asked
    const names = this.chosen.filter(({ named }) => named).map(({ work }) => work.name)
    return [...this.gone, ...names, ...this.asked]
  }
}
