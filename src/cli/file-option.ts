import { resolve } from 'node:path'
import { InvalidArgumentError } from 'commander'
import { CommandFailure, EXIT } from './context.ts'

/** A path. An empty one, as of a variable of a script that is not set, would be the directory that the server was started in. */
export function readPath(text: string): string {
  if (text === '') throw new InvalidArgumentError('expected a path, found nothing.')
  return text
}

/**
 * A file that two things are kept in holds neither.
 *
 * @param files by option.
 * @throws CommandFailure
 */
export function refuseSameFile(files: Readonly<Record<string, string | undefined>>): void {
  const options = new Map<string, string>()
  for (const [option, file] of Object.entries(files)) {
    if (file === undefined) continue
    const path = resolve(file)
    const other = options.get(path)
    if (other !== undefined) {
      throw new CommandFailure(`serve: ${other} and ${option} are the same file: ${path}`, EXIT.usage)
    }
    options.set(path, option)
  }
}
