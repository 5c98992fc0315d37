import { InvalidArgumentError } from 'commander'
import { joinHostPort } from '../core/address.ts'
import { TOXIPROXY_VERSION } from '../version.ts'
import { allowedHosts, tokenFromEnvironment } from './connection.ts'
import { type CliContext, CommandFailure, EXIT } from './context.ts'
import { defined } from '../core/defined.ts'
import { type GoFlag, goUsage, parseGoFlags } from './go-flags.ts'
import { readHostPort } from './option-values.ts'
import type { RunOptions } from './run-server.ts'

const COMMAND = 'toxiproxy-server'

const FLAGS: readonly GoFlag[] = [
  { name: 'config', kind: 'string', fallback: '', usage: 'JSON file containing proxies to create on startup' },
  { name: 'host', kind: 'string', fallback: 'localhost', usage: "Host for toxiproxy's API to listen on" },
  { name: 'port', kind: 'string', fallback: '8474', usage: "Port for toxiproxy's API to listen on" },
  { name: 'proxy-metrics', kind: 'bool', fallback: '', usage: 'Serve the metrics of the proxies at /metrics' },
  { name: 'runtime-metrics', kind: 'bool', fallback: '', usage: 'Serve the metrics of the process at /metrics' },
  { name: 'seed', kind: 'int', fallback: '', usage: 'Seed that decides every draw (default: a random one)' },
  { name: 'version', kind: 'bool', fallback: '', usage: 'Print the version' },
]

/**
 * The second executable: Toxiproxy's flags, for use in its place. A port that is taken ends it; a bad `-config` does not.
 * A token and more host names can be given in the environment (FOULWEATHER_TOKEN, FOULWEATHER_ALLOW_HOSTS).
 *
 * Answers the exit code.
 */
export async function runToxiproxyServer(argv: readonly string[], context: CliContext): Promise<number> {
  const outcome = parseGoFlags(argv, FLAGS)
  if (outcome.kind !== 'flags') {
    const complaint = outcome.kind === 'wrong' ? `${outcome.message}\n` : ''
    context.err(`${complaint}${toxiproxyServerUsage()}`)
    return outcome.kind === 'wrong' ? EXIT.usage : EXIT.ok
  }
  const { values } = outcome
  if (values.get('version') === 'true') {
    context.out(`${COMMAND} version ${TOXIPROXY_VERSION}\n`)
    return EXIT.ok
  }
  try {
    const { runServer } = await import('./run-server.ts')
    await runServer(runOptions(values, context), context)
    return EXIT.ok
  } catch (error) {
    if (!(error instanceof CommandFailure || error instanceof InvalidArgumentError)) throw error
    context.err(`${COMMAND}: ${error.message}\n`)
    return error instanceof CommandFailure ? error.exitCode : EXIT.usage
  }
}

export function toxiproxyServerUsage(): string {
  return goUsage(COMMAND, FLAGS)
}

function runOptions(values: ReadonlyMap<string, string>, context: CliContext): RunOptions {
  const { host, port } = readHostPort(joinHostPort(values.get('host') ?? 'localhost', values.get('port') ?? '8474'))
  const config = values.get('config') ?? ''
  const seed = values.get('seed')
  return defined({
    admin: defined({ host, port, token: tokenFromEnvironment(context), allowHosts: allowedHosts([], context) }),
    config: config === '' ? undefined : { path: config, strict: false },
    seed: seed === undefined ? undefined : Number(seed),
    metrics: METRIC_GROUPS.filter(({ flag }) => values.get(flag) === 'true').flatMap(({ groups }) => groups),
  })
}

const METRIC_GROUPS = [
  { flag: 'proxy-metrics', groups: ['toxiproxy', 'foulweather'] },
  { flag: 'runtime-metrics', groups: ['process'] },
] as const
