const AT_ENDS = 16
const BETWEEN = 24

/** Lengths below `length`, ascending: all of them where they are few, otherwise those at both ends and some between. */
export function lengthsBelow(length: number): readonly number[] {
  if (length <= 2 * AT_ENDS + BETWEEN) return Array.from({ length }, (_, at) => at)
  const step = (length - 2 * AT_ENDS) / BETWEEN
  return [
    ...Array.from({ length: AT_ENDS }, (_, at) => at),
    ...Array.from({ length: BETWEEN }, (_, at) => AT_ENDS + Math.floor(at * step)),
    ...Array.from({ length: AT_ENDS }, (_, at) => length - AT_ENDS + at),
  ]
}
