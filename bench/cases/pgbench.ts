import { Program } from '../program.ts'
import { relaysBytes, type Case } from './case.ts'
import { findPostgres, startPostgres } from './postgres.ts'
import { measureThroughput, throughputMetrics, type Work } from './throughput.ts'

const CLIENTS = 8
const DEADLINE_MS = 60_000

export const pgbench: Case = {
  name: 'pgbench',
  summary:
    `pgbench, select only, on a real PostgreSQL: ${CLIENTS} connections, one thread, prepared statements, 100 000 rows. PostgreSQL takes most of the ` +
    'machine: transactions/s say how much a proxy takes from it.',
  metrics: [
    ...throughputMetrics({ label: 'CPU µs/transaction', digits: 1 }, { label: 'transactions/s', digits: 0 }),
    { key: 'mean', label: 'mean time, ms', digits: 3 },
  ],
  takes: relaysBytes,
  async run(context) {
    const programs = findPostgres()
    if (typeof programs === 'string') {
      context.note(`skipped: ${programs}`)
      return
    }
    // One for all: a second one would take memory and time, and no rival leaves anything behind in it.
    await using server = await startPostgres(programs)
    const call = (port: number, ...args: readonly (string | number)[]): Promise<string> =>
      pgbenchOutput(programs.pgbench, port, args)
    await call(server.port, '--initialize', '--quiet', '--scale', 1)
    await measureThroughput(context, {
      variant: '',
      startUpstream: async () => ({ port: server.port, [Symbol.asyncDispose]: async () => {} }),
      units: context.quick ? 2 : 4,
      cpuScale: 1e6,
      async load(port, seconds) {
        const args = ['-n', '-S', '-M', 'prepared', '-c', CLIENTS, '-j', 1, '-T', Math.max(1, Math.round(seconds))]
        return parsePgbench(await call(port, ...args))
      },
    })
  },
}

async function pgbenchOutput(pgbench: string, port: number, args: readonly (string | number)[]): Promise<string> {
  const where = ['-h', '127.0.0.1', '-p', port, '-U', 'postgres', ...args, 'postgres'].map(String)
  await using program = new Program(pgbench, where)
  return await program.output(DEADLINE_MS)
}

/** What pgbench prints at its end. The time is that in which it had its connections; a transaction that failed is an error. */
export function parsePgbench(text: string): Work {
  const units = Number(/^number of transactions actually processed: (\d+)/m.exec(text)?.[1])
  const rate = Number(/^tps = ([\d.]+)/m.exec(text)?.[1])
  const mean = Number(/^latency average = ([\d.]+) ms/m.exec(text)?.[1])
  const failed = Number(/^number of failed transactions: (\d+)/m.exec(text)?.[1] ?? 0)
  if (!(units > 0) || !(rate > 0) || failed > 0) throw new Error(`pgbench answered ${JSON.stringify(text)}`)
  return { units, seconds: units / rate, beside: { mean } }
}
