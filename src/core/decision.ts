import type { Direction } from './words.ts'

/**
 * One thing that was decided about a session, or done to it, as plain data.
 *
 * - `session`: whether a fault works on it, drawn or by rule.
 * - `chunk`: the same for one chunk, where a fault draws for each.
 * - `exchange`: the same for one exchange of HTTP.
 * - `injection`: something that a fault did (`what`): a stall, a cut, a refusal.
 * - `limit`: a bound that a fault has met (`what`), with the `scope`, `bound` and `value` of it in `detail`.
 */
export interface Decision {
  /** Counts all decisions of the process, from 1. */
  readonly seq: number
  /** Wall clock, ISO 8601. */
  readonly time: string
  /** That of the run. */
  readonly seed: number
  readonly proxy: string
  readonly fault: string
  readonly type: string
  readonly kind: 'session' | 'chunk' | 'exchange' | 'injection' | 'limit'
  /** The session; absent where the fault acts on the whole proxy. */
  readonly session?: string
  /** Of the session within its proxy, from 1. */
  readonly ordinal?: number
  readonly direction?: Direction
  /** Of the chunk within its direction as the fault meets them, from 1. */
  readonly chunk?: number
  /** Of the exchange within its session, from 1. */
  readonly exchange?: number
  readonly selected?: boolean
  /** Why it is not selected. */
  readonly reason?: SkipReason
  /** The fault only counts what it would have hit: nothing was done. */
  readonly shadow?: true
  readonly what?: string
  readonly detail?: Readonly<Record<string, number | string>>
}

/**
 * Why a fault leaves a session (or an exchange) alone: the draw, its `match`, `exclude` or `count`, `existing: skip`, its limits, or because a
 * replayed run had it so.
 */
export type SkipReason = (typeof SKIP_REASONS)[number]

export const SKIP_REASONS = [
  'draw',
  'match',
  'existing',
  'max_active',
  'max_injections',
  'max_share',
  'replay',
  'exclude',
  'count',
] as const
