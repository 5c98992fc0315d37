import type { Command } from 'commander'
import { AdminClient } from './admin-client.ts'
import type { CliContext } from './context.ts'

export const DEFAULT_ADMIN_PORT = 8474
const DEFAULT_URL = `http://127.0.0.1:${DEFAULT_ADMIN_PORT}`

export interface GlobalOptions {
  readonly host?: string
  readonly token?: string
  readonly json?: boolean
}

/** Options that every command takes, before or after its name. */
export function addGlobalOptions(program: Command): void {
  program
    .option(
      '--host <url>',
      `address of the admin API to call (default: ${DEFAULT_URL}; env: FOULWEATHER_URL, TOXIPROXY_URL)`,
    )
    .option('--token <token>', 'token of the admin API (default: none; env: FOULWEATHER_TOKEN)')
    .option('--json', "print the admin API's JSON as it is")
}

export function globalOptions(command: Command): GlobalOptions {
  return command.optsWithGlobals<GlobalOptions>()
}

/** The token from `--token` or the environment; an empty one counts as none. */
export function tokenOf(command: Command, context: CliContext): string | undefined {
  return globalOptions(command).token || tokenFromEnvironment(context)
}

export function tokenFromEnvironment({ env }: CliContext): string | undefined {
  return env['FOULWEATHER_TOKEN'] || undefined
}

/** A client of the admin API that the options, the environment or the default name. */
export function connect(command: Command, context: CliContext): AdminClient {
  const { env } = context
  const url = globalOptions(command).host || env['FOULWEATHER_URL'] || env['TOXIPROXY_URL'] || DEFAULT_URL
  return new AdminClient({ url, token: tokenOf(command, context) })
}

/** Names from `--allow-host` and from the environment, for the Host headers of callers. */
export function allowedHosts(given: readonly string[] = [], { env }: CliContext): readonly string[] {
  const ofEnvironment = (env['FOULWEATHER_ALLOW_HOSTS'] ?? '').split(',').map((name) => name.trim())
  return [...given, ...ofEnvironment.filter((name) => name !== '')]
}
