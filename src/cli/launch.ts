/**
 * How both executables begin and end. It loads nothing before it has looked at the version of Node, and uses no new syntax, because
 * old versions have to be able to read it.
 */
import type { CliContext } from './context.ts'

const OLDEST_NODE = 24

/** Runs one command line; answers the exit code. */
export type Run = (argv: readonly string[], context: CliContext) => Promise<number>

/** Runs what `load` answers, and ends the process with its exit code; above 128, by the signal of that number less 128. */
export async function launch(command: string, load: () => Promise<Run>): Promise<never> {
  const complaint = nodeComplaint(command)
  if (complaint !== undefined) {
    console.error(complaint)
    process.exit(1)
  }

  // Also meets rejections that nobody handles. The state is unknown then, and faults that live on in an unknown state are worse than
  // none: the process goes, and its faults with it.
  process.on('uncaughtException', (error) => {
    console.error(crashReport(command, error))
    process.exit(70)
  })

  // Names are looked up on threads, and those of a name server that does not answer are taken for seconds: four, as is usual, are few.
  process.env['UV_THREADPOOL_SIZE'] = process.env['UV_THREADPOOL_SIZE'] || '16'

  // Loaded only now: the rest cannot be read by a Node that is too old.
  const run = await load()
  const { outputFlushed, processContext } = await import('./process-context.ts')
  const exitCode = await run(process.argv.slice(2), processContext())
  await outputFlushed()
  // The signal itself, because `exit` waits for the threads that look up names and read files, however long they take.
  if (exitCode > 128) process.kill(process.pid, exitCode - 128)
  process.exit(exitCode)
}

/** What to say on a version of Node that is too old; `undefined` = it is not. */
export function nodeComplaint(command: string, version: string = process.versions.node): string | undefined {
  if (Number(version.split('.')[0]) >= OLDEST_NODE) return undefined
  return `${command} needs Node ${OLDEST_NODE} or later; this is ${version} (${process.execPath})`
}

/** What to say of an error that nobody caught: a bug of ours. */
export function crashReport(command: string, error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return `${command}: a bug in foulweather, and the end of this process: ${stack}`
}
