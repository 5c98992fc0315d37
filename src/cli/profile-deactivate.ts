import type { Command } from 'commander'
import { printAnswer } from './answer.ts'
import { connect } from './connection.ts'
import type { CliContext } from './context.ts'
import { addReasonOption, type ReasonOption } from './reason-option.ts'
import { explained } from './toxiproxy-shapes.ts'

export function addProfileDeactivateCommand(profile: Command, context: CliContext): void {
  const command = profile
    .command('deactivate')
    .alias('off')
    .summary('take the proxies and faults of a profile away')
    .description('Takes the faults of a profile away, and its proxies with their sessions.')
    .argument('<name>', 'name of the profile')
  addReasonOption(command)
    .addHelpText('after', '\nExamples:\n  $ foulweather profile deactivate slow-postgres')
    .action(async (name: string, { reason }: ReasonOption, command: Command) => {
      const client = connect(command, context)
      await explained(`Failed to deactivate profile ${name}`, client.profiles.deactivate(name, { reason }))
      printAnswer(command, context, client.answer, () => context.out(`Deactivated profile ${name}\n`))
    })
}
