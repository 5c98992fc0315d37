/** Plain statistics over small samples. All that take values want at least one. */

/** The value below which the share `q` (0…1) of the values lies; between two values, in proportion. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const place = q * (sorted.length - 1)
  const below = sorted[Math.floor(place)]
  const above = sorted[Math.ceil(place)]
  if (below === undefined || above === undefined) throw new Error('no values')
  return below + (above - below) * (place - Math.floor(place))
}

export interface Summary {
  readonly median: number
  readonly min: number
  readonly max: number
  readonly sum: number
  readonly count: number
}

export function summarise(values: readonly number[]): Summary {
  const sum = values.reduce((all, value) => all + value, 0)
  return {
    median: quantile(values, 0.5),
    min: quantile(values, 0),
    max: quantile(values, 1),
    sum,
    count: values.length,
  }
}

/** From the smallest value to the largest, as a part of the median (0.2 = 20 %). Around a median of 0 any spread is infinite, and none is 0. */
export function spreadOf({ median, min, max }: Summary): number {
  return max === min ? 0 : (max - min) / Math.abs(median)
}

/** Whether the ranges of two figures have a value in common: then the two are not told apart. */
export function overlap(a: Summary, b: Summary): boolean {
  return a.min <= b.max && b.min <= a.max
}
