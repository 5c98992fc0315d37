import type { Command } from 'commander'
import { printAnswer } from './answer.ts'
import { connect } from './connection.ts'
import type { CliContext } from './context.ts'
import { addReasonOption, type ReasonOption } from './reason-option.ts'
import { explained } from './toxiproxy-shapes.ts'

export function addResumeCommand(program: Command, context: CliContext): void {
  const command = program
    .command('resume')
    .summary('take faults again after "halt"')
    .description('Takes faults again after the command "halt". Nothing comes back by itself.')
  addReasonOption(command)
    .addHelpText('after', '\nExamples:\n  $ foulweather resume')
    .action(async ({ reason }: ReasonOption, command: Command) => {
      const client = connect(command, context)
      await explained('Failed to resume', client.resume({ reason }))
      printAnswer(command, context, client.answer, () => context.out('Faults are taken again\n'))
    })
}
