import type { CliContext } from '../../src/cli/context.ts'
import { runCli } from '../../src/cli/program.ts'

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command line in this process, with everything it prints caught. */
export async function runHere(
  argv: readonly string[],
  { terminal = false, env = {} }: Partial<Pick<CliContext, 'terminal' | 'env'>> = {},
): Promise<Ran> {
  let stdout = ''
  let stderr = ''
  const code = await runCli(argv, {
    out: (text) => void (stdout += text),
    err: (text) => void (stderr += text),
    terminal,
    env,
  })
  return { code, stdout, stderr }
}
