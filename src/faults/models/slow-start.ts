import { INITIAL_WINDOW, MSS } from './tcp-throughput.ts'

/** A window of 15 MB per round trip holds nobody back any more. */
const LARGEST_WINDOW = INITIAL_WINDOW * 2 ** 10

/** Where a sender is: plain data, so that it can be gone back to. */
export interface WindowState {
  /** Packets that may go in one round trip. */
  readonly window: number
  /** When the round under way began. */
  readonly roundAt: number
  /** Bytes that have gone in it. */
  readonly used: number
  /** When the last bytes went. */
  readonly lastAt: number
}

/** A connection on which nothing has gone yet. */
export const COLD: WindowState = { window: INITIAL_WINDOW, roundAt: -Infinity, used: 0, lastAt: -Infinity }

/** The next bytes that go together. */
export interface Flight {
  readonly bytes: number
  readonly at: number
  readonly after: WindowState
}

/**
 * Slow start (RFC 5681) as an application sees it: 10, 20, 40 … packets per round trip. A window grows only if it was used up (RFC 7661), and
 * an idle time of more than a time-out begins anew (Linux: tcp_slow_start_after_idle).
 *
 * @param available bytes that are there at `at`, more than 0
 * @param rtt milliseconds
 * @param idle milliseconds without anything to send after which the window is as at the beginning
 */
export function nextFlight(state: WindowState, available: number, at: number, rtt: number, idle: number): Flight {
  const round = roundFor(state, at, rtt, idle)
  const room = round.window * MSS - round.used
  const bytes = round.window >= LARGEST_WINDOW ? available : Math.min(available, room)
  const goes = Math.max(at, round.roundAt)
  return { bytes, at: goes, after: { ...round, used: round.used + bytes, lastAt: goes } }
}

/** The round that has room for what is there at `at`. */
function roundFor(state: WindowState, at: number, rtt: number, idle: number): WindowState {
  const full = state.used >= state.window * MSS
  const next = state.roundAt + rtt
  if (at > state.lastAt + idle) return { ...COLD, roundAt: at }
  if (at < next && !full) return state
  const window = full ? Math.min(LARGEST_WINDOW, state.window * 2) : state.window
  return { window, roundAt: Math.max(at, next), used: 0, lastAt: state.lastAt }
}
