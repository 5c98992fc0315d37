import type { AbortHow } from '../core/outlet.ts'
import type { StageContext } from '../core/fault-factory.ts'
import type { Ending } from '../core/words.ts'
import { PassThrough } from './pass-through.ts'

/** Where the network is modelled as dead, what a peer does to the connection does not come through; what we do ourselves does. */
export function isFromPeer({ origin }: Ending): boolean {
  return origin === 'client' || origin === 'upstream'
}

/** A stage that ends its session by itself, at `wakeAt` or when it is told to, and only once. */
export abstract class EndsSession extends PassThrough {
  wakeAt = Infinity
  protected readonly context: StageContext
  /** The session is ending, by this stage or another way. */
  protected aborted = false
  readonly #how: AbortHow

  constructor(context: StageContext, how: AbortHow) {
    super()
    this.context = context
    this.#how = how
  }

  override abort(at: number, how: AbortHow, ending: Ending): void {
    if (this.aborted) return
    this.aborted = true
    this.wakeAt = Infinity
    this.next.abort(at, how, ending)
  }

  wake(at: number): void {
    if (at >= this.wakeAt) this.endSession(at)
  }

  protected endSession(at: number, how = this.#how, detail?: Readonly<Record<string, number>>): void {
    if (this.aborted) return
    this.context.counters.applied++
    this.context.record(at, how === 'destroy' ? 'close' : how, detail)
    this.abort(at, how, this.context.ending)
  }
}
