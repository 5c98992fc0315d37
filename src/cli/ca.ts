import type { Command } from 'commander'
import { addCaExportCommand } from './ca-export.ts'
import { addCaInitCommand } from './ca-init.ts'
import { addCaTrustHintCommand } from './ca-trust-hint.ts'
import type { CliContext } from './context.ts'

export function addCaCommand(program: Command, context: CliContext): void {
  const ca = program
    .command('ca')
    .summary('make a local certificate authority, export it, or show how to trust it')
    .description(
      'Looks after the local certificate authority, with which proxies make certificates on the fly (tls.listen.authority). Whoever trusts it trusts ' +
        'everything that is signed with its key: trust it on machines for tests alone, and keep the key. Needs no server.',
    )
    .addHelpText('after', '\nExamples:\n  $ foulweather ca init\n  $ foulweather ca trust-hint')
  addCaInitCommand(ca, context)
  addCaExportCommand(ca, context)
  addCaTrustHintCommand(ca, context)
}
