import type { Command } from 'commander'
import { printAnswer } from './answer.ts'
import { connect } from './connection.ts'
import type { CliContext } from './context.ts'
import { addReasonOption, type ReasonOption } from './reason-option.ts'
import { explained } from './toxiproxy-shapes.ts'

export function addProfileDeleteCommand(profile: Command, context: CliContext): void {
  const command = profile
    .command('delete')
    .aliases(['remove', 'd', 'rm'])
    .summary('deactivate a profile, and delete it')
    .description(
      'Deactivates a profile and deletes it from the server. One that is a file there is deleted by deleting the file. With --json it prints nothing, as the API does.',
    )
    .argument('<name>', 'name of the profile')
  addReasonOption(command)
    .addHelpText('after', '\nExamples:\n  $ foulweather profile delete slow-postgres')
    .action(async (name: string, { reason }: ReasonOption, command: Command) => {
      const client = connect(command, context)
      await explained(`Failed to delete profile ${name}`, client.profiles.delete(name, { reason }))
      printAnswer(command, context, client.answer, () => context.out(`Deleted profile ${name}\n`))
    })
}
