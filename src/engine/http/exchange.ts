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

/** One request and its response, from the head of the one to the end of the other. */
export class Exchange {
  /** Within its session, from 1. */
  readonly number: number
  readonly method: string
  readonly target: string
  /** Monotonic milliseconds. */
  readonly at: number
  readonly wall: number
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
  /** Monotonic; `undefined` = the upstream has not been asked. */
  forwardedAt: number | undefined
  upstreamMs: number | undefined
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

  constructor(number: number, method: string, target: string, at: number, wall: number) {
    this.number = number
    this.method = method
    this.target = target
    this.at = at
    this.wall = wall
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

  facts(session: string, client: string, now: number): ExchangeFacts {
    return {
      session,
      exchange: this.number,
      client,
      method: this.method,
      target: this.target,
      status: this.status,
      upstreamStatus: this.upstreamStatus,
      origin: this.origin,
      outcome: this.outcome,
      faults: this.faults,
      wall: this.wall,
      totalMs: now - this.at,
      upstreamMs: this.upstreamMs,
      requestBytes: this.requestBytes,
      responseBytes: this.responseBytes,
    }
  }
}
