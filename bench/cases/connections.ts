import { runNode } from '../program.ts'
import { relaysBytes, type Case } from './case.ts'
import { loadServer } from './rounds.ts'
import { measureThroughput, throughputMetrics, type Work } from './throughput.ts'

const CONCURRENCY = 20
const DEADLINE_MS = 60_000

export const connections: Case = {
  name: 'connections',
  summary: `Open, one small message and its answer, close; ${CONCURRENCY} at a time. The rate of \`direct\` is the ceiling of the load generator.`,
  metrics: throughputMetrics({ label: 'CPU µs/connection', digits: 0 }, { label: 'connections/s', digits: 0 }),
  takes: relaysBytes,
  async run(context) {
    await measureThroughput(context, {
      variant: '',
      startUpstream: loadServer('echo-server.ts'),
      units: context.quick ? 4000 : 8000,
      cpuScale: 1e6,
      load: openAndClose,
    })
  },
}

/** So many connections, one small message and its answer on each. */
export async function openAndClose(port: number, units: number): Promise<Work> {
  const args = [port, units, CONCURRENCY]
  const work = await runNode<{ count: number; seconds: number }>(DEADLINE_MS, 'load/connections.ts', ...args)
  return { units: work.count, seconds: work.seconds }
}
