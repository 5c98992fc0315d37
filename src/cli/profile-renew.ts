import type { Command } from 'commander'
import { printAnswer } from './answer.ts'
import { connect } from './connection.ts'
import type { CliContext } from './context.ts'
import { endText } from './lifetime-text.ts'
import { addReasonOption, type ReasonOption } from './reason-option.ts'
import { explained } from './toxiproxy-shapes.ts'

export function addProfileRenewCommand(profile: Command, context: CliContext): void {
  const command = profile
    .command('renew')
    .summary('begin the lease of an active profile anew')
    .description('Begins the lease of an active profile anew. Its ttl goes on.')
    .argument('<name>', 'name of the profile')
  addReasonOption(command)
    .addHelpText('after', '\nExamples:\n  $ foulweather profile renew cross-region')
    .action(async (name: string, { reason }: ReasonOption, command: Command) => {
      const client = connect(command, context)
      const renewed = await explained(`Failed to renew profile ${name}`, client.profiles.renew(name, { reason }))
      printAnswer(command, context, client.answer, () => context.out(`Renewed profile ${name}${endText(renewed)}\n`))
    })
}
