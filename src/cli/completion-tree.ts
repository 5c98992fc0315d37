import type { Command, Option } from 'commander'
import type { FaultDefinition } from '../faults/define.ts'
import { FAULTS } from '../faults/index.ts'
import { faultCommand } from './fault-command.ts'
import type { FlagPurpose } from './fault-flags.ts'
import { FieldOption } from './field-option.ts'

/** A flag as completion sees it. */
export interface FlagWords {
  /** `-l`, `--listen`. */
  readonly names: readonly string[]
  /** Something follows it. */
  readonly valued: boolean
  /** What may follow it: words, or keys of a key=value list, which end in `=`. Empty = anything. */
  readonly words: readonly string[]
}

/** What can be typed behind some words of a command line. */
export interface CompletionPlace {
  /** Those words, without flags, and without the arguments that anybody chooses: `fault add latency`. */
  readonly path: string
  /** Words that lead on: commands, types of faults. */
  readonly words: readonly string[]
  /** How many arguments that anybody chooses stand in front of them. */
  readonly behind: number
  readonly flags: readonly FlagWords[]
}

/** Every place of a command line, from the commands themselves. */
export function completionPlaces(program: Command): readonly CompletionPlace[] {
  return places(program, '', flagsOf(program.options))
}

const HELP: FlagWords = { names: ['-h', '--help'], valued: false, words: [] }

function places(command: Command, path: string, shared: readonly FlagWords[]): readonly CompletionPlace[] {
  const subs = command.commands.filter((sub) => sub.name() !== 'help')
  const behind = TYPES_AT.get(path)
  const choices = command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices)
  const words = [...subs.map((sub) => sub.name()), ...(behind === undefined ? choices : TYPES)]
  const own = path === '' ? [] : flagsOf(command.options)
  const more = path === 'fault update' ? flagsOfTypes(command, 'update') : []
  const here = { path, words, behind: behind ?? 0, flags: distinct([...own, ...more, HELP, ...shared]) }
  return [
    here,
    ...subs.flatMap((sub) => places(sub, `${path} ${sub.name()}`.trim(), shared)),
    ...(path === 'fault add' ? FAULTS.map((definition) => placeOfType(command, definition, shared)) : []),
  ]
}

const TYPES: readonly string[] = FAULTS.map(({ type }) => type)

/** Where types of faults are arguments, and how many others come first. */
const TYPES_AT: ReadonlyMap<string, number> = new Map([
  ['fault add', 1],
  ['fault types', 0],
  ['fault-types', 0],
])

function placeOfType(add: Command, definition: FaultDefinition, shared: readonly FlagWords[]): CompletionPlace {
  const flags = flagsOf(faultCommand(add, definition, 'add', 'add').command.options)
  return { path: `fault add ${definition.type}`, words: [], behind: 0, flags: distinct([...flags, HELP, ...shared]) }
}

/** Which type it is, only the server knows. */
function flagsOfTypes(parent: Command, purpose: FlagPurpose): readonly FlagWords[] {
  return FAULTS.flatMap((definition) => flagsOf(faultCommand(parent, definition, purpose, purpose).command.options))
}

/** The first of each long name. */
function distinct(flags: readonly FlagWords[]): readonly FlagWords[] {
  const byName = new Map<string, FlagWords>()
  for (const flag of flags) {
    const name = flag.names.at(-1) ?? ''
    if (!byName.has(name)) byName.set(name, flag)
  }
  return [...byName.values()]
}

function flagsOf(options: readonly Option[]): readonly FlagWords[] {
  return options
    .filter(({ hidden }) => !hidden)
    .map((option) => ({
      names: [option.short, option.long].filter((name) => name !== undefined),
      valued: option.required || option.optional,
      words: wordsOf(option),
    }))
}

function wordsOf(option: Option): readonly string[] {
  return option instanceof FieldOption ? option.suggestions : (option.argChoices ?? [])
}
