import { setTimeout as sleep } from 'node:timers/promises'
import { memoryBytes } from '../proc.ts'
import { Program } from '../program.ts'
import { PROXY, type RunningRival } from '../rivals/rival.ts'
import { isProxy, type Case, type CaseContext } from './case.ts'
import { loadServer, takeFreshTurns } from './rounds.ts'

const OFFERED = 10e9
const SLOW_BYTES_PER_SECOND = 5e6
const READING_EVERY_MS = 100

export const slowReader: Case = {
  name: 'slow-reader',
  summary:
    '10 GB are offered to a client that reads nothing, or 5 MB/s: the highest RSS of the proxy meanwhile, less that before.',
  metrics: [
    { key: 'growth', label: 'RSS growth, MB', digits: 1 },
    { key: 'peak', label: 'highest RSS, MB', digits: 0 },
  ],
  takes: isProxy,
  async run(context) {
    await measure(context, 'reads nothing', 0)
    if (!context.quick) await measure(context, 'reads 5 MB/s', SLOW_BYTES_PER_SECOND)
    const rivals = context.rivals.filter(({ faults }) => faults)
    // Delayed bytes wait in the proxy: here its own limit has to hold, not only the kernel's buffers.
    await measure({ ...context, rivals }, 'reads nothing, 100 ms latency', 0, 100)
  },
}

async function measure(context: CaseContext, variant: string, rate: number, latency = 0): Promise<void> {
  await takeFreshTurns(context, loadServer('bulk-server.ts'), async (rival, running, round) => {
    const { port, pid, admin } = running
    if (pid === undefined) return
    if (latency > 0) await admin?.addToxic(PROXY, { name: 'slow', type: 'latency', attributes: { latency } })
    await sleep(500)
    const before = memoryBytes(pid)
    await using reader = Program.node('load/slow-reader.ts', port, OFFERED, rate)
    await reader.firstLine()
    const peak = await highest(running, context.quick ? 1500 : 5000)
    context.record({ variant, rival: rival.name, round, metrics: { growth: (peak - before) / 1e6, peak: peak / 1e6 } })
  })
}

async function highest({ pid = 0 }: RunningRival, forMs: number): Promise<number> {
  let peak = 0
  for (const end = performance.now() + forMs; performance.now() < end; await sleep(READING_EVERY_MS)) {
    peak = Math.max(peak, memoryBytes(pid))
  }
  return peak
}
