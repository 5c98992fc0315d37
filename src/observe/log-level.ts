/** Our levels are pino's; `silent` turns logging off. */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'

export const DEFAULT_LOG_LEVEL: LogLevel = 'info'

/** The words that a user may give. `panic`, `warning` and `disabled` are Toxiproxy's. */
const WORDS: Readonly<Record<string, LogLevel>> = {
  trace: 'trace',
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  warning: 'warn',
  error: 'error',
  fatal: 'fatal',
  panic: 'fatal',
  disabled: 'silent',
  silent: 'silent',
}

export const LOG_LEVEL_WORDS: readonly string[] = Object.keys(WORDS)

/** Toxiproxy takes the numbers of its logger (zerolog): -1 = trace … 5 = panic, 6 = no level, 7 = disabled. */
const NUMBERED: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'fatal', 'fatal']

/** Reads a level as `LOG_LEVEL` and `--log-level` give it, in any letter case; `undefined` = no such level. */
export function parseLogLevel(text: string): LogLevel | undefined {
  const word = text.trim().toLowerCase()
  if (!/^-?\d+$/.test(word)) return Object.hasOwn(WORDS, word) ? WORDS[word] : undefined
  const number = Number(word)
  return number < 0 ? 'trace' : (NUMBERED[number] ?? 'silent')
}
