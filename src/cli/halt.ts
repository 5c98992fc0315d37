import type { Command } from 'commander'
import { printAnswer } from './answer.ts'
import { connect } from './connection.ts'
import type { CliContext } from './context.ts'
import { hint } from './format.ts'
import { counted } from './profile-text.ts'
import { addReasonOption, type ReasonOption } from './reason-option.ts'
import { explained } from './toxiproxy-shapes.ts'

export function addHaltCommand(program: Command, context: CliContext): void {
  const command = program
    .command('halt')
    .summary('remove every fault at once, and take none until "resume"')
    .description(
      'Removes every fault at once, deactivates all profiles, and takes no faults until the command "resume". Proxies go on relaying, those of profiles too.',
    )
  addReasonOption(command)
    .addHelpText('after', '\nExamples:\n  $ foulweather halt --reason "checkout is down for real"')
    .action(async ({ reason }: ReasonOption, command: Command) => {
      const client = connect(command, context)
      const halted = await explained('Failed to halt', client.halt({ reason }))
      printAnswer(command, context, client.answer, () => {
        const { since, faults_removed: faults, profiles_deactivated: profiles, proxies_disabled: disabled } = halted
        context.out(`Halted since ${since}: ${counted(faults, 'fault', 'faults')} removed\n`)
        if (profiles.length > 0) context.out(`Deactivated: ${profiles.join(', ')}\n`)
        if (disabled.length > 0) context.out(`Not listening: ${disabled.join(', ')}\n`)
        hint(context, 'Faults are taken again after: foulweather resume')
      })
    })
}
