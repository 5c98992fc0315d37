import { writeFile } from 'node:fs/promises'
import { type Command, Option } from 'commander'
import { connect, globalOptions } from './connection.ts'
import { type CliContext, CommandFailure } from './context.ts'
import { explained } from './toxiproxy-shapes.ts'

interface ExportOptions {
  readonly output?: string
  readonly format?: 'yaml' | 'json'
  readonly secrets?: boolean
}

export function addExportCommand(program: Command, context: CliContext): void {
  program
    .command('export')
    .summary('print what is running as a profile that reproduces it')
    .description(
      'Prints what is running, proxies and faults, as a profile that reproduces it. Private keys are left out unless they are asked for.',
    )
    .option('-o, --output <file>', 'write it to this file (default: stdout)')
    .addOption(
      new Option('--format <format>', 'how it is written (default: yaml; json with --json)').choices(['yaml', 'json']),
    )
    .option('--secrets', 'with private keys; wants a token with the role admin where the server has tokens')
    .addHelpText(
      'after',
      '\nExamples:\n  $ foulweather export\n  $ foulweather export --output profiles/as-it-is.yaml\n  $ foulweather export --format json | jq .proxies',
    )
    .action((options: ExportOptions, command: Command) => run(options, command, context))
}

async function run({ output, format, secrets }: ExportOptions, command: Command, context: CliContext): Promise<void> {
  const usual = globalOptions(command).json === true ? 'json' : 'yaml'
  const call = connect(command, context).exportText({ format: format ?? usual, secrets })
  const text = await explained('Failed to export', call)
  if (output === undefined) {
    context.out(text)
    return
  }
  try {
    // Of a file that is there already the permissions stay.
    await writeFile(output, text, secrets === true ? { mode: 0o600 } : {})
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new CommandFailure(`Failed to export: ${why}`, undefined, cause)
  }
  context.out(`Exported to ${output}\n`)
}
