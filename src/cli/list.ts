import type { Command } from 'commander'
import type { Proxy } from '../client/views.ts'
import { printAnswer } from './answer.ts'
import { connect } from './connection.ts'
import type { CliContext } from './context.ts'
import { hint, printTable } from './format.ts'
import type { Column } from './format.ts'
import { printHalt } from './halt-text.ts'
import { protocolText } from './proxy-text.ts'
import { explained } from './toxiproxy-shapes.ts'

export function addListCommand(program: Command, context: CliContext): void {
  program
    .command('list')
    .aliases(['l', 'li', 'ls'])
    .summary('list the proxies')
    .description(
      'Lists the proxies in order of their names: name, listen address, upstream, enabled or disabled, number of faults, protocol, owner. ' +
        'Tab-separated where stdout is not a terminal.',
    )
    .addHelpText('after', '\nExamples:\n  $ foulweather list\n  $ foulweather list --json --host http://10.0.0.5:8474')
    .action(async (_options: object, command: Command) => {
      // Not Toxiproxy's route: a proxy whose port is shut by a fault that is no toxic would look as if it had none.
      const client = connect(command, context)
      const proxies = await explained('Failed to retrieve proxies', client.proxies.list())
      printAnswer(command, context, client.answer, () => printProxies(context, proxies))
      await printHalt(client, command, context)
    })
}

/** In the order given. */
export function printProxies(context: CliContext, proxies: readonly Proxy[]): void {
  if (proxies.length === 0 && context.terminal) context.out('no proxies\n')
  else printTable(context, columns(context.terminal), proxies)
  if (proxies.length === 0) hint(context, 'Create one: foulweather create NAME --listen HOST:PORT --upstream HOST:PORT')
  else hint(context, 'See the faults of one: foulweather fault list NAME')
}

function columns(terminal: boolean): readonly Column<Proxy>[] {
  return [
    { title: 'Name', text: ({ name }) => name },
    { title: 'Listen', text: ({ listen }) => listen },
    { title: 'Upstream', text: ({ upstream }) => upstream },
    {
      title: 'Enabled',
      text: ({ enabled }) => (enabled ? 'enabled' : 'disabled'),
      colour: ({ enabled }) => (enabled ? 'green' : 'red'),
    },
    {
      title: 'Faults',
      text: ({ faults }) => (faults.length === 0 && terminal ? 'None' : String(faults.length)),
      colour: ({ faults }) => (faults.length === 0 ? undefined : 'yellow'),
    },
    // Last, because scripts count columns.
    { title: 'Protocol', text: protocolText },
    { title: 'Owner', text: ({ owner }) => owner },
  ]
}
