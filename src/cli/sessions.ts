import { Option, type Command } from 'commander'
import type { SessionInfo, SessionPage } from '../client/views.ts'
import { printAnswer } from './answer.ts'
import { connect } from './connection.ts'
import type { CliContext } from './context.ts'
import { formatAge, formatBytes, printTable } from './format.ts'
import type { Column } from './format.ts'
import { addSessionsResetCommand } from './sessions-reset.ts'

interface SessionsOptions {
  readonly proxy?: string
  readonly state: 'live' | 'ended' | 'all'
}

export function addSessionsCommand(program: Command, context: CliContext): void {
  const sessions = program
    .command('sessions')
    .summary('list sessions, or reset one')
    .description(
      'Lists sessions: id, proxy, state, client, upstream, age, bytes sent upstream and downstream, the faults at work in each ' +
        'direction, and how it ended (origin:reason). Tab-separated, with plain numbers, where stdout is not a terminal.',
    )
    .option('--proxy <name>', 'only those of this proxy (default: all)')
    .addOption(
      new Option('--state <state>', 'which: the last few hundred that have ended are remembered')
        .choices(['live', 'ended', 'all'])
        .default('live'),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  $ foulweather sessions --proxy redis\n  $ foulweather sessions --state ended --json',
    )
    .action((options: SessionsOptions, command: Command) => run(options, command, context))
  addSessionsResetCommand(sessions, context)
}

async function run({ proxy, state }: SessionsOptions, command: Command, context: CliContext): Promise<void> {
  const client = connect(command, context)
  const page = await client.sessions.list({ proxy, state })
  printAnswer(command, context, client.answer, () => printSessions(context, page))
}

function printSessions(context: CliContext, { total, sessions }: SessionPage): void {
  if (sessions.length === 0 && context.terminal) context.out('no sessions\n')
  else printTable(context, columns(context.terminal), sessions)
  const hidden = total - sessions.length
  if (hidden > 0) context.err(`${hidden} more are not shown\n`)
}

function columns(terminal: boolean): readonly Column<SessionInfo>[] {
  const bytes = (count: number): string => (terminal ? formatBytes(count) : String(count))
  return [
    { title: 'Id', text: ({ id }) => id },
    { title: 'Proxy', text: ({ proxy }) => proxy },
    { title: 'State', text: ({ state }) => state, colour: ({ state }) => (state === 'open' ? 'green' : 'yellow') },
    { title: 'Client', text: ({ client }) => client },
    { title: 'Upstream', text: ({ upstream }) => upstream },
    { title: 'Age', text: ({ ageMs }) => (terminal ? formatAge(ageMs) : String(Math.round(ageMs))) },
    { title: 'Sent up', text: (session) => bytes(session.bytes.upstream.sent) },
    { title: 'Sent down', text: (session) => bytes(session.bytes.downstream.sent) },
    { title: 'Faults up', text: ({ stages }) => stages.upstream.join(',') || '-' },
    { title: 'Faults down', text: ({ stages }) => stages.downstream.join(',') || '-' },
    { title: 'Ending', text: ({ ending }) => (ending === null ? '-' : `${ending.origin}:${ending.reason}`) },
  ]
}
