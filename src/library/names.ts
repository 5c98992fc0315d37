/**
 * Makes names that count up, `latency-1`, `latency-2`, …: what a seed decides hangs on names, so a run that is repeated has to have the same ones.
 *
 * @returns a function that passes over names that are taken otherwise.
 */
export function countingNames(): (kind: string, isTaken: (name: string) => boolean) => string {
  const counts = new Map<string, number>()
  return (kind, isTaken) => {
    for (;;) {
      const count = (counts.get(kind) ?? 0) + 1
      counts.set(kind, count)
      const name = `${kind}-${count}`
      if (!isTaken(name)) return name
    }
  }
}
