import type { Command } from 'commander'
import { printAnswer } from './answer.ts'
import { connect } from './connection.ts'
import type { CliContext } from './context.ts'
import { addReasonOption, type ReasonOption } from './reason-option.ts'
import { explained } from './toxiproxy-shapes.ts'

export function addFaultRemoveCommand(fault: Command, context: CliContext): void {
  const command = fault
    .command('remove')
    .aliases(['delete', 'r', 'd', 'rm'])
    .summary('remove a fault from a proxy')
    .description(
      'Removes a fault from a proxy; what it holds goes on at once. With --json it prints nothing, as the API does.',
    )
    .argument('<proxy>', 'name of the proxy')
    .argument('<fault>', 'name of the fault')
  addReasonOption(command)
    .addHelpText('after', '\nExamples:\n  $ foulweather fault remove pg latency_downstream')
    .action(async (proxy: string, name: string, { reason }: ReasonOption, command: Command) => {
      const client = connect(command, context)
      await explained(`Failed to remove fault ${name} of ${proxy}`, client.faults(proxy).remove(name, { reason }))
      printAnswer(command, context, client.answer, () => context.out(`Removed fault ${name} from ${proxy}\n`))
    })
}
