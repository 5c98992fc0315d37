import type { Command } from 'commander'
import { printAnswer } from './answer.ts'
import { connect } from './connection.ts'
import type { CliContext } from './context.ts'
import { addProxyOptions, proxyFields, type ProxyOptions } from './proxy-options.ts'
import { addReasonOption, type ReasonOption } from './reason-option.ts'
import { explained } from './toxiproxy-shapes.ts'

interface CreateOptions extends ProxyOptions, ReasonOption {
  readonly listen: string
  readonly upstream: string
}

export function addCreateCommand(program: Command, context: CliContext): void {
  const command = program
    .command('create')
    .aliases(['c', 'new'])
    .summary('create a proxy')
    .description('Creates a proxy and starts it. Files are read here, and what is in them is sent.')
    .argument('<name>', 'name of the proxy, unique')
    .requiredOption(
      '-l, --listen <address>',
      'HOST:PORT to listen on; port 0 = any free port, no host = every interface',
    )
    .requiredOption(
      '-u, --upstream <address>',
      'HOST:PORT to connect each session to; http://HOST[:PORT] and https://HOST[:PORT] mean protocol http, the second with TLS',
    )
  addReasonOption(addProxyOptions(command))
    .addHelpText(
      'after',
      '\nExamples:\n  $ foulweather create redis -l 127.0.0.1:26379 -u 127.0.0.1:6379\n' +
        '  $ foulweather create api -l 127.0.0.1:8080 -u https://api.example.com --host-header upstream\n' +
        '  $ foulweather create web -l 127.0.0.1:8443 -u http://127.0.0.1:3000 --tls-authority',
    )
    .action(async (name: string, options: CreateOptions, command: Command) => {
      const { listen, upstream, disabled = false, reason } = options
      const doing = 'Failed to create proxy'
      const fields = await explained(doing, proxyFields(options))
      const client = connect(command, context)
      const proxy = { name, listen, upstream, enabled: !disabled, ...fields }
      await explained(doing, client.proxies.create(proxy, { reason }))
      printAnswer(command, context, client.answer, () => context.out(`Created new proxy ${name}\n`))
    })
}
