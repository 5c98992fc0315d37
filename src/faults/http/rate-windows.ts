import { hash } from 'node:crypto'
import { plainCells, type Cells } from '../../core/cells.ts'

/** Keys that are counted at the same time; of more, the one that was used longest ago begins anew. */
const MOST_KEYS = 10_000

/** More than keys, so that few of them are in the same one. */
const BUCKETS = 16_384

/** A number holds so many hexadecimal digits exactly. */
const DIGITS = 13

/** What is kept of them all. Keys are rows, from 1; 0 = none. */
const COUNT = 0
const OLDEST = 1
const NEWEST = 2
const HEAD = 3

/** What is kept of each key. */
const HASH = 0
const START = 1
const USED = 2
/** The next one in its bucket. */
const BEHIND = 3
/** Those that were used right before and right after it. */
const OLDER = 4
const NEWER = 5
const WIDTH = 6

const FIRST_ROW = HEAD + BUCKETS - WIDTH

/** How many cells they take. */
export const WINDOWS_CELLS = HEAD + BUCKETS + MOST_KEYS * WIDTH

/** One request as its budget has met it. */
export interface Taken {
  /** Of the request within its window, from 1. */
  readonly nth: number
  /** When the window of its key ends, monotonic milliseconds. */
  readonly endsAt: number
}

/**
 * Requests in the current window of each key. A window begins with the first request that comes after the one before it is over.
 *
 * All of it is in cells, so that threads count together; keys are told apart by 52 bits of their SHA-256. Among 10 000 keys two are the same by that, and
 * share a budget, once in 90 million times, and nobody can make up a key that shares that of another.
 */
export class RateWindows {
  readonly #cells: Cells

  /** @param cells default: of this thread alone. */
  constructor(cells: Cells = plainCells(WINDOWS_CELLS)) {
    this.#cells = cells
  }

  /** How many keys are counted. */
  get size(): number {
    return this.#cells.exclusively((values) => values[COUNT] ?? 0)
  }

  /** @param length of a window, milliseconds. */
  take(key: string, at: number, length: number): Taken {
    const hashed = Number.parseInt(hash('sha256', key).slice(0, DIGITS), 16)
    return this.#cells.exclusively((values) => {
      const known = rowOf(values, hashed)
      const row = known === 0 ? newRow(values, hashed) : known
      if (known === 0 || at >= get(values, row, START) + length) {
        set(values, row, START, at)
        set(values, row, USED, 0)
      }
      const nth = get(values, row, USED) + 1
      set(values, row, USED, nth)
      if (known !== 0) takeOut(values, row)
      putLast(values, row)
      return { nth, endsAt: get(values, row, START) + length }
    })
  }
}

function get(values: Float64Array, row: number, column: number): number {
  return values[FIRST_ROW + row * WIDTH + column] ?? 0
}

function set(values: Float64Array, row: number, column: number, value: number): void {
  values[FIRST_ROW + row * WIDTH + column] = value
}

const bucketOf = (hashed: number): number => HEAD + (hashed % BUCKETS)

function rowOf(values: Float64Array, hashed: number): number {
  let row = values[bucketOf(hashed)] ?? 0
  while (row !== 0 && get(values, row, HASH) !== hashed) row = get(values, row, BEHIND)
  return row
}

/** One that was free, or else that of the key that was used longest ago. In its bucket, and not in the order of use yet. */
function newRow(values: Float64Array, hashed: number): number {
  let row = (values[COUNT] ?? 0) + 1
  if (row <= MOST_KEYS) values[COUNT] = row
  else {
    row = values[OLDEST] ?? 0
    takeOut(values, row)
    leaveBucket(values, row)
  }
  const bucket = bucketOf(hashed)
  set(values, row, HASH, hashed)
  set(values, row, BEHIND, values[bucket] ?? 0)
  values[bucket] = row
  return row
}

function leaveBucket(values: Float64Array, row: number): void {
  const bucket = bucketOf(get(values, row, HASH))
  const behind = get(values, row, BEHIND)
  let before = values[bucket] ?? 0
  if (before === row) {
    values[bucket] = behind
    return
  }
  while (get(values, before, BEHIND) !== row) before = get(values, before, BEHIND)
  set(values, before, BEHIND, behind)
}

/** Of the order of use. */
function takeOut(values: Float64Array, row: number): void {
  const older = get(values, row, OLDER)
  const newer = get(values, row, NEWER)
  if (older === 0) values[OLDEST] = newer
  else set(values, older, NEWER, newer)
  if (newer === 0) values[NEWEST] = older
  else set(values, newer, OLDER, older)
}

function putLast(values: Float64Array, row: number): void {
  const newest = values[NEWEST] ?? 0
  set(values, row, OLDER, newest)
  set(values, row, NEWER, 0)
  if (newest === 0) values[OLDEST] = row
  else set(values, newest, NEWER, row)
  values[NEWEST] = row
}
