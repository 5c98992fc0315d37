import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

export const ROOT = join(import.meta.dirname, '../../..')

/** Where a command is run. */
export interface Place {
  readonly cwd: string
  /** Default: that of the tests. */
  readonly env?: NodeJS.ProcessEnv
}

/** Runs a documented command by the shell, by default from the top of the repository, with `replacements` for what it says. */
export async function documented(
  command: string,
  replacements: Readonly<Record<string, string>>,
  place: Place = { cwd: ROOT },
): Promise<string> {
  const adapted = Object.entries(replacements).reduce((text, [from, to]) => text.replaceAll(from, to), command)
  // A refused request is to fail the command.
  const strict = adapted.replace(/^curl /, 'curl --fail-with-body ')
  const { stdout } = await promisify(execFile)('sh', ['-c', strict], place)
  return stdout
}
