import type { Command } from 'commander'
import { printAnswer } from './answer.ts'
import { connect } from './connection.ts'
import type { CliContext } from './context.ts'
import { endText } from './lifetime-text.ts'
import { profilePath } from './profile-path.ts'
import { profileShape } from './profile-shapes.ts'
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
      const path = profilePath(name, 'renew')
      const call = connect(command, context).json('POST', path, profileShape, undefined, { reason })
      const { text, data } = await explained(`Failed to renew profile ${name}`, call)
      printAnswer(command, context, text, () => context.out(`Renewed profile ${name}${endText(data)}\n`))
    })
}
