import type { Command } from 'commander'
import type { CliContext } from './context.ts'
import { addFaultAddCommand } from './fault-add.ts'
import { addFaultListCommand } from './fault-list.ts'
import { addFaultRemoveCommand } from './fault-remove.ts'
import { addFaultRenewCommand } from './fault-renew.ts'
import { addFaultShowCommand } from './fault-show.ts'
import { addTypesCommand } from './fault-types.ts'
import { addFaultUpdateCommand } from './fault-update.ts'

export function addFaultCommand(program: Command, context: CliContext): void {
  const fault = program
    .command('fault')
    .alias('f')
    .summary('add, list, show, update, remove or renew a fault')
    .description('Adds, lists, shows, updates, removes or renews the faults of a proxy; live sessions follow at once.')
    .addHelpText(
      'after',
      '\nExamples:\n  $ foulweather fault add pg latency --latency 250ms --ttl 5m\n  $ foulweather fault list pg',
    )
  addFaultAddCommand(fault, context)
  addFaultListCommand(fault, context)
  addFaultShowCommand(fault, context)
  addFaultUpdateCommand(fault, context)
  addFaultRemoveCommand(fault, context)
  addFaultRenewCommand(fault, context)
  addTypesCommand(fault, 'types', 'fault types', context)
}
