import type { Kinds } from './filter.ts'

/** Why a subscriber cannot be told of everything since the event that it names. */
export type MissedReason = 'restarted' | 'too_old' | 'unwatched'

/** In words. */
export const MISSED_TEXTS: Readonly<Record<MissedReason, string>> = {
  restarted: 'the server has been started anew since then',
  too_old: 'that was too long ago: the server keeps a bounded number of events',
  unwatched: 'nobody was listening for a while: sessions and injections are told only while somebody listens',
}

/** What there is of each kind: the numbers from which on everything is there. */
export interface Kept {
  /** The latest of the changes that are not kept any more. */
  readonly changesLost: number
  /** The same of everything else. */
  readonly trafficLost: number
  /** Since when sessions are told; `undefined` = they are not. */
  readonly sessionsSince: number | undefined
  /** Since when injections are told; `undefined` = they are not. */
  readonly samplesSince: number | undefined
}

/** `undefined`: everything of these kinds behind `number` is there. */
export function missedSince(number: number, wanted: Kinds, kept: Kept): MissedReason | undefined {
  const ofTraffic = wanted.limits || wanted.sessions || wanted.samples
  const tooOld = (wanted.changes && number < kept.changesLost) || (ofTraffic && number < kept.trafficLost)
  if (tooOld) return 'too_old'
  const unwatched = (since: number | undefined): boolean => since === undefined || number < since
  const missed = (wanted.sessions && unwatched(kept.sessionsSince)) || (wanted.samples && unwatched(kept.samplesSince))
  return missed ? 'unwatched' : undefined
}
