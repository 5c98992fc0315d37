import { InvalidArgumentError } from 'commander'
import { readStatuses, STATUSES } from '../admin/exchange-query.ts'
import { readDurationText } from '../faults/params.ts'
import { readCount } from './option-values.ts'
import { MOST } from './tail-feed.ts'

/** Taken as it is typed: the server reads it once more. */
export function readStatusList(text: string): string {
  if (readStatuses(text) !== undefined) return text
  throw new InvalidArgumentError(`expected ${STATUSES}.`)
}

export function readLineCount(text: string): number {
  const count = readCount(text)
  if (count <= MOST) return count
  throw new InvalidArgumentError(`expected a whole number of 0 to ${MOST}.`)
}

/** Long ago for anybody: sums with longer ones are no dates any more. */
const LONGEST_MS = 1e12

/** A time, or how long ago that was → milliseconds since the epoch. */
export function readSince(text: string, now = Date.now()): number {
  const ago = readDurationText(text)
  const time =
    ago === undefined && /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : now - Math.min(ago ?? NaN, LONGEST_MS)
  if (!Number.isNaN(time)) return time
  throw new InvalidArgumentError('expected how long ago, such as 30s or 5m, or a time, such as 2026-01-31T12:00:00Z.')
}
