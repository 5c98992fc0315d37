import type { Command } from 'commander'
import { segment } from './admin-client.ts'
import { printAnswer } from './answer.ts'
import { connect } from './connection.ts'
import type { CliContext } from './context.ts'
import { explained } from './toxiproxy-shapes.ts'

export function addSessionsResetCommand(sessions: Command, context: CliContext): void {
  sessions
    .command('reset')
    .summary('reset one live session')
    .description('Resets a live session: both peers see a RST. With --json it prints nothing, as the API does.')
    .argument('<id>', 'id of the session (see: foulweather sessions)')
    .addHelpText('after', '\nExamples:\n  $ foulweather sessions reset 17')
    .action(async (id: string, _options: object, command: Command) => {
      const call = connect(command, context).call('DELETE', `/v1/sessions/${segment(id)}`)
      const text = await explained(`Failed to reset session ${id}`, call)
      printAnswer(command, context, text, () => context.out(`Reset session ${id}\n`))
    })
}
