import { parseArgs } from 'node:util'

export interface Options {
  readonly quick: boolean
  readonly rounds: number
  /** Names of cases or groups of cases; empty = all that belong to no group. */
  readonly only: readonly string[]
  readonly rivals: readonly string[]
  readonly out: string
  readonly dist: boolean
  readonly list: boolean
  readonly help: boolean
}

/** A command line that cannot be followed; the message is for the user. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

const MOST_ROUNDS = 100

export const USAGE = `Usage: npm run bench -- [options] [CASE…]

Compares Foulweather with other proxies on this machine and checks its integrity. Linux only.
CASE is a case or a group of cases (such as fidelity); without any, every case that belongs to no group runs.

  --quick            less work and 2 rounds: about 5 minutes in all
  --rounds N         rounds in which the rivals take turns (default 5; 2 with --quick)
  --only CASE,…      the same as naming the cases one by one
  --rivals NAME,…    these rivals only
  --dist             measure dist/main.js (npm run build) instead of the source
  --out DIR          where the results go (default bench/results)
  --list             list cases and rivals
  --help             show this

Exit code 1: a rival relayed wrong bytes or did not start, or the storm broke a stream.
A missed target and a fault out of tolerance are only marked.`

export function parseOptions(args: readonly string[]): Options {
  const { values, positionals } = parse(args)
  const rounds = values.rounds === undefined ? (values.quick ? 2 : 5) : Number(values.rounds)
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > MOST_ROUNDS) {
    throw new UsageError(`--rounds is ${values.rounds}: a whole number from 1 to ${MOST_ROUNDS} is wanted`)
  }
  const { quick, out, dist, list, help } = values
  return {
    quick,
    rounds,
    only: [...positionals.flatMap(names), ...names(values.only)],
    rivals: names(values.rivals),
    out,
    dist,
    list,
    help,
  }
}

function parse(args: readonly string[]) {
  try {
    const options = {
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      only: { type: 'string', default: '' },
      rivals: { type: 'string', default: '' },
      out: { type: 'string', default: 'bench/results' },
      dist: { type: 'boolean', default: false },
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

/** Those of `all` that are named, in the order of `all`; every one when none is named. Unknown names are an error. */
export function choose<T extends { readonly name: string }>(
  all: readonly T[],
  wanted: readonly string[],
  option: string,
): readonly T[] {
  const unknown = wanted.find((name) => !all.some((one) => one.name === name))
  if (unknown !== undefined) {
    throw new UsageError(`${option} names ${unknown}: there are ${all.map(({ name }) => name).join(', ')}`)
  }
  return wanted.length === 0 ? all : all.filter(({ name }) => wanted.includes(name))
}

/** The cases that are named, by themselves or by their group, in the order of `all`; when nothing is named, those without a group. */
export function chooseCases<T extends { readonly name: string; readonly group?: string }>(
  all: readonly T[],
  wanted: readonly string[],
): readonly T[] {
  if (wanted.length === 0) return all.filter(({ group }) => group === undefined)
  const chosen = (one: T): boolean =>
    wanted.includes(one.name) || (one.group !== undefined && wanted.includes(one.group))
  const known = new Set(all.flatMap(({ name, group }) => (group === undefined ? [name] : [name, group])))
  const unknown = wanted.find((name) => !known.has(name))
  if (unknown !== undefined) throw new UsageError(`there is no case ${unknown}: there are ${[...known].join(', ')}`)
  return all.filter(chosen)
}
