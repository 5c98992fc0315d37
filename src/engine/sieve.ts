import { nowhere, type AbortHow, type Outlet, type Stage } from '../core/outlet.ts'
import type { Effect } from '../core/fault-factory.ts'
import type { Ending } from '../core/words.ts'
import { drawChunk, type ChunkDrawOptions } from './chunk-draws.ts'
import type { FaultNow } from './fault-at-work.ts'

/** What lets chunks pass a stage by. */
export interface SieveOptions extends ChunkDrawOptions {
  readonly inner: Stage
  readonly effect: Effect
}

/**
 * Stands in front of a stage that acts on some chunks only: those that a draw selects, or those that come before a limit is reached. The
 * others go by it. A stage that has dropped bytes of the session, or is about to end it, is not passed by any more.
 */
export class Sieve implements Stage {
  readonly #options: SieveOptions
  readonly wake?: (at: number) => void
  readonly unselected?: (at: number) => void
  readonly removed?: (at: number) => void
  #next: Outlet = nowhere

  constructor(options: SieveOptions) {
    this.#options = options
    const { inner } = options
    if (inner.wake !== undefined) this.wake = (at) => this.#wake(at)
    if (inner.unselected !== undefined) this.unselected = (at) => inner.unselected?.(at)
    if (inner.removed !== undefined) this.removed = (at) => this.#removed(at)
  }

  get next(): Outlet {
    return this.#next
  }

  set next(next: Outlet) {
    this.#next = next
    this.#options.inner.next = next
  }

  get wakeAt(): number {
    return this.#passesBy() ? Infinity : (this.#options.inner.wakeAt ?? Infinity)
  }

  open(at: number): void {
    this.#options.inner.open?.(at)
  }

  chunk(bytes: Buffer, at: number): number {
    if (this.#passesBy() || !this.#drawn()) return this.#next.chunk(bytes, at)
    return this.#watch(() => this.#options.inner.chunk(bytes, at))
  }

  end(at: number): void {
    if (this.#passesBy()) this.#next.end(at)
    else this.#watch(() => this.#options.inner.end(at))
  }

  abort(at: number, how: AbortHow, ending: Ending): void {
    this.#options.inner.abort(at, how, ending)
  }

  rewind(bytes: number): void {
    this.#options.inner.rewind?.(bytes)
  }

  #removed(at: number): void {
    const { inner, memory } = this.#options
    // Of a session that it only went by, because others had used it up, no bytes are missing.
    if (memory.acted || !this.#isStopped()) inner.removed?.(at)
  }

  #wake(at: number): void {
    if (!this.#passesBy()) this.#options.inner.wake?.(at)
  }

  /** A limit is reached; what has begun is finished all the same, because bytes are missing. */
  #passesBy(): boolean {
    const { effect, memory } = this.#options
    if (!this.#isStopped()) return false
    return !memory.acted || effect === 'timing' || effect === 'content'
  }

  #isStopped(): boolean {
    const { work } = this.#options.slot.fault
    return work.spent || work.off
  }

  /** Sees whether the stage acts; the count of its fault is that of all sessions. */
  #watch<T>(call: () => T): T {
    const { tally } = this.#options.slot.fault.work
    const before = tally.applied
    const answer = call()
    if (tally.applied > before) this.#options.memory.acted = true
    return answer
  }

  #drawn(): boolean {
    return this.#options.slot.fault.plan.per !== 'chunk' || drawChunk(this.#options)
  }
}

/** Whether a stage of the fault has to stand behind a sieve. */
export function needsSieve({ plan, work }: FaultNow): boolean {
  return plan.per === 'chunk' || work.stoppable
}
