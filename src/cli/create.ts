import type { Command } from 'commander'
import { printAnswer } from './answer.ts'
import { connect } from './connection.ts'
import type { CliContext } from './context.ts'
import { explained } from './toxiproxy-shapes.ts'

interface CreateOptions {
  readonly listen: string
  readonly upstream: string
}

export function addCreateCommand(program: Command, context: CliContext): void {
  program
    .command('create')
    .aliases(['c', 'new'])
    .summary('create a proxy')
    .description('Creates a proxy and starts it.')
    .argument('<name>', 'name of the proxy, unique')
    .requiredOption(
      '-l, --listen <address>',
      'HOST:PORT to listen on; port 0 = any free port, no host = every interface',
    )
    .requiredOption('-u, --upstream <address>', 'HOST:PORT to connect each session to')
    .addHelpText('after', '\nExamples:\n  $ foulweather create redis -l 127.0.0.1:26379 -u 127.0.0.1:6379')
    .action(async (name: string, { listen, upstream }: CreateOptions, command: Command) => {
      const call = connect(command, context).call('POST', '/proxies', { name, listen, upstream, enabled: true })
      const text = await explained('Failed to create proxy: create', call)
      printAnswer(command, context, text, () => context.out(`Created new proxy ${name}\n`))
    })
}
