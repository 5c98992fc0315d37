import type { Command } from 'commander'
import { printAnswer } from './answer.ts'
import { connect } from './connection.ts'
import type { CliContext } from './context.ts'
import { addReasonOption, type ReasonOption } from './reason-option.ts'
import { explained } from './toxiproxy-shapes.ts'

export function addSessionsResetCommand(sessions: Command, context: CliContext): void {
  const command = sessions
    .command('reset')
    .summary('reset one live session')
    .description('Resets a live session: both peers see a RST. With --json it prints nothing, as the API does.')
    .argument('<id>', 'id of the session (see: foulweather sessions)')
  addReasonOption(command)
    .addHelpText('after', '\nExamples:\n  $ foulweather sessions reset 17')
    .action(async (id: string, { reason }: ReasonOption, command: Command) => {
      const client = connect(command, context)
      await explained(`Failed to reset session ${id}`, client.sessions.reset(id, { reason }))
      printAnswer(command, context, client.answer, () => context.out(`Reset session ${id}\n`))
    })
}
