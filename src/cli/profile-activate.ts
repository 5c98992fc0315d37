import type { Command } from 'commander'
import { printAnswer } from './answer.ts'
import { connect } from './connection.ts'
import type { CliContext } from './context.ts'
import { numberOrText } from './field-text.ts'
import { withProblems } from './problem-text.ts'
import { printRemarks, profileText } from './profile-text.ts'
import { addReasonOption, type ReasonOption } from './reason-option.ts'
import { addVarOption, type VarOption } from './var-option.ts'

interface ActivateOptions extends ReasonOption, VarOption {
  readonly ttl?: number | string
  readonly lease?: number | string
}

export function addProfileActivateCommand(profile: Command, context: CliContext): void {
  const command = profile
    .command('activate')
    .alias('on')
    .summary('put the proxies and faults of a profile in force')
    .description(
      'Puts the proxies and faults of a profile in force; live sessions follow at once. One that is active is brought in step with what is said now, and its time begins anew.',
    )
    .argument('<name>', 'name of the profile')
    .option('--ttl <duration>', 'deactivate it by itself after so long (default: as it says)', numberOrText)
    .option(
      '--lease <duration>',
      'deactivate it by itself unless it is renewed within so long (default: as it says)',
      numberOrText,
    )
  addVarOption(command)
  addReasonOption(command)
    .addHelpText(
      'after',
      '\nExamples:\n  $ foulweather profile activate slow-postgres --ttl 10m\n' +
        '  $ foulweather profile activate cross-region --var rtt=180ms --var loss=0.02 --lease 30s --reason "game day"',
    )
    .action(async (name: string, { ttl, lease, var: vars, reason }: ActivateOptions, command: Command) => {
      const client = connect(command, context)
      const call = client.profiles.activate(name, { ttl, lease, vars }, { reason })
      const active = await withProblems(context, `Failed to activate profile ${name}`, call)
      printRemarks(context, active)
      printAnswer(command, context, client.answer, () =>
        context.out(`Activated profile ${name}: ${profileText(active)}\n`),
      )
    })
}
