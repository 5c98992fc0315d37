import type { Ending } from '../core/words.ts'
import type { SessionInfo } from './data-plane.ts'

/**
 * What is to be told of a session, without the session: of those that have ended, this is what is kept. Their sockets and relays, kept
 * along, would live just long enough to cost the garbage collector most.
 */
export interface SessionFacts extends Omit<SessionInfo, 'started' | 'ending'> {
  /** Milliseconds since the epoch. */
  readonly startedWall: number
  readonly endedWall: number
  readonly ending: Ending | undefined
}

/** A session as plain data. */
export function describeSession({ startedWall, endedWall, ageMs, bytes, ending, ...rest }: SessionFacts): SessionInfo {
  const over = rest.state === 'ended' && ending !== undefined
  return {
    ...rest,
    started: new Date(startedWall).toISOString(),
    ageMs: Math.round(ageMs),
    bytes: { upstream: { ...bytes.upstream }, downstream: { ...bytes.downstream } },
    ending: over ? { ...ending, at: new Date(endedWall).toISOString() } : null,
  }
}
