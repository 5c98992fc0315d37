export interface Point {
  /** Seconds. */
  readonly at: number
  readonly value: number
}

/** What a value gains in a second: the slope of the line with the smallest sum of squares. 0 = of fewer than two points, or all at the same time. */
export function slope(points: readonly Point[]): number {
  const n = points.length
  const at = points.reduce((sum, point) => sum + point.at, 0) / n
  const value = points.reduce((sum, point) => sum + point.value, 0) / n
  let together = 0
  let alone = 0
  for (const point of points) {
    together += (point.at - at) * (point.value - value)
    alone += (point.at - at) ** 2
  }
  return alone === 0 ? 0 : together / alone
}

/** The smallest value of each window, where it was met: what was held only for a moment is not in it. */
export function lowest(points: readonly Point[], windowSeconds: number): readonly Point[] {
  const windows = Map.groupBy(points, ({ at }) => Math.floor(at / windowSeconds))
  return [...windows.values()].map((own) => own.reduce((least, point) => (point.value < least.value ? point : least)))
}

/** Those of the second half of the time. */
export function secondHalf(points: readonly Point[]): readonly Point[] {
  const first = points[0]?.at ?? 0
  const last = points.at(-1)?.at ?? 0
  return points.filter(({ at }) => at >= (first + last) / 2)
}
