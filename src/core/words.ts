/** The words that every layer shares. See docs/architecture.md, "Words". */

/** `upstream` = bytes client → server, `downstream` = bytes server → client. */
export type Direction = 'upstream' | 'downstream'

export const DIRECTIONS: readonly Direction[] = ['upstream', 'downstream']

export function opposite(direction: Direction): Direction {
  return direction === 'upstream' ? 'downstream' : 'upstream'
}

/** Which directions of a session a fault acts on. */
export type FaultDirection = Direction | 'both'

/** Who caused an ending or an error. `proxy` = us, by accident or by an operator's order. */
export type Origin = 'injected' | 'client' | 'upstream' | 'proxy'

/** Why a session ended. `reason` is a stable word (`closed`, `reset`, `dial_timeout`, …) or, when injected, the fault's name. */
export interface Ending {
  readonly origin: Origin
  readonly reason: string
}
