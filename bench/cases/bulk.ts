import { runNode } from '../program.ts'
import { movesBulk, type Case } from './case.ts'
import { loadServer } from './rounds.ts'
import { measureThroughput, throughputMetrics } from './throughput.ts'

const GB = 1e9
const DEADLINE_MS = 60_000

/** One transfer on one connection, as asked of load/bulk-server.ts; an exchange is as many bytes each way at once, and both are counted. */
export async function transfer(
  port: number,
  verb: 'download' | 'upload' | 'exchange',
  bytes: number,
): Promise<{ readonly bytes: number; readonly seconds: number }> {
  return runNode(DEADLINE_MS, 'load/bulk.ts', port, verb, bytes)
}

const VERBS = [
  ['download', 'download', 1],
  ['upload', 'upload', 1],
  ['exchange', 'both ways at once', 2],
] as const

export const bulk: Case = {
  name: 'bulk',
  summary:
    'One connection moves a lot of bytes one way, and both ways at once; CPU time of the proxy per GB (10⁹ bytes, those of both ways together).',
  metrics: throughputMetrics({ label: 'CPU s/GB', digits: 3 }, { label: 'GB/s', digits: 2 }),
  takes: movesBulk,
  async run(context) {
    for (const [verb, variant, ways] of VERBS) {
      await measureThroughput(context, {
        variant,
        startUpstream: loadServer('bulk-server.ts'),
        units: context.quick ? 1 : 4,
        cpuScale: 1,
        async load(port, units) {
          const { bytes, seconds } = await transfer(port, verb, (units * GB) / ways)
          return { units: bytes / GB, seconds }
        },
      })
    }
  },
}
