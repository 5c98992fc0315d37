import type { CaseRun, Results } from '../results.ts'
import { byVariant } from '../samples.ts'
import type { Sample } from '../cases/case.ts'
import { titleOf } from '../report/table.ts'

/** A picture of a run. */
export interface Plot {
  /** Of its file, without ending: small letters and hyphens. */
  readonly name: string
  /** What it shows, for those who do not see it. */
  readonly alt: string
  readonly svg: string
}

/** One variant of a case, with its samples. */
export interface VariantRun {
  readonly of: CaseRun
  readonly title: string
  readonly variant: string
  /** In the order of the run. */
  readonly rivals: readonly string[]
  readonly samples: readonly Sample[]
}

/** The variants of those cases that are wanted, in the order of the run. */
export function variantsOf(results: Results, wanted: (one: CaseRun) => boolean): readonly VariantRun[] {
  return results.cases.filter(wanted).flatMap((of) => {
    const variants = byVariant(results.samples.filter((sample) => sample.case === of.name))
    return [...variants].map(([variant, samples]) => ({
      of,
      variant,
      title: titleOf(of.name, variant),
      rivals: [...new Set(samples.map(({ rival }) => rival))],
      samples,
    }))
  })
}

export const hasMetrics =
  (...keys: readonly string[]) =>
  ({ metrics }: CaseRun): boolean =>
    keys.every((key) => metrics.some((metric) => metric.key === key))

export const labelOf = ({ metrics }: CaseRun, key: string): string =>
  metrics.find((metric) => metric.key === key)?.label ?? key
