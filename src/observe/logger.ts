import { setTimeout as sleep } from 'node:timers/promises'
import pino from 'pino'
import type { LogLevel } from './log-level.ts'

export type Logger = pino.Logger

/** Where the log goes, and how it is ended. */
export interface Log extends AsyncDisposable {
  readonly logger: Logger
  /** Writes out what is left, then lets go of stdout. Answers within a second even when nobody reads. */
  [Symbol.asyncDispose](): Promise<void>
}

/** What may wait for a reader of stdout that has stopped reading; lines beyond it are dropped. */
const BACKLOG_LIMIT = 8 * 2 ** 20
const CLOSE_LIMIT_MS = 1000

const SHAPE: pino.LoggerOptions = {
  base: null,
  messageKey: 'message',
  timestamp: pino.stdTimeFunctions.isoTime,
  formatters: { level: (level) => ({ level }) },
}

/** One JSON object per line on stdout: `level` (a word), `time` (ISO 8601), the fields of the event, `message`. */
export function openJsonLog(level: LogLevel): Log {
  // Not synchronous: a reader of stdout that stops reading must not stop the proxies.
  const destination = pino.destination({ dest: 1, sync: false, maxLength: BACKLOG_LIMIT })
  // A closed pipe or a full disk under stdout is no reason to die.
  const broken = new Promise<void>((resolve) => void destination.on('error', () => resolve()))
  return {
    logger: pino({ ...SHAPE, level }, destination),
    async [Symbol.asyncDispose](): Promise<void> {
      const written = new Promise<void>((resolve) => void destination.once('close', resolve))
      destination.end()
      const late = new AbortController()
      const tooLong = sleep(CLOSE_LIMIT_MS, undefined, { signal: late.signal }).catch(() => {})
      await Promise.race([written, broken, tooLong])
      late.abort()
      destination.destroy()
    },
  }
}

/** Lines for people, in colour: for a terminal. */
export async function openPrettyLog(level: LogLevel): Promise<Log> {
  const { default: pretty } = await import('pino-pretty')
  const destination = pretty({
    colorize: true,
    messageKey: 'message',
    timestampKey: 'time',
    translateTime: 'SYS:HH:MM:ss.l',
    sync: true,
  })
  return { logger: pino({ ...SHAPE, level }, destination), [Symbol.asyncDispose]: () => Promise.resolve() }
}

/** A logger that writes nothing: for use as a library. */
export function silentLogger(): Logger {
  return pino({ level: 'silent' })
}
