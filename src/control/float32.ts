/** The number with the shortest decimal that reads back as the same 32-bit float: 0.3 for 0.30000001192092896. */
export function shortestFloat32(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === value) return short
  }
  return Number(value.toPrecision(9))
}
