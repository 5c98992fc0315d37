import type { Command } from 'commander'
import type { AuditQuery } from '../client/queries.ts'
import type { AuditEntry } from '../client/views.ts'
import { printAnswer } from './answer.ts'
import { connect } from './connection.ts'
import type { CliContext } from './context.ts'
import { subjectText, whatText } from './events-text.ts'
import { type Column, printTable } from './format.ts'
import { readCount } from './option-values.ts'
import { explained } from './toxiproxy-shapes.ts'

interface AuditOptions {
  readonly action?: string
  readonly actor?: string
  readonly proxy?: string
  readonly profile?: string
  readonly since?: number
  readonly limit: number
}

export function addAuditCommand(program: Command, context: CliContext): void {
  program
    .command('audit')
    .summary('show who has changed what, when and why')
    .description(
      'Shows the latest changes to what is in force, the newest last: revision, time, action, what it is about, what has become of it, who asked for it, and why. The server keeps 1000 of them, and all of them in a file where it was started with --audit. ' +
        'Tab-separated where stdout is not a terminal.',
    )
    .option('--action <names>', 'only these, with commas, and * for any characters: fault-*,halted (default: all)')
    .option('--actor <who>', 'only by this one: the name of a token, or an address (default: all)')
    .option('--proxy <name>', 'only changes to this proxy and its faults (default: all)')
    .option('--profile <name>', 'only changes to this profile, and to what it has put in force (default: all)')
    .option('--since <revision>', 'only those with a larger revision', readCount)
    .option('--limit <number>', 'the latest of them, that many at most', readCount, 100)
    .addHelpText(
      'after',
      '\nExamples:\n  $ foulweather audit --proxy pg\n  $ foulweather audit --actor alice --action "profile-*,halted" --json',
    )
    .action((options: AuditOptions, command: Command) => run(options, command, context))
}

async function run({ action, ...query }: AuditOptions, command: Command, context: CliContext): Promise<void> {
  const client = connect(command, context)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as they were typed: the server says which there are.
  const actions = action?.split(',') as AuditQuery['action']
  const { total, entries } = await explained('Failed to list changes', client.audit({ ...query, action: actions }))
  printAnswer(command, context, client.answer, () => printTable(context, COLUMNS, entries))
  if (total > entries.length) context.err(`${total - entries.length} older ones are not shown\n`)
}

const COLUMNS: readonly Column<AuditEntry>[] = [
  { title: 'Revision', text: ({ revision }) => String(revision) },
  { title: 'Time', text: ({ time }) => time },
  { title: 'Action', text: ({ action }) => action },
  { title: 'About', text: subjectText },
  { title: 'What', text: (entry) => whatText(entry.action, entry) || '-' },
  { title: 'Who', text: ({ actor = '-' }) => actor },
  { title: 'Why', text: ({ reason = '-' }) => reason },
]
