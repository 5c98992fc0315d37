import type { Decision } from '../core/decision.ts'
import type { Direction } from '../core/words.ts'

/**
 * What a recorded run decided, for a run that is to decide the same: by proxy, ordinal of the session, and fault, whatever the plan's
 * probability, the seed or the order of arrival are now.
 */
export interface Replay {
  /** Whether the fault worked on the session; `undefined` = not on record: decide anew. */
  session(proxy: string, ordinal: number, fault: string): boolean | undefined
  /** The same for one chunk, where the fault draws for each. */
  chunk(proxy: string, ordinal: number, fault: string, direction: Direction, chunk: number): boolean | undefined
  /** The same for one exchange of HTTP, where the fault draws for each. */
  exchange(proxy: string, ordinal: number, fault: string, exchange: number): boolean | undefined
}

/** What counts of a recorded decision. */
export type Recorded = Pick<Decision, 'kind' | 'proxy' | 'fault'> & {
  readonly [K in 'ordinal' | 'direction' | 'chunk' | 'exchange' | 'selected']?: Decision[K] | undefined
}

/** Where a session drew several times, the last decision counts. */
export function createReplay(decisions: Iterable<Recorded>): Replay {
  const sessions = new Map<string, boolean>()
  const chunks = new Map<string, boolean>()
  const exchanges = new Map<string, boolean>()
  for (const { kind, proxy, ordinal, fault, direction, chunk, exchange, selected } of decisions) {
    if (ordinal === undefined || selected === undefined) continue
    if (kind === 'session') sessions.set(keyOf(proxy, ordinal, fault), selected)
    else if (kind === 'chunk') chunks.set(keyOf(proxy, ordinal, fault, direction, chunk), selected)
    else if (kind === 'exchange') exchanges.set(keyOf(proxy, ordinal, fault, exchange), selected)
  }
  return {
    session: (...place) => sessions.get(keyOf(...place)),
    chunk: (...place) => chunks.get(keyOf(...place)),
    exchange: (...place) => exchanges.get(keyOf(...place)),
  }
}

function keyOf(...parts: readonly (string | number | undefined)[]): string {
  return JSON.stringify(parts)
}
