import type { Command } from 'commander'
import type { CliContext } from './context.ts'
import { createProgram } from './program.ts'
import { toxiproxyServerUsage } from './toxiproxy-server.ts'

const NOBODY: CliContext = { out: () => {}, err: () => {}, terminal: false, env: {} }

const ENVIRONMENT = `## Environment

| name | meaning |
|---|---|
| \`FOULWEATHER_URL\`, \`TOXIPROXY_URL\` | Address of the admin API that commands call; the first one wins, \`--host\` wins over both. |
| \`FOULWEATHER_TOKEN\` | Token of the admin API: a server demands it, the other commands send it. |
| \`FOULWEATHER_ALLOW_HOSTS\` | Names, separated by commas, that callers of a server may use in the \`Host\` header. |
| \`LOG_LEVEL\` | Least level that a server logs: trace, debug, info (default), warn, error, fatal, disabled; also Toxiproxy's panic, warning and numbers. |`

const LOG = `## Log

A server writes one JSON object per line to stdout: \`level\` (a word), \`time\` (ISO 8601), the fields of the event, \`message\`. On a terminal the lines are for people instead.

| level | what |
|---|---|
| fatal | a bug; the process ends with exit code 70 |
| error | an upstream that cannot be connected to, a config file that cannot be used |
| warn | a client that cannot be accepted (at most one line per second and proxy), an admin API that is open to everybody |
| info | start (with version and seed), listening addresses, proxies started and stopped, every change through the admin API with before and after, stop |
| debug | sessions opened and ended, calls of the admin API |

No bytes of connections, no headers and no tokens are ever logged.`

const TOXIPROXY_SERVER = `## toxiproxy-server

The second executable takes Toxiproxy's flags, with one dash or two, for use in its place. A port that is taken ends it with exit code 1; a \`-config\` that cannot be used is logged, and it starts.
The environment variables above hold for it too.

\`\`\`text
${toxiproxyServerUsage().trimEnd()}
\`\`\``

/** docs/cli.md: the help text of every command, as the command itself prints it. */
export function cliReference(): string {
  const program = createProgram(NOBODY)
  const parts = [
    '# Command line',
    'Made from the `--help` texts. Options may stand before or after the arguments; every command has `--help`.',
    ...describe(program, program.name()),
    ENVIRONMENT,
    LOG,
    TOXIPROXY_SERVER,
  ]
  return `${parts.join('\n\n')}\n`
}

function describe(command: Command, path: string): readonly string[] {
  const own = [`## ${path}`, `\`\`\`text\n${helpText(command)}\n\`\`\``]
  return [...own, ...command.commands.flatMap((sub) => describe(sub, `${path} ${sub.name()}`))]
}

/** With the examples, which `helpInformation()` leaves out. */
function helpText(command: Command): string {
  let text = ''
  command.configureOutput({ writeOut: (part) => (text += part), getOutHasColors: () => false })
  command.outputHelp()
  return text.trimEnd()
}
