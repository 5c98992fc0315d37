import type { Metric } from '../case.ts'

/** What was asked for beside what came, in one unit. */
export interface Requested {
  readonly requested: number
  readonly delivered: number
  /** How far `delivered` may be from `requested`, both ways. */
  readonly tolerance: number
}

/** The columns of a table of requested against delivered. */
export const judgedMetrics = (unit: string, digits: number): readonly Metric[] => [
  { key: 'requested', label: `requested, ${unit}`, digits },
  { key: 'delivered', label: `delivered, ${unit}`, digits },
  { key: 'error', label: `error, ${unit}`, digits },
  { key: 'tolerance', label: `tolerance, ± ${unit}`, digits },
  { key: 'ok', label: 'within', digits: 0, verdict: true },
]

/** The figures of `judgedMetrics`. An error of exactly the tolerance is within it. */
export function judged({ requested, delivered, tolerance }: Requested): Readonly<Record<string, number>> {
  const error = delivered - requested
  return { requested, delivered, error, tolerance, ok: Math.abs(error) <= tolerance ? 1 : 0 }
}

/** How many standard errors of sampling are allowed: by chance alone one figure in 370 is further off. */
const STANDARD_ERRORS = 3

/** How far the share of `count` independent draws may be from `probability` (both 0…1) by chance alone; at least that of half a draw. */
export function shareError(probability: number, count: number): number {
  return Math.max(STANDARD_ERRORS * Math.sqrt((probability * (1 - probability)) / count), 1 / (2 * count))
}

/**
 * How far the quantile `q` of `count` samples may be from that of their distribution by chance alone: the share of samples below it
 * varies by √(q(1-q)/count), and the quantile function says what that is in its unit. A long tail gets more room where it is thin.
 */
export function samplingError(quantile: (q: number) => number, q: number, count: number): number {
  const spread = STANDARD_ERRORS * Math.sqrt((q * (1 - q)) / count)
  // Not beyond the last sample that there can be.
  const edge = 1 / (2 * count)
  const below = quantile(Math.max(edge, q - spread))
  const above = quantile(Math.min(1 - edge, q + spread))
  return Math.max(quantile(q) - below, above - quantile(q))
}
