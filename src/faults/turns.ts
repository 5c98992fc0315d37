/** How long before it is free again a serial resource asks for more, so that it never runs dry and little waits in front of it. */
export const LEAD_MS = 20

/** How many turns are remembered, at 3 numbers each. Taking back more than that estimates from the pace of these. */
const REMEMBERED = 1024

interface Turn {
  /** Bytes that had their turn before this one. */
  readonly position: number
  /** When the turn before this one was over. */
  readonly freeBefore: number
  readonly begin: number
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
  /** Where the memory of turns begins; what came before has been delivered. */
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
    if (this.#turns.length === REMEMBERED) this.#turns = this.#turns.slice(REMEMBERED / 2)
    this.#turns.push({ position: this.#bytes, freeBefore: this.#freeAt, begin })
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
    const after = this.#turns[index + 1] ?? { position: this.#bytes, freeBefore: this.#freeAt }
    if (turn === undefined) {
      const pace = (this.#freeAt - after.freeBefore) / (this.#bytes - after.position)
      return finite(after.freeBefore - (after.position - position) * pace, after.freeBefore)
    }
    if (turn.position === position) return turn.freeBefore
    const share = (position - turn.position) / (after.position - turn.position)
    return finite(turn.begin + (after.freeBefore - turn.begin) * share, turn.begin)
  }
}

/** A pipe that is cut makes turns that never end; nothing can be reckoned from these. */
function finite(value: number, otherwise: number): number {
  return Number.isFinite(value) ? value : otherwise
}
