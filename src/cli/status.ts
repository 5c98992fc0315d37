import type { Command } from 'commander'
import type { Status } from '../client/views.ts'
import { printAnswer } from './answer.ts'
import { connect } from './connection.ts'
import type { CliContext } from './context.ts'
import { formatAge, formatBytes, paint, printable } from './format.ts'
import { haltText } from './halt-text.ts'

export function addStatusCommand(program: Command, context: CliContext): void {
  program
    .command('status')
    .summary('show what the server is and what it is doing')
    .description('Shows the version, seed and uptime of a running server, and how much it has at work.')
    .addHelpText('after', '\nExamples:\n  $ foulweather status\n  $ foulweather status --json')
    .action(async (_options: object, command: Command) => {
      const client = connect(command, context)
      const status = await client.status()
      printAnswer(command, context, client.answer, () => {
        for (const [name, value] of lines(status)) context.out(`${paint(context, 'bold', name)}\t${printable(value)}\n`)
      })
    })
}

function lines(status: Status): readonly (readonly [string, string])[] {
  const { version, node, seed, uptimeMs, workers, revision, halted, proxies, faults, sessions, held } = status
  return [
    ['version', version],
    ['node', node],
    ['seed', String(seed)],
    ['uptime', formatAge(uptimeMs)],
    ...workers.map((worker) => [`worker ${worker.worker}`, workerText(worker)] as const),
    ['revision', String(revision)],
    ['halted', halted === null ? 'no' : haltText(halted)],
    ['proxies', `${proxies.total}, ${proxies.enabled} enabled`],
    ['faults', String(faults)],
    ['sessions', `${sessions.active} active, ${sessions.total} in all`],
    ['held', `${formatBytes(held.bytes)} of ${formatBytes(held.limit)}`],
  ]
}

function workerText({ state, deaths, since }: Status['workers'][number]): string {
  const died = deaths === 0 ? '' : `, died ${deaths === 1 ? 'once' : `${deaths} times`} before`
  return `${state} since ${since}${died}`
}
