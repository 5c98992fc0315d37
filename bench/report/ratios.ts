import type { Metric, Sample } from '../cases/case.ts'
import type { CaseRun, Results } from '../results.ts'
import { HTTP_SUBJECT, SUBJECT } from '../rivals/rival.ts'
import { byVariant, ratioOf, YARDSTICK } from '../samples.ts'
import type { Summary } from '../statistics.ts'
import { cell, NONE, table, titleOf } from './table.ts'

/** One compared metric of one variant of a case: how many times the yardstick's value each rival has, over the rounds. */
export interface Ratios {
  readonly case: string
  readonly variant: string
  readonly metric: Metric
  readonly yardstick: string
  /** In the order of the run; without the yardstick itself. */
  readonly rivals: ReadonlyMap<string, Summary>
}

export function ratiosOf({ cases, samples }: Pick<Results, 'cases' | 'samples'>): readonly Ratios[] {
  return cases.flatMap((one) => {
    const variants = byVariant(samples.filter((sample) => sample.case === one.name))
    const compared = one.metrics.filter((metric) => metric.compared === true)
    return [...variants].flatMap(([variant, own]) =>
      compared.map((metric) => ratiosOfMetric(one, variant, metric, own)).filter(({ rivals }) => rivals.size > 0),
    )
  })
}

function ratiosOfMetric(
  { name, yardstick = YARDSTICK }: CaseRun,
  variant: string,
  metric: Metric,
  samples: readonly Sample[],
): Ratios {
  const rivals = new Map<string, Summary>()
  for (const rival of new Set(samples.map(({ rival }) => rival))) {
    const ratio = rival === yardstick ? undefined : ratioOf(samples, rival, metric.key, yardstick)
    if (ratio !== undefined) rivals.set(rival, ratio)
  }
  return { case: name, variant, metric, yardstick, rivals }
}

const isSubject = (rival: string): boolean => rival === SUBJECT || rival === HTTP_SUBJECT

/** All that is compared, in one table; the metrics that are looked at first come first. */
export function ratioTable(results: Pick<Results, 'cases' | 'samples'>): string {
  const all = ratiosOf(results)
  if (all.length === 0) return ''
  const rows = all.map(({ case: name, variant, metric, yardstick, rivals }) => {
    const subject = [...rivals].find(([rival]) => isSubject(rival))?.[1]
    const others = [...rivals]
      .filter(([rival]) => !isSubject(rival))
      .map(([rival, { median }]) => `${rival} ${median.toFixed(2)}`)
    return [titleOf(name, variant), metric.label, yardstick, cell(subject, 2), others.join(' · ') || NONE]
  })
  return table(['case', 'figure', '÷', 'Foulweather', 'others'], rows)
}

/** CPU per unit alone, beside one other proxy: what fits on a first page. */
export function shortRatioTable(results: Pick<Results, 'cases' | 'samples'>, metricKey = 'cpu'): string {
  const rows = ratiosOf(results).flatMap(({ case: name, variant, metric, yardstick, rivals }) => {
    const subject = [...rivals].find(([rival]) => isSubject(rival))?.[1]
    if (metric.key !== metricKey || subject === undefined) return []
    return [[titleOf(name, variant), metric.label, yardstick, cell(subject, 2)]]
  })
  return rows.length === 0 ? '' : table(['case', 'figure', 'yardstick', 'Foulweather ÷ yardstick'], rows)
}
