import type { Command } from 'commander'
import { globalOptions } from './connection.ts'
import type { CliContext } from './context.ts'

/** Prints what the admin API has answered: with `--json` the text as it came (nothing for an empty one), otherwise what `say` prints. */
export function printAnswer(command: Command, context: CliContext, text: string, say: () => void): void {
  if (globalOptions(command).json !== true) say()
  else if (text !== '') context.out(`${text}\n`)
}
