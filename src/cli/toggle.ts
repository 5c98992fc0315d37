import type { Command } from 'commander'
import { segment } from './admin-client.ts'
import { printAnswer } from './answer.ts'
import { connect } from './connection.ts'
import type { CliContext } from './context.ts'
import { paint } from './format.ts'
import { addReasonOption, type ReasonOption } from './reason-option.ts'
import { explained, proxyShape } from './toxiproxy-shapes.ts'

export function addToggleCommand(program: Command, context: CliContext): void {
  const command = program
    .command('toggle')
    .alias('tog')
    .summary('enable a disabled proxy, disable an enabled one')
    .description('Enables a disabled proxy; disables an enabled one, which closes its sessions. Its faults stay.')
    .argument('<name>', 'name of the proxy')
  addReasonOption(command)
    .addHelpText('after', '\nExamples:\n  $ foulweather toggle redis')
    .action(async (name: string, { reason }: ReasonOption, command: Command) => {
      const client = connect(command, context)
      const path = `/proxies/${segment(name)}`
      const { data: proxy } = await explained(`Failed to retrieve proxy ${name}`, client.json('GET', path, proxyShape))
      // Nothing else of what was read: it may have been changed meanwhile.
      const call = client.json('POST', path, proxyShape, { enabled: !proxy.enabled }, { reason })
      const { text, data: toggled } = await explained(`Failed to toggle proxy ${name}`, call)
      const state = toggled.enabled ? paint(context, 'green', 'enabled') : paint(context, 'red', 'disabled')
      printAnswer(command, context, text, () => context.out(`Proxy ${name} is now ${state}\n`))
    })
}
