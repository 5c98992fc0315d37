import type { Sample } from './cases/case.ts'
import { summarise, type Summary } from './statistics.ts'

/** The rivals that the others are compared with, where bytes are relayed and where HTTP is understood. */
export const YARDSTICK = 'haproxy'
export const HTTP_YARDSTICK = 'haproxy-http'

/** The values of one metric of one rival, over the rounds; `undefined` when there is none. */
export function summaryOf(samples: readonly Sample[], rival: string, metric: string): Summary | undefined {
  const values = samples.flatMap((sample) => (sample.rival === rival ? (sample.metrics[metric] ?? []) : []))
  return values.length === 0 ? undefined : summarise(values)
}

/**
 * How many times the yardstick's value a rival's is. Compared within each round, and only then summarised: what disturbed a round
 * disturbed both.
 */
export function ratioOf(
  samples: readonly Sample[],
  rival: string,
  metric: string,
  yardstick = YARDSTICK,
): Summary | undefined {
  const ratios = samples.flatMap((sample) => {
    if (sample.rival !== rival) return []
    const own = sample.metrics[metric]
    const other = samples.find(({ rival, round }) => rival === yardstick && round === sample.round)?.metrics[metric]
    return own === undefined || other === undefined || other === 0 ? [] : [own / other]
  })
  return ratios.length === 0 ? undefined : summarise(ratios)
}

/** The samples of each variant of one case, in the order in which they were first met. */
export function byVariant(samples: readonly Sample[]): ReadonlyMap<string, readonly Sample[]> {
  return Map.groupBy(samples, ({ variant }) => variant)
}
