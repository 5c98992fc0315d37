import { isIP } from 'node:net'
import { constants } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { FoulweatherError } from '../core/errors.ts'
import { joinHostPort } from '../core/address.ts'
import type { LogLevel } from '../observe/log-level.ts'
import type { Logger } from '../observe/logger.ts'
import { startServer } from '../server.ts'
import type { AdminOptions, RunningServer, ServerOptions } from '../server.ts'
import { type ConfigFile, applyConfigFile } from './config-file.ts'
import { type CliContext, CommandFailure } from './context.ts'
import { openLog } from './open-log.ts'
import { stopSignals } from './stop-signals.ts'

/** What closing may take beyond the drain time. Without one the process is gone within 5 seconds in any case. */
const CLOSE_LIMIT_MS = 3500

export interface RunOptions extends Omit<ServerOptions, 'logger' | 'prepare'> {
  readonly admin: Required<Pick<AdminOptions, 'host' | 'port'>> & AdminOptions
  readonly logLevel?: LogLevel
  readonly config?: ConfigFile
}

/**
 * Runs a server until SIGINT or SIGTERM, and stops it in good order; a second signal stops it at once.
 *
 * @throws CommandFailure when it cannot start, or when a signal comes before it has.
 */
export async function runServer(options: RunOptions, context: CliContext): Promise<void> {
  const { logLevel, config, ...server } = options
  await using log = await openLog(context, logLevel)
  const { logger } = log
  using signals = stopSignals()
  using _crashes = logCrashes(logger)
  warnIfOpenToAll(logger, server.admin)

  const signalled = signals.first.then((signal) => {
    logger.info({ signal }, 'Shutdown started')
    return signal
  })
  const starting = start({ ...server, logger }, config, logger, signalled)
  const begun = await Promise.race([starting, signalled])
  const signal = await signalled
  const inTime = sleep((server.drainMs ?? 0) + CLOSE_LIMIT_MS, 'late')
  const closed = starting.then((running) => running.close())
  if ((await Promise.race([closed, signals.second, inTime])) !== undefined) logger.warn('Stopped at once')
  if (begun === signal) throw endedWhileStarting(signal)
}

/** The exit code is the shell's for an end by that signal. */
function endedWhileStarting(signal: NodeJS.Signals): CommandFailure {
  return new CommandFailure(`ended by ${signal} before it had started`, 128 + constants.signals[signal])
}

/** The process ends then; this only sees to it that the log knows why. */
function logCrashes(logger: Logger): Disposable {
  const onCrash = (error: Error): void => logger.fatal({ err: error }, 'A bug in foulweather')
  process.on('uncaughtExceptionMonitor', onCrash)
  return { [Symbol.dispose]: () => void process.off('uncaughtExceptionMonitor', onCrash) }
}

/** The config file may name hosts whose lookup takes long: a signal calls the start off then, and what has been started is closed. */
async function start(
  options: ServerOptions,
  config: ConfigFile | undefined,
  logger: Logger,
  signalled: Promise<NodeJS.Signals>,
): Promise<RunningServer> {
  const calledOff = signalled.then((signal) => {
    throw endedWhileStarting(signal)
  })
  // It is nobody's failure when the signal comes later.
  calledOff.catch(() => {})
  try {
    if (options.replay !== undefined) logger.info({ decisions: options.replay.length }, 'Following a recorded run')
    return await startServer({
      ...options,
      prepare: (control) =>
        config === undefined ? Promise.resolve() : Promise.race([applyConfigFile(config, control, logger), calledOff]),
    })
  } catch (error) {
    if (!(error instanceof FoulweatherError)) throw error
    const address = joinHostPort(options.admin?.host ?? '', options.admin?.port ?? 0)
    throw new CommandFailure(`cannot open the admin API at ${address}: ${error.message}`, undefined, error)
  }
}

/** Whoever reaches the admin API can connect this machine to any address it can reach. */
function warnIfOpenToAll(logger: Logger, { host, token }: RunOptions['admin']): void {
  if (isLoopback(host) || token !== undefined) return
  logger.warn(
    { host },
    'The admin API is open to everybody who can reach this machine: give it a token (--token or FOULWEATHER_TOKEN), or listen on 127.0.0.1',
  )
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}
