import type { Command } from 'commander'
import { printAnswer } from './answer.ts'
import { connect } from './connection.ts'
import type { CliContext } from './context.ts'
import { hint, printTable } from './format.ts'
import type { Column } from './format.ts'
import { explained, proxiesShape } from './toxiproxy-shapes.ts'
import type { Proxy } from './toxiproxy-shapes.ts'

export function addListCommand(program: Command, context: CliContext): void {
  program
    .command('list')
    .aliases(['l', 'li', 'ls'])
    .summary('list the proxies')
    .description(
      'Lists the proxies in order of their names: name, listen address, upstream, enabled or disabled, number of toxics. ' +
        'Tab-separated where stdout is not a terminal.',
    )
    .addHelpText('after', '\nExamples:\n  $ foulweather list\n  $ foulweather list --json --host http://10.0.0.5:8474')
    .action(async (_options: object, command: Command) => {
      const call = connect(command, context).json('GET', '/proxies', proxiesShape)
      const { text, data } = await explained('Failed to retrieve proxies', call)
      printAnswer(command, context, text, () => printProxies(context, Object.values(data).sort(byName)))
    })
}

function byName(a: Proxy, b: Proxy): number {
  return a.name < b.name ? -1 : 1
}

/** In the order given. */
export function printProxies(context: CliContext, proxies: readonly Proxy[]): void {
  if (proxies.length === 0 && context.terminal) context.out('no proxies\n')
  else printTable(context, columns(context.terminal), proxies)
  if (proxies.length === 0) hint(context, 'Create one: foulweather create NAME --listen HOST:PORT --upstream HOST:PORT')
  else hint(context, 'See the toxics of one: foulweather inspect NAME')
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
      title: 'Toxics',
      text: ({ toxics }) => (toxics.length === 0 && terminal ? 'None' : String(toxics.length)),
      colour: ({ toxics }) => (toxics.length === 0 ? undefined : 'yellow'),
    },
  ]
}
