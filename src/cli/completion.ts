import { Argument, type Command } from 'commander'
import { bashCompletion, zshCompletion } from './completion-bash.ts'
import { fishCompletion } from './completion-fish.ts'
import { type CompletionPlace, completionPlaces } from './completion-tree.ts'
import type { CliContext } from './context.ts'

const SHELLS: Readonly<Record<string, (command: string, places: readonly CompletionPlace[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
}

export function addCompletionCommand(program: Command, context: CliContext): void {
  program
    .command('completion')
    .summary('print a completion script for a shell')
    .description(
      'Prints a script that completes commands, flags, types of faults with their parameters, and words that these take. It is made from this version of the command and asks no server.',
    )
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(SHELLS)))
    .addHelpText(
      'after',
      '\nExamples:\n  $ source <(foulweather completion bash)          # in ~/.bashrc\n' +
        '  $ source <(foulweather completion zsh)           # in ~/.zshrc\n' +
        '  $ foulweather completion fish | source           # in ~/.config/fish/config.fish',
    )
    .action((shell: string) => {
      context.out(SHELLS[shell]?.(program.name(), completionPlaces(program)) ?? '')
    })
}
