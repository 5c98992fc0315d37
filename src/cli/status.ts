import type { Command } from 'commander'
import { z } from 'zod'
import { printAnswer } from './answer.ts'
import { connect } from './connection.ts'
import type { CliContext } from './context.ts'
import { formatAge, formatBytes, paint, printable } from './format.ts'
import { haltShape, haltText } from './halt-text.ts'

const statusShape = z.looseObject({
  version: z.string(),
  node: z.string(),
  seed: z.number(),
  uptimeMs: z.number(),
  workers: z.array(z.looseObject({ worker: z.number(), state: z.string(), deaths: z.number(), since: z.string() })),
  revision: z.number(),
  halted: haltShape.nullable(),
  proxies: z.looseObject({ total: z.number(), enabled: z.number() }),
  faults: z.number(),
  sessions: z.looseObject({ active: z.number(), total: z.number() }),
  held: z.looseObject({ bytes: z.number(), limit: z.number() }),
})

export function addStatusCommand(program: Command, context: CliContext): void {
  program
    .command('status')
    .summary('show what the server is and what it is doing')
    .description('Shows the version, seed and uptime of a running server, and how much it has at work.')
    .addHelpText('after', '\nExamples:\n  $ foulweather status\n  $ foulweather status --json')
    .action(async (_options: object, command: Command) => {
      const { text, data } = await connect(command, context).json('GET', '/v1/status', statusShape)
      printAnswer(command, context, text, () => {
        for (const [name, value] of lines(data)) context.out(`${paint(context, 'bold', name)}\t${printable(value)}\n`)
      })
    })
}

function lines(status: z.output<typeof statusShape>): readonly (readonly [string, string])[] {
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

function workerText({ state, deaths, since }: z.output<typeof statusShape>['workers'][number]): string {
  const died = deaths === 0 ? '' : `, died ${deaths === 1 ? 'once' : `${deaths} times`} before`
  return `${state} since ${since}${died}`
}
