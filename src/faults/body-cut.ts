import type { StageContext } from '../core/fault-factory.ts'
import type { AbortHow, Stage } from '../core/outlet.ts'
import { type BodyPlace, BodyProgress } from './body-place.ts'
import { EndsSession } from './ends-session.ts'
import { AT_ONCE } from './pass-through.ts'

/** How a message is broken off, in the words of users: both connections are closed in an orderly way, or the client gets a RST. */
export const CUTS = { close: 'destroy', reset: 'reset-client' } as const satisfies Readonly<Record<string, AbortHow>>

export type Cut = keyof typeof CUTS

/** Lets a body pass up to a place and ends the session there, without waiting for what would come next. */
export class BodyCut extends EndsSession {
  readonly #place: BodyPlace
  readonly #progress: BodyProgress

  constructor(place: BodyPlace, cut: Cut, context: StageContext, previous: Stage | undefined) {
    super(context, CUTS[cut])
    this.#place = place
    const before = previous instanceof BodyCut ? previous : undefined
    this.#progress = before === undefined ? new BodyProgress(context.message?.length) : before.#progress
    if (before !== undefined) this.aborted = before.aborted
  }

  open(at: number): void {
    const place = this.#progress.before(this.#place)
    if (!this.aborted && place !== undefined && place <= this.#progress.passed) this.wakeAt = at
  }

  override wake(at: number): void {
    if (at >= this.wakeAt) this.#cut(at)
  }

  override chunk(bytes: Buffer, at: number): number {
    if (this.aborted) {
      this.context.counters.applied++
      return AT_ONCE
    }
    this.#progress.comes(bytes.length)
    const left = this.#progress.left(this.#place)
    if (bytes.length < left) {
      this.#progress.passed += bytes.length
      return this.next.chunk(bytes, at)
    }
    this.#progress.passed += left
    if (left > 0) this.next.chunk(left === bytes.length ? bytes : bytes.subarray(0, left), at)
    this.#cut(at)
    return AT_ONCE
  }

  override end(at: number): void {
    if (this.aborted) return
    if (this.#progress.endsBehind(this.#place)) this.#cut(at)
    else this.next.end(at)
  }

  #cut(at: number): void {
    this.endSession(at, undefined, { bytes: this.#progress.passed })
  }
}
