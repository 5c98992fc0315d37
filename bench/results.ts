import type { Sample } from './cases/case.ts'
import type { Machine } from './machine.ts'
import type { Options } from './options.ts'
import type { TargetOutcome } from './targets.ts'
import type { Verification } from './verify.ts'

/** Everything about a run, as it goes into the JSON file. */
export interface Results {
  /** ISO 8601, start of the run. */
  readonly date: string
  readonly seconds: number
  readonly commit: string
  readonly node: string
  readonly machine: Machine
  readonly options: Options
  readonly verification: readonly Verification[]
  readonly targets: readonly TargetOutcome[]
  readonly notes: readonly string[]
  /** Broken integrity; not empty = exit code 1. */
  readonly failures: readonly string[]
  readonly samples: readonly Sample[]
}
