import { resolve } from 'node:path'
import { InvalidArgumentError, Option, type Command } from 'commander'
import type { LogLevel } from '../observe/log-level.ts'
import { allowedHosts, DEFAULT_ADMIN_PORT, globalOptions, tokenOf } from './connection.ts'
import { type CliContext, CommandFailure, EXIT } from './context.ts'
import { defaultAuthorityDirectory } from '../control/authority.ts'
import { defined } from '../core/defined.ts'
import { readPath, refuseSameFile } from './file-option.ts'
import { addProfileOptions, profileRunOptions, type ProfileServeOptions } from './serve-profiles.ts'
import { addSafetyOptions, safetyRunOptions, type SafetyServeOptions } from './serve-safety.ts'
import {
  collect,
  readCount,
  readDecisionCount,
  readDuration,
  readHostPort,
  readLogLevel,
  readSeconds,
  readSeed,
  readSize,
  readWorkers,
} from './option-values.ts'
import type { HostPort } from './option-values.ts'
import { readReplayFile } from './replay-file.ts'
import type { RunOptions } from './run-server.ts'
import { type AskedWorkers, MOST_WORKERS } from '../worker-count.ts'

interface ServeOptions extends ProfileServeOptions, SafetyServeOptions {
  readonly admin: HostPort
  readonly config?: string
  readonly strictConfig?: boolean
  readonly workers?: AskedWorkers
  readonly seed?: number
  readonly drain?: number
  readonly dialTimeout?: number
  readonly allowHost?: readonly string[]
  readonly logLevel?: LogLevel
  readonly sessionBuffer?: number
  readonly processBuffer?: number
  readonly softenResets?: boolean
  readonly replay?: string
  readonly decisions?: number
  readonly exchanges?: number
  readonly showQueries?: boolean
  readonly files?: string
  readonly ca?: string
}

const DEFAULT_ADMIN: HostPort = { host: '127.0.0.1', port: DEFAULT_ADMIN_PORT }

const ADMIN = new Option(
  '--admin <host:port>',
  'where the admin API listens; no host = every interface, port 0 = any free port',
)
  .argParser(readHostPort)
  .default(DEFAULT_ADMIN, `127.0.0.1:${DEFAULT_ADMIN_PORT}`)

const NOTES = `
Durations are milliseconds or a text such as 250ms, 1.5s, 5m; sizes are bytes or a text such as 64KiB, 1MB.

The log goes to stdout: one JSON object per line, or lines for people where stdout is a terminal.
SIGINT and SIGTERM stop the server in good order, a second one stops it at once; the exit code is 0.
One that comes before the server has started ends it by that very signal.
SIGHUP reads the profiles anew, as a change of their files does by itself; SIGUSR2 halts everything.

Examples:
  $ foulweather serve
  $ foulweather serve slow-database.yaml --var delay=250ms
  $ foulweather serve --profiles profiles --activate flaky-wifi --max-ttl 1h --state /var/lib/foulweather/state.json
  $ foulweather serve --config proxies.json --seed 42
  $ foulweather serve --workers auto
  $ FOULWEATHER_TOKEN=secret foulweather serve --admin 0.0.0.0:8474 --allow-host chaos.example.com`

export function addServeCommand(program: Command, context: CliContext): void {
  const serve = program
    .command('serve')
    .argument('[profile...]', 'files of profiles to load and activate, YAML or JSON')
    .summary('start the proxy and its admin API')
    .description('Starts the proxy and its admin API. With a token (--token, FOULWEATHER_TOKEN) the API demands it.')
    .addOption(ADMIN)
    .option('--config <file>', 'proxies to start with: a JSON array as for POST /populate (default: none)', readPath)
    .option('--strict-config', 'do not start when --config cannot be read or put in force (default: log it and start)')
    .option(
      '--workers <number>',
      `threads that sessions are served by, 1 to ${MOST_WORKERS}, or auto: as many as cores; more than 1 on Linux only (default: 1)`,
      readWorkers,
    )
    .option(
      '--seed <number>',
      'whole number that decides every draw (default: a random one, which the log shows)',
      readSeed,
    )
    .option(
      '--drain <seconds>',
      'how long sessions may go on when their proxy or the server stops (default: 0)',
      readSeconds,
    )
    .option('--dial-timeout <duration>', 'for connecting to an upstream (default: 5s)', readDuration)
    .option(
      '--allow-host <name>',
      'a name that callers may use in the Host header; may be given several times (env: FOULWEATHER_ALLOW_HOSTS, separated by commas)',
      collect,
    )
    .option('--log-level <level>', 'least level that is logged (default: info; env: LOG_LEVEL)', readLogLevel)
    .option('--session-buffer <size>', 'bytes that one direction of a session may hold (default: 48MiB)', readSize)
    .option('--process-buffer <size>', 'bytes that all sessions together may hold (default: 256MiB)', readSize)
    .option(
      '--soften-resets',
      'pass an orderly end on where a peer has reset its connection (default: pass the reset on)',
    )
    .option(
      '--replay <file>',
      'select sessions as in a recorded run (default: draw them); "foulweather decisions --ndjson" makes the record',
    )
    .option(
      '--decisions <number>',
      'how many decisions can be looked back on, 100000 at most (default: 10000)',
      readDecisionCount,
    )
    .option(
      '--exchanges <number>',
      `how many exchanges of HTTP can be looked back on, ${MOST_EXCHANGES} at most (default: 1000)`,
      readExchangeCount,
    )
    .option('--show-queries', 'show the values of their queries as they came (default: the names alone)')
    .option(
      '--ca <dir>',
      'directory of the local authority that signs certificates made on the fly (default: foulweather/ca in $XDG_CONFIG_HOME or ~/.config)',
      readPath,
    )
    .option(
      '--files <dir>',
      'directory below which calls of the admin API may name files: certificates, keys, bodies (default: they may name none)',
      readPath,
    )
    .addHelpText('after', NOTES)
    .action(async (files: readonly string[], options: ServeOptions, command: Command) => {
      refuseClientOptions(command)
      const { config, state, audit, haltFile, tokens } = options
      refuseSameFile({
        '--config': config,
        '--state': state,
        '--audit': audit,
        '--halt-file': haltFile,
        '--tokens': tokens,
      })
      // Loaded only here: the other commands need none of it, and cost 0.3 s of CPU without instead of 0.5 s.
      const { runServer } = await import('./run-server.ts')
      const replay = options.replay === undefined ? undefined : await readReplayFile(options.replay)
      const operated = {
        ...runOptions(options, command, context),
        ...(await profileRunOptions(files, options, context)),
      }
      const { admin, ...safety } = await safetyRunOptions(options, context)
      const all = { ...operated, ...safety, admin: { ...operated.admin, ...admin }, operable: true }
      await runServer(defined({ ...all, replay }), context)
    })
  addProfileOptions(serve)
  addSafetyOptions(serve)
}

/** Each may hold 2 KB of text of a client. */
const MOST_EXCHANGES = 10_000

function readExchangeCount(text: string): number {
  const count = readCount(text)
  if (count <= MOST_EXCHANGES) return count
  throw new InvalidArgumentError(`expected a whole number of 0 to ${MOST_EXCHANGES}.`)
}

/** Options of the other commands, which call an admin API; passed over in silence they would open one at an address that was not meant. */
function refuseClientOptions(command: Command): void {
  const { host, json } = globalOptions(command)
  if (host !== undefined) {
    const why = '--host is for the commands that call the admin API; to say where it listens'
    throw new CommandFailure(`serve: ${why}, use --admin HOST:PORT`, EXIT.usage)
  }
  if (json === true) {
    const why = '--json is for the commands that call the admin API, and the log is JSON unless stdout is a terminal'
    throw new CommandFailure(`serve: ${why}; to say where the admin API listens, use --admin HOST:PORT`, EXIT.usage)
  }
}

function runOptions(options: ServeOptions, command: Command, context: CliContext): RunOptions {
  const { config, strictConfig = false, admin, drain, allowHost, dialTimeout, sessionBuffer, processBuffer } = options
  return defined({
    admin: defined({ ...admin, token: tokenOf(command, context), allowHosts: allowedHosts(allowHost, context) }),
    config: config === undefined ? undefined : { path: config, strict: strictConfig },
    workers: options.workers,
    seed: options.seed,
    logLevel: options.logLevel,
    drainMs: drain,
    dialTimeoutMs: dialTimeout,
    sessionBudget: sessionBuffer,
    processBudget: processBuffer,
    softenResets: options.softenResets,
    decisionsKept: options.decisions,
    exchangesKept: options.exchanges,
    showQueries: options.showQueries,
    filesDir: options.files,
    authorityDir: resolve(options.ca ?? defaultAuthorityDirectory(context.env)),
  })
}
