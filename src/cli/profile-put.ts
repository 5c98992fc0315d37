import type { Command } from 'commander'
import { printAnswer } from './answer.ts'
import { connect } from './connection.ts'
import type { CliContext } from './context.ts'
import { readDocumentFile, shownFile } from './document-file.ts'
import { withProblems } from './problem-text.ts'
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
      const document = await withProblems(context, doing, readDocumentFile(file))
      const client = connect(command, context)
      const call = client.profiles.put(name, document, { reason })
      const put = await withProblems(context, doing, call, shownFile(file))
      printRemarks(context, put)
      printAnswer(command, context, client.answer, () =>
        context.out(`Put profile ${name}: ${profileText(put)}; it is ${put.state}\n`),
      )
    })
}
