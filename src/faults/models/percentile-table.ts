import { z } from 'zod'
import { duration, LARGEST, readDurationText } from '../params.ts'
import type { Quantile } from './distribution.ts'

/** A share of all draws (0…1) stays below `value` (milliseconds). */
interface Point {
  readonly share: number
  readonly value: number
}

/** Validated: percentiles in milliseconds by name (`p99.9`), or the text of a histogram as it was given. */
export type LatencyTable = string | Readonly<Record<string, number>>

const PERCENTILE = /^p(?:100(?:\.0+)?|\d{1,2}(?:\.\d+)?)$/

const HEADER = /^\s*upper_bound\s*,\s*count\s*$/i
const COUNT = /^\d+(?:\.\d+)?$/

/** Of a histogram, or percentiles. They are read for every step of a ramp; a megabyte of them took 150 ms. */
const MOST_LINES = 10_000

const TABLE = 'percentiles such as {"p50": "20ms", "p99": "400ms"} or a histogram of lines such as "20ms,5"'

/** A parameter that gives a distribution by its percentiles, or by a histogram as CSV. */
export const latencyTable = () =>
  z
    .union(
      [
        z.string(),
        z.record(
          z.string().regex(PERCENTILE, { error: 'expected a percentile from p0 to p100, such as p50 or p99.9' }),
          duration(),
        ),
      ],
      { error: `expected ${TABLE}` },
    )
    .superRefine((table, context) => {
      if (typeof table === 'string') {
        readHistogram(table, (expected, got) => {
          context.addIssue({ code: 'custom', message: `expected ${expected}`, params: { got } })
        })
      } else {
        checkPercentiles(table, (name, expected) => {
          context.addIssue({ code: 'custom', message: `expected ${expected}`, path: name === undefined ? [] : [name] })
        })
      }
    })
    .meta({ accepts: TABLE })

/**
 * Percentiles are joined by straight lines on the inverse distribution function. Below the first and above the last one every draw has the
 * value of that one: no delay comes out that is shorter or longer than what was given. In a histogram, draws are spread evenly
 * between the bound of the line before (0 for the first) and the line's own.
 */
export function tableQuantile(table: LatencyTable): Quantile {
  const points = typeof table === 'string' ? readHistogram(table, refusedLate) : named(table)
  return (u) => {
    const index = firstAbove(points, u)
    const before = points[index - 1]
    const after = points[index]
    if (after === undefined) return before?.value ?? 0
    if (before === undefined) return after.value
    return before.value + ((after.value - before.value) * (u - before.share)) / (after.share - before.share)
  }
}

function refusedLate(expected: string, got: unknown): never {
  throw new Error(`a histogram in force is wrong: expected ${expected}, got ${String(got)}`)
}

/** The first index whose share is larger than `u`; the number of points if there is none. Shares never fall. */
function firstAbove(points: readonly Point[], u: number): number {
  let low = 0
  let high = points.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((points[middle]?.share ?? Infinity) > u) high = middle
    else low = middle + 1
  }
  return low
}

function named(percentiles: Readonly<Record<string, number>>): readonly (Point & { readonly name: string })[] {
  return Object.entries(percentiles)
    .map(([name, value]) => ({ name, share: Number(name.slice(1)) / 100, value }))
    .sort((a, b) => a.share - b.share)
}

function checkPercentiles(
  percentiles: Readonly<Record<string, number>>,
  refuse: (name: string | undefined, expected: string) => void,
): void {
  const points = named(percentiles)
  if (points.length === 0) return refuse(undefined, `at least one percentile: ${TABLE}`)
  if (points.length > MOST_LINES) return refuse(undefined, `at most ${MOST_LINES} percentiles`)
  for (const [index, { name, share, value }] of points.entries()) {
    const before = points[index - 1]
    if (before === undefined) continue
    if (share === before.share) return refuse(name, `each percentile once, and ${before.name} is the same one`)
    if (value < before.value) return refuse(name, `no less than ${before.name}, which is ${before.value} ms`)
  }
}

/**
 * The cumulated shares of the lines, with 0 in front: a point more than there are lines. `refuse` is told of the first mistake; the answer is
 * then of no use.
 */
function readHistogram(text: string, refuse: (expected: string, got: string) => void): readonly Point[] {
  const buckets: { readonly bound: number; readonly below: number }[] = []
  let total = 0
  let headerAllowed = true
  for (const [index, line] of text.split(/\r?\n/, MOST_LINES + 1).entries()) {
    if (index === MOST_LINES) {
      refuse(`at most ${MOST_LINES} lines`, `${text.length} characters`)
      return []
    }
    if (line.trim() === '') continue
    const isHeader = headerAllowed && HEADER.test(line)
    headerAllowed = false
    if (isHeader) continue
    const bucket = readBucket(line, buckets.at(-1)?.bound)
    if (typeof bucket === 'string') {
      refuse(`line ${index + 1} to be ${bucket}`, line)
      return []
    }
    total += bucket.count
    buckets.push({ bound: bucket.bound, below: total })
  }
  if (total > 0 && total < Infinity) {
    return [{ share: 0, value: 0 }, ...buckets.map(({ bound, below }) => ({ share: below / total, value: bound }))]
  }
  refuse('a histogram with a count above 0, in lines such as "20ms,5"', text)
  return []
}

/** A text says what the line should have been. */
function readBucket(line: string, boundBefore = -1): { readonly bound: number; readonly count: number } | string {
  const [first, second, ...more] = line.split(',').map((field) => field.trim())
  const bound = first === undefined ? undefined : readDurationText(first)
  if (bound === undefined || bound > LARGEST || second === undefined || more.length > 0) {
    return 'an upper bound (a duration) and a count, such as "20ms,5"'
  }
  if (!COUNT.test(second)) return 'an upper bound and a count that is a number, such as "20ms,5"'
  if (bound <= boundBefore) return `a bucket that ends above ${boundBefore} ms, where the one before it ends`
  return { bound, count: Number(second) }
}
