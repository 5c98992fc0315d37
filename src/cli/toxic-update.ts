import type { Command } from 'commander'
import { segment } from './admin-client.ts'
import { connect, globalOptions } from './connection.ts'
import type { CliContext } from './context.ts'
import { addAttributeOption, addNameOption, addToxicityOption, requiredNameOf, toxicityOf } from './toxic-options.ts'
import type { ToxicOptions } from './toxic-options.ts'
import { explained } from './toxiproxy-shapes.ts'

export function addToxicUpdateCommand(toxic: Command, context: CliContext): void {
  const update = toxic
    .command('update')
    .alias('u')
    .summary('change a toxic of a proxy')
    .description('Changes what is given of a toxic; everything else stays as it is, the toxicity included.')
    .argument('<proxy>', 'name of the proxy')
  addNameOption(update, 'name of the toxic (required)')
  addToxicityOption(update, 'unchanged')
  addAttributeOption(update)
    .addHelpText('after', '\nExamples:\n  $ foulweather toxic update redis -n latency_downstream -a latency=500')
    .action((proxy: string, options: ToxicOptions, command: Command) => run(proxy, options, command, context))
}

async function run(proxy: string, options: ToxicOptions, command: Command, context: CliContext): Promise<void> {
  const name = requiredNameOf(options)
  const body = { toxicity: toxicityOf(options), attributes: options.attribute }
  const path = `/proxies/${segment(proxy)}/toxics/${segment(name)}`
  const doing = `Failed to update toxic: failed to update toxic '${name}' of proxy '${proxy}'`
  const text = await explained(doing, connect(command, context).call('PATCH', path, body))
  context.out(globalOptions(command).json === true ? `${text}\n` : `Updated toxic '${name}' on proxy '${proxy}'\n`)
}
