import type { Command } from 'commander'
import { printAnswer } from './answer.ts'
import { connect } from './connection.ts'
import type { CliContext } from './context.ts'
import { readDocumentFile, shownFile } from './document-file.ts'
import { withProblems } from './problem-text.ts'
import { profilePath } from './profile-path.ts'
import { profileShape } from './profile-shapes.ts'
import { printRemarks, profileText } from './profile-text.ts'
import { addReasonOption, type ReasonOption } from './reason-option.ts'

export function addProfilePutCommand(profile: Command, context: CliContext): void {
  const command = profile
    .command('put')
    .summary('send a profile to the server')
    .description(
      'Sends a profile in YAML or JSON to the server, which keeps it under that name until it is deleted. One that is active is brought in step with it.',
    )
    .argument('<name>', 'name of the profile')
    .argument('<file>', 'its text; - = stdin')
  addReasonOption(command)
    .addHelpText('after', '\nExamples:\n  $ foulweather profile put slow-postgres slow-postgres.yaml')
    .action(async (name: string, file: string, { reason }: ReasonOption, command: Command) => {
      const doing = `Failed to put profile ${name}`
      const body = await withProblems(context, doing, readDocumentFile(file))
      const call = connect(command, context).json('PUT', profilePath(name), profileShape, body, { reason })
      const { text, data } = await withProblems(context, doing, call, shownFile(file))
      printRemarks(context, data)
      printAnswer(command, context, text, () =>
        context.out(`Put profile ${name}: ${profileText(data)}; it is ${data.state}\n`),
      )
    })
}
