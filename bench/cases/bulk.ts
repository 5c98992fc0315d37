import { runNode } from '../program.ts'
import type { Case } from './case.ts'
import { loadServer } from './rounds.ts'
import { measureThroughput, throughputMetrics } from './throughput.ts'

const GB = 1e9
const DEADLINE_MS = 60_000

/** One transfer on one connection, as asked of load/bulk-server.ts. */
export async function transfer(
  port: number,
  verb: 'download' | 'upload',
  bytes: number,
): Promise<{ readonly bytes: number; readonly seconds: number }> {
  return runNode(DEADLINE_MS, 'load/bulk.ts', port, verb, bytes)
}

export const bulk: Case = {
  name: 'bulk',
  summary: 'One connection moves a lot of bytes one way; CPU time of the proxy per GB (10⁹ bytes).',
  metrics: throughputMetrics({ label: 'CPU s/GB', digits: 3 }, { label: 'GB/s', digits: 2 }),
  takes: ({ protocol }) => protocol === 'tcp',
  async run(context) {
    for (const verb of ['download', 'upload'] as const) {
      await measureThroughput(context, {
        variant: verb,
        startUpstream: loadServer('bulk-server.ts'),
        units: context.quick ? 2 : 4,
        cpuScale: 1,
        async load(port, units) {
          const { bytes, seconds } = await transfer(port, verb, units * GB)
          return { units: bytes / GB, seconds }
        },
      })
    }
  },
}
