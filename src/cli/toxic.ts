import type { Command } from 'commander'
import type { CliContext } from './context.ts'
import { addToxicAddCommand } from './toxic-add.ts'
import { addToxicRemoveCommand } from './toxic-remove.ts'
import { addToxicUpdateCommand } from './toxic-update.ts'

export function addToxicCommand(program: Command, context: CliContext): void {
  const toxic = program
    .command('toxic')
    .alias('t')
    .summary('add, update or remove a toxic')
    .description('Adds, updates or removes a toxic of a proxy; live sessions follow at once.')
    .addHelpText('after', '\nThe types and their attributes: foulweather fault-types')
  addToxicAddCommand(toxic, context)
  addToxicUpdateCommand(toxic, context)
  addToxicRemoveCommand(toxic, context)
}
