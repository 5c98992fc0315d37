import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Case, CaseContext, Sample } from './cases/case.ts'
import { CASES } from './cases/index.ts'
import { describeCommit, describeMachine } from './machine.ts'
import { choose, chooseCases, parseOptions, USAGE, UsageError, type Options } from './options.ts'
import { figureText, report } from './report.ts'
import type { Results } from './results.ts'
import { allRivals } from './rivals/index.ts'
import type { Rival } from './rivals/rival.ts'
import { judge, TARGETS } from './targets.ts'
import { verify, type Verification } from './verify.ts'

// Leaving by `exit` ends the programs that were started, too.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130))

const begin = performance.now()

try {
  process.exitCode = await main(parseOptions(process.argv.slice(2)))
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  console.error(`${error.message}\n\n${USAGE}`)
  process.exitCode = 2
}

async function main(options: Options): Promise<number> {
  if (options.help) console.log(USAGE)
  else if (options.list) list(options)
  else return measure(options)
  return 0
}

interface Listed {
  readonly name: string
  readonly summary: string
}

function lines(title: string, all: readonly Listed[]): string {
  return `${title}:\n${all.map(({ name, summary }) => `  ${name.padEnd(28)}${summary}`).join('\n')}`
}

function list(options: Options): void {
  const groups = Map.groupBy(CASES, ({ group }) => group)
  const sections = [...groups].map(([group, own]) =>
    lines(group === undefined ? 'Cases' : `Cases of the group ${group} (not run unless named)`, own),
  )
  console.log([...sections, lines('Rivals', allRivals(options))].join('\n\n'))
}

async function measure(options: Options): Promise<number> {
  if (process.platform !== 'linux') throw new UsageError('CPU and memory of the rivals are read from /proc: Linux only')
  const cases = chooseCases(CASES, options.only)
  const rivals = choose(allRivals(options), options.rivals, '--rivals')
  const date = new Date().toISOString()
  const machine = describeMachine()

  const verification: Verification[] = []
  for (const rival of rivals) verification.push(await verified(rival))
  const fit = rivals.filter((_, i) => verification[i]?.state === 'verified')
  const failures = verification.flatMap(({ rival, state, reason }) =>
    state === 'failed' ? [`verification of ${rival}: ${reason}`] : [],
  )

  const samples: Sample[] = []
  const notes: string[] = []
  for (const one of cases) await runCase(one, fit, options, { samples, notes, failures })

  const results: Results = {
    date,
    seconds: (performance.now() - begin) / 1000,
    commit: await describeCommit(),
    node: process.versions.node,
    machine,
    options,
    verification,
    targets: TARGETS.map((target) => judge(target, samples)),
    notes,
    failures,
    samples,
  }
  await publish(results, report(results, cases))
  return failures.length > 0 ? 1 : 0
}

async function verified(rival: Rival): Promise<Verification> {
  const found = await verify(rival)
  progress(`verify ${rival.name}: ${found.state}${found.reason === undefined ? '' : ` (${found.reason})`}`)
  return found
}

interface Gathered {
  readonly samples: Sample[]
  readonly notes: string[]
  readonly failures: string[]
}

async function runCase(one: Case, fit: readonly Rival[], options: Options, gathered: Gathered): Promise<void> {
  const note = (text: string): void => {
    gathered.notes.push(`${one.name}: ${text}`)
    progress(`${one.name}: ${text}`)
  }
  const context: CaseContext = {
    rivals: fit.filter((rival) => one.takes(rival)),
    rounds: options.rounds,
    quick: options.quick,
    record: (sample) => {
      gathered.samples.push({ case: one.name, ...sample })
      const figures = one.metrics.map((metric) => `${metric.label} ${figureText(metric, sample.metrics[metric.key])}`)
      progress(`${one.name} ${sample.variant} round ${sample.round} ${sample.rival}: ${figures.join(', ')}`)
    },
    note,
    fail: (text) => {
      gathered.failures.push(`${one.name}: ${text}`)
      progress(`FAILED ${one.name}: ${text}`)
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

async function publish(results: Results, markdown: string): Promise<void> {
  const { out } = results.options
  const name = join(out, results.date.replaceAll(':', '-').slice(0, 19))
  await mkdir(out, { recursive: true })
  await writeFile(`${name}.json`, `${JSON.stringify(results, undefined, 1)}\n`)
  await writeFile(`${name}.md`, markdown)
  console.log(markdown)
  progress(`written: ${name}.json and ${name}.md`)
}

function progress(text: string): void {
  const seconds = ((performance.now() - begin) / 1000).toFixed(0)
  console.error(`[${seconds.padStart(4)} s] ${text}`)
}
