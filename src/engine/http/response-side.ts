import type { FramerLimits, Refusal } from '../../protocols/http1/events.ts'
import { ResponseFramer } from '../../protocols/http1/response-framer.ts'
import type { Relay } from '../relay.ts'
import type { BodySink } from './body-sink.ts'
import type { ResponseFlow } from './response-flow.ts'
import { Side, type Failure } from './side.ts'

/** Upstream → client. */
export class ResponseSide extends Side {
  readonly framer: ResponseFramer
  readonly #flow: ResponseFlow

  constructor(flow: ResponseFlow, relay: Relay, limits: FramerLimits) {
    super(relay, limits)
    this.#flow = flow
    this.framer = new ResponseFramer(limits)
  }

  protected begin(now: number): boolean {
    return this.#flow.begins(this.framer.head, this.framer.interim, now)
  }

  protected head(raw: Buffer, now: number): void {
    this.#flow.head(raw, now)
  }

  /** The framer itself refuses what nobody has asked for. */
  protected get ready(): boolean {
    return true
  }

  protected get open(): boolean {
    return this.#flow.open
  }

  protected get sink(): BodySink | undefined {
    return this.#flow.sink
  }

  protected count(bytes: number, asTheyAre: boolean): void {
    if (asTheyAre) this.#flow.count(bytes)
  }

  protected over(now: number): void {
    this.#flow.over(now)
  }

  protected refused(refusal: Refusal, now: number): void {
    this.#flow.refused(refusal, now)
  }

  protected dropped(): void {
    // It is for nobody.
  }

  protected finished(how: 'idle' | 'complete' | 'cut', now: number, failure: Failure | undefined): void {
    this.#flow.finished(how, now, failure)
  }

  /** A response that has come is the client's, however late. */
  protected get outlivesFailure(): boolean {
    return true
  }

  passed(): void {
    this.due = false
    this.#flow.settle()
  }

  drained(): void {
    this.#flow.settle()
  }
}
