import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from 'commander'
import type { DecisionQuery } from '../client/queries.ts'
import type { Decision } from '../client/views.ts'
import { printAnswer } from './answer.ts'
import type { AdminClient } from './admin-client.ts'
import { connect } from './connection.ts'
import type { CliContext } from './context.ts'
import { fieldText } from './field-text.ts'
import { type Column, printTable } from './format.ts'
import { readCount } from './option-values.ts'
import { explained } from './toxiproxy-shapes.ts'

interface DecisionsOptions {
  readonly proxy?: string
  readonly fault?: string
  readonly session?: string
  readonly after?: number
  readonly limit?: number
  readonly follow?: boolean
  readonly ndjson?: boolean
}

/** As many as the server gives at once. */
const MOST = 9999

/** How often a server is asked for what is new, milliseconds. */
const ASK_EVERY_MS = 500

export function addDecisionsCommand(program: Command, context: CliContext): void {
  program
    .command('decisions')
    .summary('show which sessions faults have selected, and what they did')
    .description(
      'Shows the latest decisions, oldest first: number, time, proxy, fault, kind, session, direction, outcome. A fault decides for each session (or chunk, or exchange of HTTP) that it meets ' +
        'whether to select it, and an injection is one thing that it did. Tab-separated where stdout is not a terminal.',
    )
    .option('--proxy <name>', 'only those of this proxy (default: all)')
    .option('--fault <name>', 'only those of faults of this name (default: all)')
    .option('--session <id>', 'only those about this session (default: all)')
    .option('--after <number>', 'only those with a larger number', readCount)
    .option('--limit <number>', 'the latest of them, that many at most (default: 1000; all with --ndjson)', readCount)
    .option('--follow', 'go on with new ones as they are made, until interrupted')
    .option('--ndjson', 'print one JSON object per line')
    .addHelpText(
      'after',
      '\nExamples:\n  $ foulweather decisions --proxy pg --fault slow\n  $ foulweather decisions --follow --ndjson',
    )
    .action((options: DecisionsOptions, command: Command) => run(options, command, context))
}

async function run(options: DecisionsOptions, command: Command, context: CliContext): Promise<void> {
  const client = connect(command, context)
  const show = options.ndjson === true ? showLines : showTable
  let last = await show(client, options, options.after, command, context)
  while (options.follow === true) {
    await sleep(ASK_EVERY_MS)
    last = await show(client, options, last, command, context)
  }
}

/** Shows those after `after`; answers the number of the last one. */
type Show = (
  client: AdminClient,
  options: DecisionsOptions,
  after: number | undefined,
  command: Command,
  context: CliContext,
) => Promise<number | undefined>

const showLines: Show = async (client, options, after, _command, context) => {
  const lines = await explained(DOING, client.decisionsText(queryOf(options, after)))
  context.out(lines)
  const last = /"seq":(\d+)[^\n]*\n$/.exec(lines)?.[1]
  return last === undefined ? after : Number(last)
}

const showTable: Show = async (client, options, after, command, context) => {
  const { follow = false } = options
  const { total, decisions } = await explained(DOING, client.decisions(queryOf(options, after)))
  // Widths of columns are known only when all rows are, so that there are none while it follows.
  const wide = follow ? { ...context, terminal: false } : context
  printAnswer(command, context, client.answer, () => printTable(wide, COLUMNS, decisions))
  if (total > decisions.length && !follow) context.err(`${total - decisions.length} older ones are not shown\n`)
  return decisions.at(-1)?.seq ?? after
}

const DOING = 'Failed to list decisions'

function queryOf({ proxy, fault, session, limit, follow }: DecisionsOptions, after?: number): DecisionQuery {
  return { proxy, fault, session, limit: limit ?? (follow === true ? MOST : undefined), after }
}

const COLUMNS: readonly Column<Decision>[] = [
  { title: 'No', text: ({ seq }) => String(seq) },
  { title: 'Time', text: ({ time }) => time },
  { title: 'Proxy', text: ({ proxy }) => proxy },
  { title: 'Fault', text: ({ fault }) => fault },
  { title: 'Kind', text: ({ kind }) => kind },
  { title: 'Session', text: ({ session = '-' }) => session },
  { title: 'Direction', text: ({ direction = '-' }) => direction },
  { title: 'Outcome', text: outcome, colour: ({ selected }) => (selected === false ? 'dim' : undefined) },
]

function outcome({ kind, selected, reason, chunk, exchange, what, detail }: Decision): string {
  const ofExchange = exchange === undefined ? '' : `exchange ${exchange}: `
  const about = `${ofExchange}${chunk === undefined ? '' : `chunk ${chunk}: `}`
  if (kind !== 'injection' && kind !== 'limit')
    return `${about}${selected === true ? 'selected' : `left alone (${reason ?? 'draw'})`}`
  return [`${about}${what ?? '-'}`, ...(detail === undefined ? [] : [fieldText(detail)])].join(' ')
}
