import type { Direction } from '../core/words.ts'
import type { SessionInfo } from './data-plane.ts'
import type { Relay } from './relay.ts'
import type { Session } from './session.ts'

/** Where the parts of a session's description come from. */
interface SessionParts {
  readonly session: Session
  readonly now: number
  readonly upstreamAddress: string | null
  readonly relays: Readonly<Record<Direction, Relay>>
  readonly names: (direction: Direction) => readonly string[]
  readonly endedWall: number
}

/** A session as plain data. */
export function describeSession({
  session,
  now,
  upstreamAddress,
  relays,
  names,
  endedWall,
}: SessionParts): SessionInfo {
  const { ending, state } = session
  return {
    id: session.id,
    proxy: session.proxy,
    ordinal: session.ordinal,
    state,
    client: session.clientAddress,
    upstream: session.upstream,
    upstreamAddress,
    started: new Date(session.startedWall).toISOString(),
    ageMs: Math.round(state === 'ended' ? endedWall - session.startedWall : now - session.started),
    bytes: { upstream: { ...relays.upstream.bytes }, downstream: { ...relays.downstream.bytes } },
    held: { upstream: relays.upstream.queue.bytes, downstream: relays.downstream.queue.bytes },
    stages: { upstream: names('upstream'), downstream: names('downstream') },
    ending:
      state === 'ended' && ending !== undefined
        ? { origin: ending.origin, reason: ending.reason, at: new Date(endedWall).toISOString() }
        : null,
  }
}
