/** How long before it is free again a serial resource asks for more, so that it never runs dry and little waits in front of it. */
export const LEAD_MS = 20

/** How many turns are remembered, at 4 numbers each: the latest one by one, the older the farther apart, back to the first. */
const REMEMBERED = 1024

interface Turn {
  /** Bytes that had their turn before this one. */
  readonly position: number
  /** When the turn before this one was over. */
  readonly freeBefore: number
  readonly begin: number
  /** Milliseconds per byte. */
  readonly pace: number
}

/**
 * The turns that bytes take at something that serves one after another: a thin pipe, a slicer that rests after each piece.
 *
 *     arrives ── waits for its turn ──▶ begins ── takes its time ──▶ over: free for the next
 *
 * Time without work is not saved up. Turns can be taken back, last ones first, for bytes that have to pass again.
 */
export class Turns {
  #freeAt = -Infinity
  /** Before the first turn that never ends: what a cut pipe in front has let through at Infinity makes such turns. */
  #lastFiniteFreeAt = -Infinity
  #bytes = 0
  /** Where the memory of turns begins: at the first of them. What came before has been delivered. */
  #settled = 0
  #turns: Turn[] = []

  /** When the last turn is over. */
  get freeAt(): number {
    return this.#freeAt
  }

  /** No turn begins before `at`. */
  notBefore(at: number): void {
    this.#setFreeAt(Math.max(this.#freeAt, at))
  }

  /** When the next turn begins, for bytes that are there at `at`. */
  begins(at: number): number {
    return Math.max(this.#freeAt, at)
  }

  /** The next turn is for `bytes` bytes that are there at `at`, and takes `duration`. Answers when it begins. */
  take(bytes: number, at: number, duration: number): number {
    const begin = this.begins(at)
    if (this.#turns.length === REMEMBERED) this.#turns = thinned(this.#turns)
    this.#turns.push({ position: this.#bytes, freeBefore: this.#freeAt, begin, pace: duration / bytes })
    this.#bytes += bytes
    this.#setFreeAt(begin + duration)
    return begin
  }

  /** From when on more input is welcome, if what comes behind welcomes it at `behind`. */
  welcomeAt(behind: number): number {
    return Math.max(behind, this.#freeAt - LEAD_MS)
  }

  /** Takes back the turns of the last `bytes` bytes. What came before them counts as delivered and is forgotten. */
  takeBack(bytes: number): void {
    if (bytes <= 0) return
    const position = Math.max(this.#settled, this.#bytes - bytes)
    this.#setFreeAt(Math.min(this.#freeAtPosition(position), this.#lastFiniteFreeAt))
    this.#bytes = position
    this.#settled = position
    this.#turns = []
  }

  #setFreeAt(at: number): void {
    this.#freeAt = at
    if (at < Infinity) this.#lastFiniteFreeAt = at
  }

  #freeAtPosition(position: number): number {
    const index = this.#turns.findLastIndex((turn) => turn.position <= position)
    const turn = this.#turns[index]
    if (turn === undefined) return this.#freeAt
    if (turn.position === position) return turn.freeBefore
    // Turns that are not remembered followed this one at its pace, or later.
    const before = this.#turns[index + 1]?.freeBefore ?? this.#freeAt
    const free = Math.min(before, turn.begin + (position - turn.position) * turn.pace)
    // A pipe that is cut makes turns that never end; nothing can be reckoned from these.
    return Number.isFinite(free) ? free : this.#lastFiniteFreeAt
  }
}

/** Every second one of the older half goes. */
function thinned(turns: readonly Turn[]): Turn[] {
  return turns.filter((_, index) => index >= REMEMBERED / 2 || index % 2 === 0)
}
