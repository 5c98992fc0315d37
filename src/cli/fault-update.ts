import type { Command } from 'commander'
import { printAnswer } from './answer.ts'
import { connect } from './connection.ts'
import { type CliContext, CommandFailure, EXIT } from './context.ts'
import { faultCommand } from './fault-command.ts'
import { faultText, printWarnings } from './fault-text.ts'
import { knownType } from './fault-type.ts'
import { explained } from './toxiproxy-shapes.ts'

export function addFaultUpdateCommand(fault: Command, context: CliContext): void {
  fault
    .command('update')
    .alias('u')
    .summary('change a fault of a proxy')
    .description(
      'Changes what is given of a fault; everything else stays as it is. The flags are those with which a fault of its type is added, save --name; ' +
        '"none" takes away --ttl, --match, --exclude, --count, --sticky-by, --outcomes, --schedule, --ramp and --limits.',
    )
    .argument('<proxy>', 'name of the proxy')
    .argument('<fault>', 'name of the fault; the flags come after it')
    .argument('[flags...]', 'what to change')
    .usage('<proxy> <fault> [flags]')
    .allowUnknownOption()
    .addHelpText(
      'after',
      '\nThe flags of a type: foulweather fault add <proxy> <type> --help\n' +
        '\nExamples:\n  $ foulweather fault update pg latency_downstream --latency 500ms\n' +
        '  $ foulweather fault update pg latency_downstream --probability 10% --ttl none',
    )
    .action((proxy: string, name: string, flags: readonly string[], _options: object, command: Command) =>
      run(proxy, name, flags, command, context),
    )
}

async function run(
  proxy: string,
  name: string,
  flags: readonly string[],
  command: Command,
  context: CliContext,
): Promise<void> {
  if (flags.length === 0)
    throw new CommandFailure('nothing to change: give at least one flag behind the name', EXIT.usage)
  const client = connect(command, context)
  const faults = client.faults(proxy)
  const doing = `Failed to update fault ${name} of ${proxy}`
  // Which flags there are is known only when the type is.
  const before = await explained(doing, faults.get(name))
  const { read } = faultCommand(command, knownType(before.type), 'update', `foulweather fault update ${proxy} ${name}`)
  const { fields, reason } = read(flags)
  const updated = await explained(doing, faults.update(name, fields, { reason }))
  printWarnings(context, updated)
  printAnswer(command, context, client.answer, () =>
    context.out(`Updated fault ${name} of ${proxy}: ${faultText(updated)}\n`),
  )
}
