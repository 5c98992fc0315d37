import { opposite, type Direction } from '../../core/words.ts'
import { RetransmissionTimer, type RoundTrip } from './retransmission.ts'

/**
 * What the two directions of a connection have to know of each other: whose turn it is to speak, and how long exchanges take. An exchange is
 * a message upstream and the first message downstream after it.
 */
export class Conversation {
  #timer: RetransmissionTimer
  #last: Direction | undefined
  #bothSpoke = false
  #askedAt: number | undefined

  constructor(path: RoundTrip) {
    this.#timer = new RetransmissionTimer(path)
  }

  /** Time-outs of both directions. */
  get timer(): RetransmissionTimer {
    return this.#timer
  }

  /** The path has changed, or who listens: what was learnt on the old one no longer holds. */
  begin(path: RoundTrip): void {
    const { rtt, rtoMin } = this.#timer.path
    if (path.rtt !== rtt || path.rtoMin !== rtoMin) this.#timer = new RetransmissionTimer(path)
    this.#last = undefined
    this.#bothSpoke = false
    this.#askedAt = undefined
  }

  /**
   * Bytes have come in. Answers whether the other side has spoken since the last ones; `undefined` = cannot be known, as the other direction
   * has not been heard at all.
   */
  speaks(direction: Direction): boolean | undefined {
    const before = this.#last
    this.#last = direction
    if (before === opposite(direction)) this.#bothSpoke = true
    return this.#bothSpoke ? before !== direction : undefined
  }

  /** A message begins that is due at `due`; `stall` is how late a loss makes it, 0 = no loss. `draw` is asked for a number in [0, 1). */
  message(direction: Direction, at: number, due: number, stall: number, draw: () => number): void {
    if (direction === 'upstream') {
      this.#askedAt = at
      return
    }
    const took = this.#askedAt === undefined ? 0 : due - this.#askedAt
    this.#askedAt = undefined
    if (stall === 0) this.#timer.plain()
    // Where the path is only declared, bytes come sooner than its round trip; a cut pipe in front makes everything due never.
    else this.#timer.delayed(Math.max(this.#timer.path.rtt + stall, Number.isFinite(took) ? took : 0), draw())
  }
}
