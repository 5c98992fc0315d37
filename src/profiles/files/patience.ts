import { type Fingerprint, isSame, unsettled } from './fingerprint.ts'

/** A text that is written piece by piece is read when it has stayed the same for so long: its beginning may well be a profile too. */
const WRITTEN_FOR_MS = 50

const LOOK_EVERY_MS = 25

/** What has gone may be about to come back: not all that puts a new file in the place of an old one does it in one step. */
const GONE_FOR_MS = 100

/** Then it is read anyway. */
const LONGEST_MS = 1000

/** Waits for changes to be over that may be seen half done. */
export class Patience {
  #pending: { readonly seen: Fingerprint; readonly since: number; readonly first: number } | undefined

  /** When to look again, milliseconds; `undefined` = there is nothing to wait for. */
  get lookIn(): number | undefined {
    return this.#pending === undefined ? undefined : LOOK_EVERY_MS
  }

  /**
   * Whether to look once more before anything is said of what has changed.
   *
   * @param before what is known.
   * @param at when `now` was taken, milliseconds of any clock that only goes forward.
   */
  waits(before: Fingerprint | undefined, now: Fingerprint, at: number): boolean {
    const pending = this.#pending
    this.#pending = undefined
    const how = before === undefined || isSame(before, now) ? undefined : unsettled(before, now)
    if (how === undefined) return false
    const first = pending?.first ?? at
    const since = pending !== undefined && isSame(pending.seen, now) ? pending.since : at
    if (at - since >= (how === 'gone' ? GONE_FOR_MS : WRITTEN_FOR_MS) || at - first >= LONGEST_MS) return false
    this.#pending = { seen: now, since, first }
    return true
  }
}
