import { writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { proxyFieldsSchema } from '../control/proxy-fields.ts'
import { profileSchema } from '../profiles/profile-schema.ts'
import { type CliContext, CommandFailure, EXIT } from './context.ts'

interface SchemaOptions {
  readonly output?: string
}

export function addSchemaCommand(program: Command, context: CliContext): void {
  program
    .command('schema')
    .summary('print the JSON Schema of profiles, for editors')
    .description(
      'Prints the JSON Schema (2020-12) of profiles, or writes it to a file. Editors check and complete profiles with it. Needs no server.',
    )
    .option('--output <file>', 'the file; one that is there is overwritten (default: stdout)')
    .addHelpText(
      'after',
      '\nExamples:\n  $ foulweather schema --output profile.schema.json\n  and in the first line of a profile:\n  # yaml-language-server: $schema=profile.schema.json',
    )
    .action((options: SchemaOptions) => run(options, context))
}

async function run({ output }: SchemaOptions, context: CliContext): Promise<void> {
  const text = schemaText()
  if (output === undefined) context.out(text)
  else await write(output, text)
}

/** As it is printed, and published. */
export function schemaText(): string {
  return `${JSON.stringify(profileSchema({ proxy: proxyFieldsSchema() }), null, 2)}\n`
}

async function write(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text)
  } catch (cause) {
    throw new CommandFailure(cause instanceof Error ? cause.message : String(cause), EXIT.failed, cause)
  }
}
