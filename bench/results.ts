import type { Case, Metric, Sample } from './cases/case.ts'
import type { Commit, Machine } from './machine.ts'
import type { Options } from './options.ts'
import type { TargetOutcome } from './targets.ts'
import type { Verification } from './verify.ts'

/** The version of the JSON file, raised with every change that a reader has to know of. The first files had none. */
export const SCHEMA = 2

/** Everything about a run, as it goes into the JSON file: tables, plots and comparisons are made of this alone. */
export interface Results {
  readonly schema: typeof SCHEMA
  /** ISO 8601, start of the run. */
  readonly date: string
  readonly seconds: number
  /** It was ended by a signal: what comes later is missing, and so may be rounds of the case in which it happened. */
  readonly interrupted: boolean
  readonly commit: Commit
  /** The version of Node that ran the rivals in Node, Foulweather, and the load. */
  readonly node: string
  readonly machine: Machine
  readonly options: RunOptions
  /** Those that ran, in order. */
  readonly cases: readonly CaseRun[]
  readonly verification: readonly Verification[]
  readonly targets: readonly TargetOutcome[]
  readonly notes: readonly string[]
  /** Broken integrity; not empty = exit code 1. */
  readonly failures: readonly string[]
  readonly samples: readonly Sample[]
}

/** The options that say what was measured and how often. */
export type RunOptions = Pick<Options, 'quick' | 'rounds' | 'only' | 'rivals' | 'dist'>

/** A case as its results have to be read, even by a version that no longer has it. */
export interface CaseRun {
  readonly name: string
  readonly summary: string
  readonly metrics: readonly Metric[]
  readonly yardstick?: string
  /** How long it took, all rivals and rounds. */
  readonly seconds: number
}

export function caseRun({ name, summary, metrics, yardstick }: Case, seconds: number): CaseRun {
  return { name, summary, metrics, seconds, ...(yardstick === undefined ? {} : { yardstick }) }
}
