import type { Command } from 'commander'
import { segment } from './admin-client.ts'
import { printAnswer } from './answer.ts'
import { connect } from './connection.ts'
import type { CliContext } from './context.ts'
import { addReasonOption, type ReasonOption } from './reason-option.ts'
import { addNameOption, requiredNameOf } from './toxic-options.ts'
import type { ToxicOptions } from './toxic-options.ts'
import { explained } from './toxiproxy-shapes.ts'

export function addToxicRemoveCommand(toxic: Command, context: CliContext): void {
  const remove = toxic
    .command('remove')
    .aliases(['delete', 'r', 'd'])
    .summary('remove a toxic from a proxy')
    .description('Removes a toxic from a proxy. With --json it prints nothing, as the API does.')
    .argument('<proxy>', 'name of the proxy')
  addReasonOption(addNameOption(remove, 'name of the toxic (required)'))
    .addHelpText('after', '\nExamples:\n  $ foulweather toxic remove redis -n latency_downstream')
    .action((proxy: string, options: ToxicOptions & ReasonOption, command: Command) =>
      run(proxy, options, command, context),
    )
}

async function run(
  proxy: string,
  options: ToxicOptions & ReasonOption,
  command: Command,
  context: CliContext,
): Promise<void> {
  const { reason } = options
  const name = requiredNameOf(options)
  const path = `/proxies/${segment(proxy)}/toxics/${segment(name)}`
  const doing = `Failed to remove toxic: failed to remove toxic '${name}' from proxy '${proxy}'`
  const call = connect(command, context).call('DELETE', path, undefined, { reason })
  const text = await explained(doing, call)
  printAnswer(command, context, text, () => context.out(`Removed toxic '${name}' on proxy '${proxy}'\n`))
}
