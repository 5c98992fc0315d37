import type { Case, CaseContext, Sample } from './cases/case.ts'
import { CASES } from './cases/index.ts'
import { describeCommit, describeMachine } from './machine.ts'
import { writeRun } from './main-files.ts'
import { Estimate, progressHead } from './main-progress.ts'
import { chooseCases, chooseRivals, UsageError, type Options } from './options.ts'
import { figureText } from './report/table.ts'
import { caseRun, SCHEMA, type Results, type RunOptions } from './results.ts'
import { newestResults } from './results-file.ts'
import { allRivals } from './rivals/index.ts'
import type { Rival } from './rivals/rival.ts'
import { judge, TARGETS } from './targets.ts'
import { verify, type Verification } from './verify.ts'

export const DEFAULT_OUT = 'bench/results'

/** One run: what was chosen, what came of it so far, and its files. */
export class Run {
  readonly #options: Options
  readonly #folder: string
  readonly #cases: readonly Case[]
  readonly #rivals: readonly Rival[]
  readonly #begin = performance.now()
  readonly #date = new Date().toISOString()
  readonly #machine = describeMachine()
  readonly #estimate: Estimate
  readonly #ran: Case[] = []
  readonly #verification: Verification[] = []
  readonly #samples: Sample[] = []
  readonly #notes: string[] = []
  readonly #failures: string[] = []
  #commit: Results['commit'] = { hash: 'unknown', dirty: false }

  constructor(options: Options) {
    if (process.platform !== 'linux') {
      throw new UsageError('CPU and memory of the rivals are read from /proc: Linux only')
    }
    this.#options = options
    this.#folder = options.out ?? DEFAULT_OUT
    this.#cases = chooseCases(CASES, options.only, options.quick)
    const chosen = chooseRivals(allRivals(options), options.rivals, options.quick)
    // Verifying one that no case takes would be for nothing.
    this.#rivals = chosen.filter((rival) => this.#cases.some((one) => one.takes(rival)))
    const names = this.#cases.map(({ name }) => name)
    this.#estimate = new Estimate(names, secondsBefore(this.#folder, options))
  }

  /** Verifies the rivals and runs the cases. */
  async measure(): Promise<void> {
    this.#commit = await describeCommit()
    for (const rival of this.#rivals) await this.#verify(rival)
    const fit = this.#rivals.filter((_, i) => this.#verification[i]?.state === 'verified')
    for (const one of this.#cases) await this.#runCase(one, fit)
    this.#estimate.end(this.#seconds)
  }

  /** Writes what there is, and answers it. */
  write(interrupted: boolean): Results {
    const results = this.#results(interrupted)
    for (const file of writeRun(this.#folder, results)) this.#say(`written: ${file}`)
    return results
  }

  #results(interrupted: boolean): Results {
    const { quick, rounds, only, rivals, dist } = this.#options
    const seconds = this.#estimate.done
    return {
      schema: SCHEMA,
      date: this.#date,
      seconds: this.#seconds,
      interrupted,
      commit: this.#commit,
      node: process.versions.node,
      machine: this.#machine,
      options: { quick, rounds, only, rivals, dist },
      cases: this.#ran.map((one) => caseRun(one, seconds.get(one.name) ?? 0)),
      verification: this.#verification,
      targets: TARGETS.map((target) => judge(target, this.#samples)),
      notes: this.#notes,
      failures: this.#failures,
      samples: this.#samples,
    }
  }

  async #verify(rival: Rival): Promise<void> {
    const found = await verify(rival)
    this.#verification.push(found)
    const { state, reason } = found
    this.#say(`verify ${rival.name}: ${state}${reason === undefined ? '' : ` (${reason})`}`)
    if (state === 'failed') this.#failures.push(`verification of ${rival.name}: ${reason}`)
  }

  async #runCase(one: Case, fit: readonly Rival[]): Promise<void> {
    this.#ran.push(one)
    this.#estimate.begin(one.name, this.#seconds)
    const note = (text: string): void => {
      this.#notes.push(`${one.name}: ${text}`)
      this.#say(`${one.name}: ${text}`)
    }
    const context: CaseContext = {
      rivals: fit.filter((rival) => one.takes(rival)),
      rounds: this.#options.rounds,
      quick: this.#options.quick,
      record: (sample) => this.#record(one, { case: one.name, ...sample }, note),
      note,
      fail: (text) => {
        this.#failures.push(`${one.name}: ${text}`)
        this.#say(`FAILED ${one.name}: ${text}`)
      },
    }
    if (context.rivals.length === 0) {
      note('skipped: none of the rivals here takes part')
      return
    }
    try {
      await one.run(context)
    } catch (error) {
      note(`broken off: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  /** A figure that is no number is no figure: JSON has none for it, and a median of it would say nothing. */
  #record(one: Case, sample: Sample, note: (text: string) => void): void {
    const figures = Object.entries(sample.metrics)
    const bad = figures.filter(([, value]) => !Number.isFinite(value))
    for (const [key, value] of bad) note(`${sample.rival} round ${sample.round}: ${key} is ${value} and left out`)
    const metrics = Object.fromEntries(figures.filter(([, value]) => Number.isFinite(value)))
    this.#samples.push({ ...sample, metrics })
    const texts = one.metrics.map((metric) => `${metric.label} ${figureText(metric, metrics[metric.key])}`)
    this.#say(`${one.name} ${sample.variant} round ${sample.round} ${sample.rival}: ${texts.join(', ')}`)
  }

  get #seconds(): number {
    return (performance.now() - this.#begin) / 1000
  }

  #say(text: string): void {
    console.error(`${progressHead(this.#seconds, this.#estimate.left(this.#seconds))} ${text}`)
  }
}

/** Seconds of each case in the newest run of the same kind, for as many rounds as there will be now (and one to warm up). */
function secondsBefore(folder: string, { quick, rounds, rivals }: RunOptions): ReadonlyMap<string, number> {
  const same = rivals.join()
  const before = newestResults(
    folder,
    ({ options, interrupted }) => !interrupted && options.quick === quick && options.rivals.join() === same,
  )
  if (before === undefined) return new Map()
  const scale = (rounds + 1) / (before.options.rounds + 1)
  return new Map(before.cases.map(({ name, seconds }) => [name, seconds * scale]))
}
