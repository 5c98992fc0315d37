import type { StageContext } from '../core/fault-factory.ts'
import type { Stage } from '../core/outlet.ts'
import { type BodyPlace, BodyProgress } from './body-place.ts'
import { PassThrough } from './pass-through.ts'
import { LEAD_MS } from './turns.ts'

/** What a stage shares with the one that it replaces, so that it does not matter which of the two is told to go back. */
interface Stalling {
  readonly progress: BodyProgress
  /** When what comes first behind the place came; `undefined` = nothing has. */
  since: number | undefined
  recorded: boolean
}

/** Lets a body pass up to a place and holds what is behind it, the end included, for a time. */
export class BodyStall extends PassThrough {
  readonly #place: BodyPlace
  /** Milliseconds; may be `Infinity`. */
  readonly #length: number
  readonly #context: StageContext
  readonly #state: Stalling

  constructor(place: BodyPlace, length: number, context: StageContext, previous: Stage | undefined) {
    super()
    this.#place = place
    this.#length = length
    this.#context = context
    this.#state =
      previous instanceof BodyStall
        ? previous.#state
        : { progress: new BodyProgress(context.message?.length), since: undefined, recorded: false }
  }

  override chunk(bytes: Buffer, at: number): number {
    const { progress } = this.#state
    progress.comes(bytes.length)
    const left = progress.left(this.#place)
    progress.passed += bytes.length
    if (bytes.length <= left) return this.next.chunk(bytes, at)
    const due = this.#due(at)
    if (due === at) return this.next.chunk(bytes, at)
    if (left > 0) this.next.chunk(bytes.subarray(0, left), at)
    const welcome = this.next.chunk(left === 0 ? bytes : bytes.subarray(left), due)
    return Math.max(welcome, due - LEAD_MS)
  }

  override end(at: number): void {
    this.next.end(this.#state.progress.endsBehind(this.#place) ? this.#due(at) : at)
  }

  rewind(bytes: number): void {
    const { progress } = this.#state
    progress.passed = Math.max(0, progress.passed - bytes)
    if (progress.passed <= (progress.before(this.#place) ?? 0)) this.#state.since = undefined
  }

  /** When what lies behind the place and comes at `at` goes on. */
  #due(at: number): number {
    if (at === Infinity) return at
    this.#state.since ??= at
    const over = this.#state.since + this.#length
    if (at >= over) return at
    this.#context.counters.applied++
    if (!this.#state.recorded) {
      this.#state.recorded = true
      this.#context.record(at, 'stall', this.#length === Infinity ? undefined : { ms: this.#length })
    }
    return over
  }
}
