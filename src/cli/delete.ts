import type { Command } from 'commander'
import { segment } from './admin-client.ts'
import { connect, globalOptions } from './connection.ts'
import type { CliContext } from './context.ts'
import { explained } from './toxiproxy-shapes.ts'

export function addDeleteCommand(program: Command, context: CliContext): void {
  program
    .command('delete')
    .alias('d')
    .summary('delete a proxy')
    .description(
      'Deletes a proxy with its toxics and closes its sessions. With --json it prints nothing, as the API does.',
    )
    .argument('<name>', 'name of the proxy')
    .addHelpText('after', '\nExamples:\n  $ foulweather delete redis')
    .action(async (name: string, _options: object, command: Command) => {
      const call = connect(command, context).call('DELETE', `/proxies/${segment(name)}`)
      await explained(`Failed to delete proxy ${name}`, call)
      if (globalOptions(command).json !== true) context.out(`Deleted proxy ${name}\n`)
    })
}
