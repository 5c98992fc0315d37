import type { AbortHow, Outlet, Stage } from '../core/outlet.ts'
import { nowhere } from '../core/outlet.ts'
import type { Ending } from '../core/words.ts'

/** The answer of a stage that takes whatever comes: more input is welcome at once. */
export const AT_ONCE = -Infinity

/** A stage that changes nothing. Faults override what they act on. */
export class PassThrough implements Stage {
  next: Outlet = nowhere

  chunk(bytes: Buffer, at: number): number {
    return this.next.chunk(bytes, at)
  }

  end(at: number): void {
    this.next.end(at)
  }

  abort(at: number, how: AbortHow, ending: Ending): void {
    this.next.abort(at, how, ending)
  }
}
