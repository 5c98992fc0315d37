import { parseArgs } from 'node:util'

export interface Options {
  readonly quick: boolean
  readonly rounds: number
  /** Names of cases or groups of cases; empty = all that belong to no group. */
  readonly only: readonly string[]
  readonly rivals: readonly string[]
  /** Where files go. Absent: bench/results, and for plots of a file beside it. */
  readonly out?: string
  readonly dist: boolean
  readonly list: boolean
  readonly help: boolean
  /** Draw the plots of this results file instead of measuring. */
  readonly plots?: string
  /** Compare these two results files instead of measuring. */
  readonly compare?: readonly [a: string, b: string]
  /** Put the results into the documentation. */
  readonly publish: boolean
}

/** A command line that cannot be followed; the message is for the user. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

const MOST_ROUNDS = 100

export const USAGE = `Usage: npm run bench -- [options] [CASE…]
       npm run bench -- --plots FILE.json [--out DIR] [--publish]
       npm run bench -- --compare A.json B.json

Compares Foulweather with other proxies on this machine and checks its integrity. Linux only.
CASE is a case or a group of cases (such as fidelity); without any, every case that belongs to no group runs.

  --quick            less work, 2 rounds, no heavy case and no slow rival that is not named: under 5 minutes in all
  --rounds N         rounds in which the rivals take turns (1 to ${MOST_ROUNDS}; default 5; 2 with --quick)
  --only CASE,…      the same as naming the cases one by one
  --rivals NAME,…    these rivals only
  --dist             measure dist/main.js (npm run build) instead of the source
  --out DIR          where the results go: JSON, Markdown and plots (default bench/results)
  --plots FILE       draw the plots of a results file anew, beside it or in --out, and measure nothing
  --compare A B      say in Markdown what changed from one results file to another, and measure nothing
  --publish          put plots into docs/images and tables between the lines <!-- bench:begin --> and
                     <!-- bench:end --> of docs/benchmarks.md and README.md (made where they are missing),
                     after a run or with --plots
  --list             list cases and rivals
  --help             show this

Exit code 0: done; a missed target and a fault out of tolerance are only marked.
          1: a rival relayed wrong bytes or did not start, or the storm broke a stream.
          2: the command line, or a file that it names, cannot be used.
        130: ended by a signal; what had been measured by then is written.`

export function parseOptions(args: readonly string[]): Options {
  const { values, positionals } = parse(args)
  const rounds = values.rounds === undefined ? (values.quick ? 2 : 5) : Number(values.rounds)
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > MOST_ROUNDS) {
    throw new UsageError(`--rounds is ${values.rounds}: a whole number from 1 to ${MOST_ROUNDS} is wanted`)
  }
  const { quick, out, dist, list, help, plots, publish } = values
  const compare = values.compare ? twoFiles(positionals) : undefined
  if (compare !== undefined && (plots !== undefined || publish)) {
    throw new UsageError('--compare writes no files: --plots and --publish are not for it')
  }
  if (plots !== undefined && positionals.length > 0) {
    throw new UsageError(`--plots draws ${plots} whole: no case can be named with it, such as ${positionals[0]}`)
  }
  return {
    quick,
    rounds,
    only: compare === undefined ? [...positionals.flatMap(names), ...names(values.only)] : [],
    rivals: names(values.rivals),
    dist,
    list,
    help,
    publish,
    ...(out === undefined ? {} : { out }),
    ...(plots === undefined ? {} : { plots }),
    ...(compare === undefined ? {} : { compare }),
  }
}

function twoFiles(files: readonly string[]): readonly [string, string] {
  const [a, b, ...more] = files
  if (a === undefined || b === undefined || more.length > 0) {
    throw new UsageError(`--compare wants two results files, and ${files.length} are named`)
  }
  return [a, b]
}

function parse(args: readonly string[]) {
  try {
    const options = {
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      only: { type: 'string', default: '' },
      rivals: { type: 'string', default: '' },
      out: { type: 'string' },
      dist: { type: 'boolean', default: false },
      plots: { type: 'string' },
      compare: { type: 'boolean', default: false },
      publish: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    } as const
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: true })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

const names = (list: string): readonly string[] =>
  list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')

interface NamedRival {
  readonly name: string
  readonly slow?: true
}

/** The rivals that are named, in the order of `all`; when none is, all of them, of which a quick run has those that are not slow. */
export function chooseRivals<T extends NamedRival>(
  all: readonly T[],
  wanted: readonly string[],
  quick: boolean,
): readonly T[] {
  const unknown = wanted.find((name) => !all.some((one) => one.name === name))
  if (unknown !== undefined) {
    throw new UsageError(`--rivals names ${unknown}: there are ${all.map(({ name }) => name).join(', ')}`)
  }
  return wanted.length === 0
    ? all.filter(({ slow }) => !(quick && slow === true))
    : all.filter(({ name }) => wanted.includes(name))
}

interface NamedCase {
  readonly name: string
  readonly group?: string
  readonly heavy?: true
}

/**
 * The cases that are named, by themselves or by their group, in the order of `all`; when nothing is named, those without a group. A quick
 * run has heavy ones only where they are named by themselves.
 */
export function chooseCases<T extends NamedCase>(
  all: readonly T[],
  wanted: readonly string[],
  quick: boolean,
): readonly T[] {
  const known = new Set(all.flatMap(({ name, group }) => (group === undefined ? [name] : [name, group])))
  const unknown = wanted.find((name) => !known.has(name))
  if (unknown !== undefined) throw new UsageError(`there is no case ${unknown}: there are ${[...known].join(', ')}`)
  return all.filter(({ name, group, heavy }) => {
    if (wanted.includes(name)) return true
    const chosen = group === undefined ? wanted.length === 0 : wanted.includes(group)
    return chosen && !(quick && heavy === true)
  })
}
