import { runNode } from '../program.ts'
import { relaysBytes, type Case } from './case.ts'
import { loadServer } from './rounds.ts'
import { measureThroughput, throughputMetrics } from './throughput.ts'

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
      async load(port, units) {
        const work = await runNode<{ count: number; seconds: number }>(
          DEADLINE_MS,
          'load/connections.ts',
          port,
          units,
          CONCURRENCY,
        )
        return { units: work.count, seconds: work.seconds }
      },
    })
  },
}
