import { X509Certificate } from 'node:crypto'
import type { Command } from 'commander'
import { authorityFiles, createAuthorityIn } from '../control/authority.ts'
import { directoryOf, directoryOption, type DirectoryOption } from './ca-directory.ts'
import { globalOptions } from './connection.ts'
import type { CliContext } from './context.ts'
import { hint } from './format.ts'

export function addCaInitCommand(ca: Command, context: CliContext): void {
  ca.command('init')
    .summary('make an authority')
    .description(
      'Makes a certificate authority (ECDSA P-256, valid for ten years) and writes ca.pem and ca-key.pem. One that is there already is never overwritten.',
    )
    .addOption(directoryOption())
    .addHelpText('after', '\nExamples:\n  $ foulweather ca init\n  $ foulweather ca init --dir ./ca')
    .action((options: DirectoryOption, command: Command) => run(options, command, context))
}

async function run(options: DirectoryOption, command: Command, context: CliContext): Promise<void> {
  const directory = directoryOf(options, context)
  const files = authorityFiles(directory)
  const { subject, validToDate, fingerprint256 } = new X509Certificate((await createAuthorityIn(directory)).cert)
  if (globalOptions(command).json === true) {
    const facts = {
      certificate: files.cert,
      key: files.key,
      subject,
      valid_to: validToDate,
      fingerprint: fingerprint256,
    }
    context.out(`${JSON.stringify(facts)}\n`)
    return
  }
  context.out(`Certificate: ${files.cert}\nKey:         ${files.key} (keep it)\nSHA-256:     ${fingerprint256}\n`)
  hint(context, 'How to trust it: foulweather ca trust-hint')
}
