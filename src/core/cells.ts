/**
 * Numbers that everybody at work for one fault of one proxy shares, in whatever thread: a pipe's place in time, the budget of a window. All 0 at
 * first, and kept until the fault is removed.
 */
export interface Cells {
  /**
   * Runs `act` while nobody else, in no thread, reads or writes them: short, synchronous, and without another call of this kind within.
   * `values` may not be kept.
   */
  exclusively<T>(act: (values: Float64Array) => T): T
}

/** Cells of one thread alone. */
export function plainCells(count: number): Cells {
  const values = new Float64Array(count)
  return { exclusively: (act) => act(values) }
}
