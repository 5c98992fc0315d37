import type { Command } from 'commander'
import { printAnswer } from './answer.ts'
import { connect } from './connection.ts'
import type { CliContext } from './context.ts'
import { endText } from './lifetime-text.ts'
import { addReasonOption, type ReasonOption } from './reason-option.ts'
import { explained } from './toxiproxy-shapes.ts'

export function addFaultRenewCommand(fault: Command, context: CliContext): void {
  const command = fault
    .command('renew')
    .summary('begin the lease of a fault anew')
    .description('Begins the lease of a fault anew. Its ttl goes on.')
    .argument('<proxy>', 'name of the proxy')
    .argument('<fault>', 'name of the fault')
  addReasonOption(command)
    .addHelpText('after', '\nExamples:\n  $ foulweather fault renew pg latency_downstream')
    .action(async (proxy: string, name: string, { reason }: ReasonOption, command: Command) => {
      const client = connect(command, context)
      const call = client.faults(proxy).renew(name, { reason })
      const renewed = await explained(`Failed to renew fault ${name} of ${proxy}`, call)
      printAnswer(command, context, client.answer, () =>
        context.out(`Renewed fault ${name} of ${proxy}${endText(renewed)}\n`),
      )
    })
}
