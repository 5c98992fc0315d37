/**
 * What both executables do before anything else is loaded. It imports nothing and uses no new syntax, because old versions
 * of Node have to be able to read it.
 */

const OLDEST_NODE = 24

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
