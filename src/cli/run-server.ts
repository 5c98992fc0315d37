import { isIP } from 'node:net'
import { constants } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { isatty } from 'node:tty'
import { FoulweatherError } from '../core/errors.ts'
import { joinHostPort } from '../core/address.ts'
import type { LogLevel } from '../observe/log-level.ts'
import type { Logger } from '../observe/logger.ts'
import { ProfilesRefused } from '../profiles-at-work.ts'
import { startServer } from '../server.ts'
import type { AdminOptions, RunningServer, ServerOptions } from '../server.ts'
import { NAME } from '../version.ts'
import { type AskedWorkers, workersHere } from '../worker-count.ts'
import { type ConfigFile, applyConfigFile } from './config-file.ts'
import { type CliContext, CommandFailure } from './context.ts'
import { openLog } from './open-log.ts'
import { type OperatorSignals, operatorSignals } from './operator-signals.ts'
import { stopSignals } from './stop-signals.ts'

/** What closing may take beyond the drain time. Without one the process is gone within 5 seconds in any case. */
const CLOSE_LIMIT_MS = 3500

/** Its descriptor. */
const STDOUT = 1

export interface RunOptions extends Omit<ServerOptions, 'logger' | 'prepare' | 'signal' | 'workers'> {
  /** Default: 1. */
  readonly workers?: AskedWorkers
  readonly admin: Required<Pick<AdminOptions, 'host' | 'port'>> & AdminOptions
  readonly logLevel?: LogLevel
  readonly config?: ConfigFile
  /** SIGHUP reads the profiles anew, and SIGUSR2 halts everything. Default: both end the process, as they usually do. */
  readonly operable?: boolean
}

/**
 * Runs a server until SIGINT or SIGTERM, and stops it in good order; a second signal stops it at once.
 *
 * @throws CommandFailure when it cannot start, or when a signal comes before it has.
 */
export async function runServer(options: RunOptions, context: CliContext): Promise<void> {
  const { logLevel, config, operable = false, workers: asked = 1, ...server } = options
  await using log = await openLog(context, logLevel)
  const { logger } = log
  using signals = stopSignals()
  const isHungUp = (): boolean => context.terminal && !isatty(STDOUT)
  using orders = operable ? operatorSignals(isHungUp, () => signals.stop('SIGHUP')) : undefined
  using _crashes = logCrashes(logger)
  warnIfOpenToAll(logger, server.admin)

  const signalled = signals.first.then((signal) => {
    logger.info({ signal }, 'Shutdown started')
    return signal
  })
  const workers = workersHere(asked, logger)
  const starting = start({ ...server, workers, logger }, config, logger, signalled).catch((error: unknown) => {
    throw told(error, server.admin, context)
  })
  starting.then((running) => obey(running, orders)).catch(() => {})
  const begun = await Promise.race([starting, signalled])
  const signal = await signalled
  const inTime = sleep((server.drainMs ?? 0) + CLOSE_LIMIT_MS, 'late')
  const closed = starting.then((running) => running.close())
  if ((await Promise.race([closed, signals.second, inTime])) !== undefined) logger.warn('Stopped at once')
  if (begun === signal) throw endedWhileStarting(signal)
}

function obey(server: RunningServer, signals: OperatorSignals | undefined): void {
  signals?.obey({
    reload: () => server.reloadProfiles({ actor: 'SIGHUP' }),
    halt: () => void server.control.halt({ actor: 'SIGUSR2' }),
  })
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

/** There may be hosts whose lookup takes long: a signal calls the start off then, and what has been started is closed. */
async function start(
  options: ServerOptions,
  config: ConfigFile | undefined,
  logger: Logger,
  signalled: Promise<NodeJS.Signals>,
): Promise<RunningServer> {
  const calledOff = new AbortController()
  void signalled.then((signal) => calledOff.abort(endedWhileStarting(signal)))
  if (options.replay !== undefined) logger.info({ decisions: options.replay.length }, 'Following a recorded run')
  return startServer({
    ...options,
    signal: calledOff.signal,
    prepare: async (control) => {
      if (config !== undefined) await applyConfigFile(config, control, logger)
    },
  })
}

/** Why it has not started; where that is more than fits into a line, all of it goes to stderr in front. */
function told(error: unknown, { host, port }: RunOptions['admin'], context: CliContext): unknown {
  if (error instanceof ProfilesRefused) {
    for (const { message } of error.problems) context.err(`${NAME}: ${message}\n`)
    return new CommandFailure(`not started: ${error.message}`, undefined, error)
  }
  if (!(error instanceof FoulweatherError)) return error
  const what = error.code === 'listen_failed' ? `cannot open the admin API at ${joinHostPort(host, port)}: ` : ''
  return new CommandFailure(`${what}${error.message}`, undefined, error)
}

/** Whoever reaches the admin API can connect this machine to any address it can reach. */
function warnIfOpenToAll(logger: Logger, { host, token, tokens }: RunOptions['admin']): void {
  if (isLoopback(host) || token !== undefined || tokens !== undefined) return
  logger.warn(
    { host },
    'The admin API is open to everybody who can reach this machine: give it a token (--token or FOULWEATHER_TOKEN), or listen on 127.0.0.1',
  )
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}
