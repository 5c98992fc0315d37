import type { Command } from 'commander'
import { printAnswer } from './answer.ts'
import { connect } from './connection.ts'
import type { CliContext } from './context.ts'
import { addReasonOption, type ReasonOption } from './reason-option.ts'
import { explained } from './toxiproxy-shapes.ts'

export function addResetCommand(program: Command, context: CliContext): void {
  const command = program
    .command('reset')
    .summary('enable every proxy and remove all faults')
    .description(
      'Brings fair weather back: enables every proxy and removes all faults. With --json it prints nothing, as the API does.',
    )
  addReasonOption(command)
    .addHelpText('after', '\nExamples:\n  $ foulweather reset')
    .action(async ({ reason }: ReasonOption, command: Command) => {
      const client = connect(command, context)
      await explained('Failed to reset', client.reset({ reason }))
      printAnswer(command, context, client.answer, () => context.out('All proxies are enabled and have no faults\n'))
    })
}
