import { spawn } from 'node:child_process'
import { buffer, text } from 'node:stream/consumers'
import { ServerProgram } from './servers.ts'

/** Clients of HTTP that the system may have. */
export const curlProgram = new ServerProgram('curl', 'curl')
export const wrkProgram = new ServerProgram('wrk', 'wrk')
export const gitProgram = new ServerProgram('git', 'git')
export const chromiumProgram = new ServerProgram('chromium', 'chromium')

export interface Ran {
  /** `null`: it was killed. */
  readonly code: number | null
  readonly stdout: Buffer
  readonly stderr: string
}

export interface RunOptions {
  readonly input?: Buffer
  /** In the place of the environment of this process, `PATH` left out. */
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Milliseconds until it is killed. */
  readonly within?: number
}

/** Runs a program to its end; one that fails is for the caller to judge. */
export async function run(program: ServerProgram, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { input, env = {}, cwd, within = 25_000 } = options
  const child = spawn(program.path, args, {
    stdio: 'pipe',
    env: { PATH: process.env['PATH'], LC_ALL: 'C', ...env },
    cwd,
    timeout: within,
    killSignal: 'SIGKILL',
  })
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  // A client that gives up does not read to the end.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const closed = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  try {
    const [stdout, stderr, code] = await Promise.all([buffer(child.stdout), text(child.stderr), closed])
    return { code, stdout, stderr }
  } finally {
    process.off('exit', kill)
  }
}

/** curl without the settings of whoever runs the tests, and without a progress meter. */
export function curl(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  return run(curlProgram, ['-q', '--noproxy', '*', '--silent', '--show-error', '--max-time', '20', ...args], options)
}

/** What a curl that has to succeed prints. */
export async function curled(args: readonly string[], options: RunOptions = {}): Promise<Buffer> {
  const { code, stdout, stderr } = await curl(args, options)
  if (code !== 0) throw new Error(`curl ${args.join(' ')} ended with ${code}: ${stderr}`)
  return stdout
}
