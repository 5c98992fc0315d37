import type { Command } from 'commander'
import { connect, globalOptions } from './connection.ts'
import { type CliContext, CommandFailure } from './context.ts'
import { counted } from './profile-text.ts'
import { problemLine } from './problem-text.ts'
import type { Validated } from './validate-here.ts'
import { profileFiles } from './validate-files.ts'
import { validateThere } from './validate-there.ts'
import { addVarOption, type VarOption } from './var-option.ts'

interface ValidateOptions extends VarOption {
  readonly files?: string
}

export function addValidateCommand(program: Command, context: CliContext): void {
  const command = program
    .command('validate')
    .summary('find everything that is wrong with profiles')
    .description(
      'Checks profiles in YAML or JSON as the server would, and prints a line for each mistake: file:line:column: text. No server is asked unless ' +
        '--host names one, which then knows its proxies and variables. What a profile extends is looked for in the directory that it is in.',
    )
    .argument('<file...>', 'profiles; of a directory every *.yaml, *.yml and *.json in it; - = stdin')
    .option(
      '--files <dir>',
      'the directory below which profiles may name files, as for "serve" (default: they may name none)',
    )
  addVarOption(command)
    .addHelpText(
      'after',
      '\nExit codes:\n  0   nothing is wrong\n  1   something is, or could not be read\n  2   the command line is wrong',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  $ foulweather validate profiles/\n  $ foulweather validate slow-postgres.yaml --var delay=2s --host http://10.0.0.5:8474\n  $ git show main:profiles/shop.yaml | foulweather validate -',
    )
    .action((paths: readonly string[], options: ValidateOptions, command: Command) =>
      run(paths, options, command, context),
    )
}

async function run(
  paths: readonly string[],
  { var: vars = {}, files: filesDir }: ValidateOptions,
  command: Command,
  context: CliContext,
): Promise<void> {
  const { host, json = false } = globalOptions(command)
  const files = await profileFiles(paths)
  const client = host === undefined || host === '' ? undefined : connect(command, context)
  const found =
    client === undefined
      ? await (await import('./validate-here.ts')).validateHere(files, { vars, env: context.env, filesDir })
      : await validateThere(files, client, vars)
  if (json) context.out(`${JSON.stringify(found)}\n`)
  else for (const each of found) context.out(`${lines(each).join('\n')}\n`)
  const wrong = found.filter(({ valid }) => !valid)
  if (wrong.length === 0) return
  throw new CommandFailure(`${wrong.length} of ${counted(found.length, 'profile has', 'profiles have')} mistakes`)
}

function lines({ file, valid, problems, warnings }: Validated): readonly string[] {
  return [
    ...problems.map((problem) => problemLine(problem, file)),
    ...warnings.map((warning) => `${file}: warning: ${warning}`),
    ...(valid ? [`${file}: valid`] : []),
  ]
}
