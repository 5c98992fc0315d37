import { readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { relative } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { readCorpus, saveInput } from './corpus.ts'
import { escaped } from './escape.ts'
import { runInput, runTarget, type RunResult } from './run.ts'
import type { Progress } from './job.ts'
import type { FuzzTarget } from './target.ts'
import { TARGETS, targetOf } from './targets/index.ts'

interface Options {
  readonly seconds: number
  readonly minutes?: number
  readonly runs?: number
  readonly seed: number
  readonly jobs: number
  readonly input?: string
  readonly grow?: true
}

const SHOW_EVERY_MS = 10_000
/** Larger inputs are not put into the corpus, bytes. */
const LARGEST_KEPT = 1500

const program = new Command('fuzz')
  .description(
    'Feeds the parsers with inputs that it makes of those that have reached new code. Ends with 1 where something does not hold.',
  )
  .argument('[target...]', `what to fuzz: ${TARGETS.map(({ name }) => name).join(', ')} (default: all)`)
  .option('--seconds <n>', 'how long each target runs', countOf, 60)
  .option('--minutes <n>', 'the same in minutes', countOf)
  .option(
    '--runs <n>',
    'end a target after that many inputs, if not sooner: with the same seed they are the same ones',
    countOf,
  )
  .option('--seed <n>', 'of the inputs', wholeOf, 1)
  .option('--jobs <n>', 'targets at the same time', countOf, Math.min(2, availableParallelism()))
  .option('--input <file>', 'run this input alone, once, through the one target that is named')
  .option('--grow', 'put inputs that reach new code into the corpus')
  .addHelpText('after', `\nTargets:\n${TARGETS.map(({ name, about }) => `  ${name.padEnd(16)}${about}`).join('\n')}`)
  .showHelpAfterError()
  .parse()

const options = program.opts<Options>()
const targets = program.args.length === 0 ? TARGETS : program.args.map(named)
process.exitCode = (options.input === undefined ? await fuzz() : await again(options.input)) ? 0 : 1

async function fuzz(): Promise<boolean> {
  const queue = [...targets]
  const broken: string[] = []
  const lane = async (): Promise<void> => {
    for (let target = queue.shift(); target !== undefined; target = queue.shift()) {
      if (!(await fuzzOne(target))) broken.push(target.name)
    }
  }
  await Promise.all(Array.from({ length: Math.min(options.jobs, targets.length) }, lane))
  console.log(
    broken.length === 0 ? `${targets.length} targets, nothing found` : `Found something in ${broken.join(', ')}`,
  )
  return broken.length === 0
}

async function fuzzOne(target: FuzzTarget): Promise<boolean> {
  const { seed, runs } = options
  const started = performance.now()
  let shown = started
  const result = await runTarget(target, await readCorpus(target.name), {
    seed,
    seconds: options.minutes === undefined ? options.seconds : options.minutes * 60,
    ...(runs === undefined ? {} : { runs }),
    onProgress(progress) {
      if (performance.now() - shown < SHOW_EVERY_MS) return
      shown = performance.now()
      console.log(line(target, progress, shown - started))
    },
  })
  console.log(`${line(target, result, result.elapsedMs)}${result.finding === undefined ? '' : '  FOUND SOMETHING'}`)
  if (result.suspected > 0)
    console.log(`${target.name}: ${result.suspected} inputs were suspected of taking long, and do not`)
  if (options.grow === true) {
    const small = result.found.filter(({ length }) => length <= LARGEST_KEPT)
    for (const input of small) await saveInput(target.name, 'found', Buffer.from(input))
  }
  return result.finding === undefined || told(target, result)
}

async function told({ name }: FuzzTarget, { finding }: RunResult): Promise<false> {
  if (finding === undefined) throw new Error('there is nothing to tell')
  const file = relative(process.cwd(), await saveInput(name, 'crash', finding.input))
  console.error(
    `\n${name}: ${finding.error}\n\nInput of ${finding.input.length} bytes, saved as ${file}:\n${escaped(finding.input)}`,
  )
  console.error(`See it again: npm run fuzz -- ${name} --input ${file}\n`)
  return false
}

async function again(file: string): Promise<boolean> {
  const [target, ...more] = program.args
  if (target === undefined || more.length > 0) return program.error('error: --input goes with the name of one target')
  const error = await runInput(targetOf(target).name, await readFile(file))
  console.log(error ?? 'nothing found')
  return error === undefined
}

function line({ name }: FuzzTarget, { runs, first, reached, inputs, foundCount }: Progress, ms: number): string {
  const seconds = ms / 1000
  return [
    name.padEnd(14),
    `${seconds.toFixed(0)} s`.padStart(6),
    `${runs} inputs`.padStart(15),
    `${Math.round(runs / Math.max(seconds, 0.001))}/s`.padStart(8),
    `code ${reached} (+${reached - first})`.padStart(22),
    `corpus ${inputs} (+${foundCount})`.padStart(18),
  ].join(' ')
}

function named(name: string): FuzzTarget {
  try {
    return targetOf(name)
  } catch (error) {
    return program.error(`error: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function countOf(text: string): number {
  const value = wholeOf(text)
  if (value === 0) throw new InvalidArgumentError('It must be a whole number from 1.')
  return value
}

function wholeOf(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 0.')
  return Number(text)
}
