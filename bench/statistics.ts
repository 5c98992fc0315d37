/** Plain statistics over small samples. All of them want at least one value. */

/** The value below which the share `q` (0…1) of the values lies; between two values, in proportion. */
export function quantile(values: readonly number[], q: number): number {
  if (values.length === 0) throw new Error('no values')
  const sorted = values.toSorted((a, b) => a - b)
  const place = q * (sorted.length - 1)
  const below = sorted[Math.floor(place)]!
  const above = sorted[Math.ceil(place)]!
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
