import type { AbortHow, Outlet, Stage } from '../../src/core/outlet.ts'
import type { Ending } from '../../src/core/words.ts'

/** Stands behind a stage and throws when the stage breaks the contract of `Outlet`. */
export class AssertionOutlet implements Outlet {
  next: Outlet
  /** The time of the call that the stage is serving: nothing may be stamped before it. */
  callAt = -Infinity
  #ended = false
  #aborted = false
  readonly #given: { readonly bytes: Buffer; readonly copy: Buffer }[] = []

  constructor(next: Outlet) {
    this.next = next
  }

  chunk(bytes: Buffer, at: number): number {
    if (this.#ended || this.#aborted) throw new Error(`bytes after the ${this.#aborted ? 'abort' : 'end'}`)
    if (!Buffer.isBuffer(bytes)) throw new Error(`a chunk that is no Buffer: ${typeof bytes}`)
    if (bytes.length === 0) throw new Error('an empty chunk')
    this.#checkStamp(at)
    this.#given.push({ bytes, copy: Buffer.from(bytes) })
    const welcomeAt = this.next.chunk(bytes, at)
    checkNumber(welcomeAt, 'answer')
    return welcomeAt
  }

  end(at: number): void {
    if (this.#ended || this.#aborted) throw new Error(`an end after the ${this.#aborted ? 'abort' : 'end'}`)
    this.#checkStamp(at)
    this.#ended = true
    this.next.end(at)
  }

  /** May follow an end: a session can be ended while its last bytes wait. */
  abort(at: number, how: AbortHow, ending: Ending): void {
    if (this.#aborted) throw new Error('a second abort')
    this.#checkStamp(at)
    this.#aborted = true
    this.next.abort(at, how, ending)
  }

  /** What was held is about to be passed again, its end included. */
  reopen(): void {
    this.#ended = false
    this.#aborted = false
  }

  /** Bytes that were handed over belong to the receiver: they must still be what they were. */
  verify(): void {
    for (const { bytes, copy } of this.#given) if (!bytes.equals(copy)) throw new Error('bytes were modified in place')
  }

  #checkStamp(at: number): void {
    checkNumber(at, 'stamp')
    if (at < this.callAt) throw new Error(`a stamp of ${at}, before the call at ${this.callAt}`)
  }
}

/** The way into a stage whose outlet is `behind`: tells that one the time of each call, and checks input and answer. */
export class AssertionInlet implements Outlet {
  readonly #stage: Stage
  readonly #behind: AssertionOutlet

  constructor(stage: Stage, behind: AssertionOutlet) {
    this.#stage = stage
    this.#behind = behind
  }

  chunk(bytes: Buffer, at: number): number {
    this.#behind.callAt = at
    const copy = Buffer.from(bytes)
    const welcomeAt = this.#stage.chunk(bytes, at)
    checkNumber(welcomeAt, 'answer')
    if (!bytes.equals(copy)) throw new Error('the input was modified in place')
    return welcomeAt
  }

  end(at: number): void {
    this.#behind.callAt = at
    this.#stage.end(at)
  }

  abort(at: number, how: AbortHow, ending: Ending): void {
    this.#behind.callAt = at
    this.#stage.abort(at, how, ending)
  }
}

/** Puts `stage` between assertions and answers the way in. */
export function asserted(stage: Stage, next: Outlet): AssertionInlet {
  const behind = new AssertionOutlet(next)
  stage.next = behind
  return new AssertionInlet(stage, behind)
}

function checkNumber(value: unknown, what: string): void {
  if (typeof value !== 'number' || Number.isNaN(value)) throw new Error(`the ${what} ${String(value)} is no number`)
}
