import { writeFile } from 'node:fs/promises'
import { Option, type Command } from 'commander'
import { directoryOption, knownAuthority, type DirectoryOption } from './ca-directory.ts'
import { type CliContext, CommandFailure, EXIT } from './context.ts'

interface ExportOptions extends DirectoryOption {
  readonly format: 'pem' | 'der'
  readonly out?: string
}

export function addCaExportCommand(ca: Command, context: CliContext): void {
  ca.command('export')
    .summary('print the certificate of the authority, or write it to a file')
    .description(
      'Prints the certificate of the authority, for those who are to trust it, or writes it to a file. Its key is never exported.',
    )
    .addOption(directoryOption())
    .addOption(
      new Option('--format <format>', 'pem is text; der is binary, and goes to a file')
        .choices(['pem', 'der'])
        .default('pem'),
    )
    .option('--out <file>', 'the file; one that is there is overwritten (default: stdout)')
    .addHelpText(
      'after',
      '\nExamples:\n  $ foulweather ca export > foulweather-ca.pem\n  $ foulweather ca export --format der --out foulweather-ca.crt',
    )
    .action((options: ExportOptions) => run(options, context))
}

async function run(options: ExportOptions, context: CliContext): Promise<void> {
  const { format, out } = options
  if (format === 'der' && out === undefined) {
    throw new CommandFailure('ca export: --format der is binary; say with --out FILE where it shall go', EXIT.usage)
  }
  const { pem, certificate } = knownAuthority(options, context)
  if (out === undefined) context.out(pem)
  else await write(out, format === 'der' ? certificate.raw : pem)
}

async function write(path: string, content: Buffer | string): Promise<void> {
  try {
    await writeFile(path, content)
  } catch (cause) {
    throw new CommandFailure(cause instanceof Error ? cause.message : String(cause), EXIT.failed, cause)
  }
}
