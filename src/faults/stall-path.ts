import type { Cells } from '../core/cells.ts'
import type { Random } from '../core/random.ts'

const STARTED = 0
const START = 1
const HAS_LUCK = 2
const LUCK = 3
/** The place of the stall that is recorded next. */
const NEXT = 4
const RECORDED = 5

/** So many stalls are remembered as recorded. Only connections that a delay in front puts far apart meet different ones at the same time. */
const REMEMBERED = 64

/** How many cells it takes. */
export const PATH_CELLS = RECORDED + REMEMBERED

/** What everybody on the same path shares. */
export class StallPath {
  /** Where the chance of every stall comes from, whoever meets it first. */
  readonly luck: number
  readonly #cells: Cells
  /** Once it is known it stays. */
  #start: number | undefined
  /** Of the stall that was met last: most bytes meet the same as those before them. */
  #latest: number | undefined

  /** @param random drawn from once, by the first who is on the path. */
  constructor(cells: Cells, random: Random) {
    this.#cells = cells
    this.luck = cells.exclusively((values) => {
      if (values[HAS_LUCK] === 0) {
        values[HAS_LUCK] = 1
        values[LUCK] = random.next()
      }
      return values[LUCK] ?? 0
    })
  }

  /** From when on stalls are counted; `undefined` = nobody has begun. */
  get start(): number | undefined {
    return this.#start
  }

  /** Somebody begins: stalls are counted from now on, unless they are already. */
  begin(now: number): void {
    this.#start ??= this.#cells.exclusively((values) => {
      if (values[STARTED] === 0) {
        values[STARTED] = 1
        values[START] = now
      }
      return values[START] ?? now
    })
  }

  /** Whether stall `number`, from 1, is to be put on record: by the first who meets it, in whatever thread. */
  isNew(number: number): boolean {
    if (number === this.#latest) return false
    this.#latest = number
    return this.#cells.exclusively((values) => {
      const recorded = values.subarray(RECORDED, RECORDED + REMEMBERED)
      if (recorded.includes(number)) return false
      const next = values[NEXT] ?? 0
      recorded[next] = number
      values[NEXT] = (next + 1) % REMEMBERED
      return true
    })
  }
}
