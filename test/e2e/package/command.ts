import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

export const ROOT = join(import.meta.dirname, '../../..')

/** Runs a documented command by the shell, from the top of the repository, with `replacements` for what it says. */
export async function documented(command: string, replacements: Readonly<Record<string, string>>): Promise<string> {
  const adapted = Object.entries(replacements).reduce((text, [from, to]) => text.replaceAll(from, to), command)
  // A refused request is to fail the command.
  const strict = adapted.replace(/^curl /, 'curl --fail-with-body ')
  const { stdout } = await promisify(execFile)('sh', ['-c', strict], { cwd: ROOT })
  return stdout
}
