import type { Command } from 'commander'
import { printAnswer } from './answer.ts'
import { connect } from './connection.ts'
import { type CliContext, CommandFailure } from './context.ts'
import { problemLine } from './problem-text.ts'
import { counted } from './profile-text.ts'
import { addReasonOption, type ReasonOption } from './reason-option.ts'
import { explained } from './toxiproxy-shapes.ts'

export function addProfileReloadCommand(profile: Command, context: CliContext): void {
  const command = profile
    .command('reload')
    .summary('read the files of profiles anew')
    .description(
      'Has the server read the files of profiles anew, as their changes do by themselves. What has mistakes stays as it last was good: then the exit code is 1.',
    )
  addReasonOption(command)
    .addHelpText('after', '\nExamples:\n  $ foulweather profile reload')
    .action(async ({ reason }: ReasonOption, command: Command) => {
      const client = connect(command, context)
      const call = client.profiles.reload({ reason })
      const { changed, failed, removed } = await explained('Failed to reload the profiles', call)
      printAnswer(command, context, client.answer, () => {
        for (const name of changed) context.out(`Reloaded profile ${name}\n`)
        for (const name of removed) context.out(`Profile ${name} is gone\n`)
        if (changed.length + failed.length + removed.length === 0) context.out('Nothing has changed\n')
      })
      for (const { problems } of failed) for (const problem of problems) context.err(`${problemLine(problem)}\n`)
      if (failed.length > 0) {
        const names = failed.map(({ name }) => name).join(', ')
        throw new CommandFailure(`${counted(failed.length, 'profile has', 'profiles have')} mistakes: ${names}`)
      }
    })
}
