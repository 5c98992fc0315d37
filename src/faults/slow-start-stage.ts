import type { Stage } from '../core/outlet.ts'
import { COLD, nextFlight, type WindowState } from './models/slow-start.ts'
import { AT_ONCE, PassThrough } from './pass-through.ts'

/** How long before the next flight more input is welcome. */
const LEAD_MS = 20

/** How many pieces are remembered; what went before them goes again as on a new connection. */
const REMEMBERED = 1024

interface Passed {
  /** Bytes before the piece. */
  readonly position: number
  readonly before: WindowState
}

/** What passes and is remembered of it: kept when a stage replaces another. */
class Flights {
  state = COLD
  position = 0
  pieces: Passed[] = []
}

/** Lets 10, 20, 40 … packets go per round trip after the connection was opened or has been idle. */
export class SlowStart extends PassThrough {
  readonly #rtt: number
  readonly #idle: number
  readonly #flights: Flights
  #joined = false

  /** @param rtt milliseconds, above 0 @param rtoMin least time-out, in milliseconds: idle is who has sent nothing for rtt + rtoMin */
  constructor(rtt: number, rtoMin: number, previous: Stage | undefined) {
    super()
    this.#rtt = rtt
    this.#idle = rtt + rtoMin
    this.#flights = previous instanceof SlowStart && previous.#joined ? previous.#flights : new Flights()
  }

  open(): void {
    this.#joined = true
  }

  override chunk(bytes: Buffer, at: number): number {
    const flights = this.#flights
    let welcome = AT_ONCE
    for (let start = 0; start < bytes.length;) {
      const flight = nextFlight(flights.state, bytes.length - start, at, this.#rtt, this.#idle)
      if (flights.pieces.length === REMEMBERED) flights.pieces = flights.pieces.slice(REMEMBERED / 2)
      flights.pieces.push({ position: flights.position, before: flights.state })
      flights.state = flight.after
      flights.position += flight.bytes
      const stop = start + flight.bytes
      const piece = start === 0 && stop === bytes.length ? bytes : bytes.subarray(start, stop)
      welcome = Math.max(welcome, this.next.chunk(piece, flight.at), flight.at - LEAD_MS)
      start = stop
    }
    return welcome
  }

  rewind(bytes: number): void {
    if (bytes <= 0) return
    const flights = this.#flights
    const position = flights.position - bytes
    const index = flights.pieces.findLastIndex((piece) => piece.position <= position)
    const piece = flights.pieces[index]
    // From the middle of a piece: the first part of it has used its share of the window.
    const after = flights.pieces[index + 1]?.before ?? flights.state
    // Further back than is remembered: where the sender was then, nobody knows; where it was later may be in the future, or at Infinity.
    flights.state = piece === undefined ? COLD : advanced(piece.before, after, position - piece.position)
    flights.position = position
    flights.pieces = index === -1 ? [] : flights.pieces.slice(0, index + 1)
  }
}

/** Where a sender is that came from `before` to `after` with one piece, once `bytes` of it have gone. */
function advanced(before: WindowState, after: WindowState, bytes: number): WindowState {
  if (bytes === 0) return before
  const usedBefore = before.roundAt === after.roundAt ? before.used : 0
  return { ...after, used: usedBefore + bytes }
}
