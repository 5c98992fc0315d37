import type { Command } from 'commander'
import { segment } from './admin-client.ts'
import { printAnswer } from './answer.ts'
import { connect } from './connection.ts'
import type { CliContext } from './context.ts'
import { addReasonOption, type ReasonOption } from './reason-option.ts'
import { explained } from './toxiproxy-shapes.ts'

export function addDeleteCommand(program: Command, context: CliContext): void {
  const command = program
    .command('delete')
    .alias('d')
    .summary('delete a proxy')
    .description(
      'Deletes a proxy with its faults and closes its sessions. With --json it prints nothing, as the API does.',
    )
    .argument('<name>', 'name of the proxy')
  addReasonOption(command)
    .addHelpText('after', '\nExamples:\n  $ foulweather delete redis')
    .action(async (name: string, { reason }: ReasonOption, command: Command) => {
      const call = connect(command, context).call('DELETE', `/proxies/${segment(name)}`, undefined, { reason })
      const text = await explained(`Failed to delete proxy ${name}`, call)
      printAnswer(command, context, text, () => context.out(`Deleted proxy ${name}\n`))
    })
}
