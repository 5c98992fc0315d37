import type { Command } from 'commander'
import type { DiffEntry } from '../client/views.ts'
import { FoulweatherError } from '../core/errors.ts'
import { printAnswer } from './answer.ts'
import { connect } from './connection.ts'
import { type CliContext, CommandFailure, EXIT } from './context.ts'
import { changeLines } from './diff-text.ts'
import { profileNameOf, readDocumentFile, shownFile, STDIN } from './document-file.ts'
import { paint } from './format.ts'
import { withProblems } from './problem-text.ts'
import { addVarOption, type VarOption } from './var-option.ts'

interface DiffOptions extends VarOption {
  readonly profile?: string
}

/** As diff(1) has them. */
const SOME = 1
const TROUBLE = 2

export function addDiffCommand(program: Command, context: CliContext): void {
  const command = program
    .command('diff')
    .summary('show what activating a profile would change')
    .description(
      'Compares a profile in a file with what is running, and shows what activating it would change: + comes, ~ changes, - goes. Nothing is done.',
    )
    .argument('<file>', 'the profile, in YAML or JSON; - = stdin')
    .option('--profile <name>', 'name of the profile (default: that of the file without its ending)')
  addVarOption(command)
    .addHelpText(
      'after',
      `\nExit codes, as those of diff(1):\n  ${EXIT.ok}   nothing would change\n  ${SOME}   something would\n  ${TROUBLE}   it could not be found out; stderr says why`,
    )
    .addHelpText(
      'after',
      '\nExamples:\n  $ foulweather diff profiles/slow-postgres.yaml\n  $ git show main:profiles/shop.yaml | foulweather diff - --profile shop',
    )
    .action(async (file: string, options: DiffOptions, command: Command) => {
      const changes = await compare(file, options, command, context).catch(asTrouble)
      // Everything has been said.
      if (changes > 0) throw new CommandFailure('', SOME)
    })
}

/** Answers how many changes there are. */
async function compare(
  file: string,
  { profile, var: vars }: DiffOptions,
  command: Command,
  context: CliContext,
): Promise<number> {
  if (profile === undefined && file === STDIN) {
    throw new CommandFailure('stdin has no name: expected --profile NAME beside -')
  }
  const doing = `Failed to compare ${shownFile(file)}`
  const document = await withProblems(context, doing, readDocumentFile(file))
  const client = connect(command, context)
  const call = client.diff(profile ?? profileNameOf(file), { document, vars })
  const changes = await withProblems(context, doing, call, shownFile(file))
  printAnswer(command, context, client.answer, () => printChanges(context, changes))
  return changes.length
}

function asTrouble(error: unknown): never {
  if (!(error instanceof CommandFailure || error instanceof FoulweatherError)) throw error
  throw new CommandFailure(error.message, TROUBLE, error)
}

const COLOURS = { '+': 'green', '-': 'red', '~': 'yellow', '!': 'red', ' ': undefined } as const

function printChanges(context: CliContext, changes: readonly DiffEntry[]): void {
  if (changes.length === 0 && context.terminal) context.out('nothing would change\n')
  for (const { sign, text } of changes.flatMap(changeLines)) {
    context.out(`${paint(context, COLOURS[sign], `${sign} ${text}`)}\n`)
  }
}
