import type { Cells } from '../core/cells.ts'

const BEGUN = 0
const AT = 1

/** How many cells it takes. */
export const WAVE_START_CELLS = 2

/** When a wave began: with the first thing that met it. Everything that is on the same wave shares one. */
export class WaveStart {
  readonly #cells: Cells | undefined
  /** Once it is known it stays. */
  #at: number | undefined

  /** @param cells where other threads are on the same wave. */
  constructor(cells?: Cells) {
    this.#cells = cells
  }

  /** When it began: now, if it has not begun yet. */
  beganAt(now: number): number {
    this.#at ??= this.#shared(now)
    return this.#at
  }

  #shared(now: number): number {
    if (this.#cells === undefined) return now
    return this.#cells.exclusively((values) => {
      if (values[BEGUN] === 0) {
        values[BEGUN] = 1
        values[AT] = now
      }
      return values[AT] ?? now
    })
  }
}
