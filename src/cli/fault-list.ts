import type { Command } from 'commander'
import type { Fault } from '../client/views.ts'
import { printAnswer } from './answer.ts'
import { connect } from './connection.ts'
import type { CliContext } from './context.ts'
import { parametersText } from './fault-text.ts'
import { type Column, hint, printTable } from './format.ts'
import { printHalt } from './halt-text.ts'
import { remainingText } from './lifetime-text.ts'
import { showQuantity } from './quantity.ts'
import { explained } from './toxiproxy-shapes.ts'

export function addFaultListCommand(fault: Command, context: CliContext): void {
  fault
    .command('list')
    .aliases(['l', 'ls'])
    .summary('list the faults of a proxy')
    .description(
      'Lists the faults of a proxy in the order in which bytes pass them: name, type, direction, state, probability, sessions that met it, sessions ' +
        'that it selected, how often it acted, how long it still lives, parameters, owner. Tab-separated where stdout is not a terminal.',
    )
    .argument('<proxy>', 'name of the proxy')
    .addHelpText('after', '\nExamples:\n  $ foulweather fault list pg\n  $ foulweather fault list pg --json')
    .action(async (proxy: string, _options: object, command: Command) => {
      const client = connect(command, context)
      const faults = await explained(`Failed to list the faults of ${proxy}`, client.faults(proxy).list())
      printAnswer(command, context, client.answer, () => printFaults(context, proxy, faults))
      await printHalt(client, command, context)
    })
}

function printFaults(context: CliContext, proxy: string, faults: readonly Fault[]): void {
  if (faults.length === 0 && context.terminal) context.out('no faults\n')
  else printTable(context, COLUMNS, faults)
  if (faults.length === 0) hint(context, `Add one: foulweather fault add ${proxy} latency --latency 250ms`)
  else hint(context, `All about one: foulweather fault show ${proxy} NAME`)
}

/** `working`, `working (shadow)`: it only counts then. */
function stateText({ state, shadow = false }: Fault): string {
  return shadow ? `${state} (shadow)` : state
}

const COLUMNS: readonly Column<Fault>[] = [
  { title: 'Name', text: ({ name }) => name },
  { title: 'Type', text: ({ type }) => type },
  { title: 'Direction', text: ({ direction = '-' }) => direction },
  {
    title: 'State',
    text: stateText,
    colour: ({ state, shadow }) => (state === 'working' && shadow !== true ? 'green' : 'yellow'),
  },
  { title: 'Probability', text: ({ probability }) => showQuantity('0…1', probability) },
  { title: 'Seen', text: ({ counters }) => String(counters.seen) },
  { title: 'Selected', text: ({ counters }) => String(counters.selected) },
  { title: 'Applied', text: ({ counters }) => String(counters.applied) },
  { title: 'Ends in', text: remainingText },
  { title: 'Parameters', text: (fault) => parametersText(fault) || '-' },
  // Last, because scripts count columns.
  { title: 'Owner', text: ({ owner }) => owner },
]
