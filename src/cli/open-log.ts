import { DEFAULT_LOG_LEVEL, LOG_LEVEL_WORDS, parseLogLevel } from '../observe/log-level.ts'
import type { LogLevel } from '../observe/log-level.ts'
import { openJsonLog, openPrettyLog } from '../observe/logger.ts'
import type { Log } from '../observe/logger.ts'
import type { CliContext } from './context.ts'

/** Opens the log of a server on stdout. `wanted` (the option) wins over `LOG_LEVEL`. */
export async function openLog({ env, terminal }: CliContext, wanted: LogLevel | undefined): Promise<Log> {
  const given = env['LOG_LEVEL'] ?? ''
  const ofEnvironment = given === '' ? DEFAULT_LOG_LEVEL : parseLogLevel(given)
  const level = wanted ?? ofEnvironment ?? DEFAULT_LOG_LEVEL
  const log = terminal ? await openPrettyLog(level) : openJsonLog(level)
  if (ofEnvironment === undefined) {
    const message = `LOG_LEVEL "${given}" is not a level (${LOG_LEVEL_WORDS.join(', ')}, or a number); using ${level}`
    log.logger.error({ LOG_LEVEL: given }, message)
  }
  return log
}
