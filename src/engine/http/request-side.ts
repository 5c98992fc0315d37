import { RequestFramer } from '../../protocols/http1/request-framer.ts'
import type { FramerLimits, Refusal } from '../../protocols/http1/events.ts'
import type { Relay } from '../relay.ts'
import type { BodySink } from './body-sink.ts'
import type { RequestFlow } from './request-flow.ts'
import { Side } from './side.ts'

/** Client → upstream. One request at a time: what a client sends ahead waits until the exchange before it is over. */
export class RequestSide extends Side {
  protected readonly framer: RequestFramer
  readonly #flow: RequestFlow

  constructor(flow: RequestFlow, relay: Relay, limits: FramerLimits) {
    super(relay, limits)
    this.#flow = flow
    this.framer = new RequestFramer(limits)
  }

  protected begin(now: number): boolean {
    return this.#flow.begins(this.framer.head, now)
  }

  protected head(raw: Buffer, now: number): void {
    this.#flow.head(raw, now)
  }

  protected get ready(): boolean {
    return this.#flow.ready
  }

  protected get open(): boolean {
    return this.#flow.open
  }

  protected get sink(): BodySink | undefined {
    return this.#flow.sink
  }

  protected count(bytes: number): void {
    this.#flow.count(bytes)
  }

  protected over(now: number): void {
    this.#flow.over(now)
  }

  protected refused(refusal: Refusal, now: number): void {
    this.#flow.refused(refusal, now)
  }

  protected dropped(now: number): void {
    this.#flow.dropped(now)
  }

  protected finished(how: 'idle' | 'complete' | 'cut', now: number): void {
    this.#flow.finished(how, now)
  }

  /** Who has reset its connection gets no answer: nobody is left to ask for. */
  protected get outlivesFailure(): boolean {
    return false
  }

  passed(): void {
    this.due = false
    this.#flow.passed()
  }

  drained(): void {
    this.#flow.drained()
  }
}
