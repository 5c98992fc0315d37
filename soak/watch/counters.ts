/** One reading of `/metrics`: what only counts up, by name and labels. */
export type Counters = ReadonlyMap<string, number>

/** Counters, and the parts of histograms that count, of a page in Prometheus's text format. */
export function countersOf(page: string): Counters {
  const types = new Map<string, string>()
  const counters = new Map<string, number>()
  for (const line of page.split('\n')) {
    if (line.startsWith('#')) {
      const [, keyword, name = '', type = ''] = line.split(' ')
      if (keyword === 'TYPE') types.set(name, type)
      continue
    }
    const space = line.lastIndexOf(' ')
    const series = line.slice(0, space)
    if (space > 0 && isCounter(series.replace(/\{.*/, ''), types)) counters.set(series, Number(line.slice(space + 1)))
  }
  return counters
}

function isCounter(name: string, types: ReadonlyMap<string, string>): boolean {
  if (types.get(name) === 'counter') return true
  const part = /^(.*)_(bucket|count|sum)$/.exec(name)
  return part?.[1] !== undefined && types.get(part[1]) === 'histogram'
}

/** What has gone back, or away, from one reading to the next. What never has counted anything may go: nobody can tell the difference. */
export function wentBack(before: Counters, after: Counters): string[] {
  return [...before].flatMap(([series, was]) => {
    const is = after.get(series)
    if (is === undefined) return was === 0 ? [] : `${series} was ${was} and is gone`
    return is < was ? `${series} was ${was} and is ${is}` : []
  })
}

/** The sum of all series of a name whose labels have all of `labels` in them. */
export function sumOf(counters: Counters, name: string, ...labels: readonly string[]): number {
  let sum = 0
  for (const [series, value] of counters) {
    if (series.replace(/\{.*/, '') === name && labels.every((label) => series.includes(label))) sum += value
  }
  return sum
}

/** The values that a label has in the series of a name. */
export function labelsOf(counters: Counters, name: string, label: string): readonly string[] {
  const values = [...counters.keys()].flatMap((series) => {
    if (series.replace(/\{.*/, '') !== name) return []
    return new RegExp(`[{,]${label}="([^"]*)"`).exec(series)?.[1] ?? []
  })
  return [...new Set(values)]
}
