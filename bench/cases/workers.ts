import { SUBJECT, type Rival } from '../rivals/rival.ts'
import type { Case, CaseContext } from './case.ts'
import { openAndClose } from './connections.ts'
import { echo } from './echoes.ts'
import { loadServer, takeTurns } from './rounds.ts'
import { measureThroughput, throughputMetrics } from './throughput.ts'

const CONNECTIONS = 64

const isThreaded = ({ workers }: Rival): boolean => workers !== undefined

const THREADS_AND_CORES =
  'with one worker thread and with several. Whether several bring more work done is seen only where there are cores for them beside the load generator and the upstream.'

const takes = (rival: Rival): boolean => rival.name === SUBJECT || isThreaded(rival)

/** One thread alone would be compared with itself. */
async function compare(context: CaseContext, measure: () => Promise<void>): Promise<void> {
  if (context.rivals.some(isThreaded)) await measure()
  else context.note('skipped: there is none with several worker threads')
}

export const workers: Case = {
  name: 'workers',
  summary: `${CONNECTIONS} connections with an echo server, each asking again as soon as it is answered, ${THREADS_AND_CORES}`,
  metrics: [
    ...throughputMetrics({ label: 'CPU µs/request', digits: 1 }, { label: 'requests/s', digits: 0 }),
    { key: 'p50', label: 'p50, µs', digits: 0 },
    { key: 'p99', label: 'p99, µs', digits: 0 },
    { key: 'p999', label: 'p99.9, µs', digits: 0 },
  ],
  yardstick: SUBJECT,
  takes,
  run: (context) => compare(context, () => requests(context)),
}

export const workersConnections: Case = {
  name: 'workers-connections',
  heavy: true,
  summary: `Open, one small message and its answer, close, ${THREADS_AND_CORES} Every thread compiles its own code, and the warm-up is divided among them.`,
  metrics: throughputMetrics({ label: 'CPU µs/connection', digits: 0 }, { label: 'connections/s', digits: 0 }),
  yardstick: SUBJECT,
  takes,
  run: (context) =>
    compare(context, () =>
      measureThroughput(context, {
        variant: '',
        startUpstream: loadServer('echo-server.ts'),
        units: context.quick ? 8000 : 16_000,
        cpuScale: 1e6,
        load: openAndClose,
      }),
    ),
}

async function requests(context: CaseContext): Promise<void> {
  const seconds = context.quick ? 1.5 : 4
  await takeTurns(context, loadServer('echo-server.ts'), async (rival, { port, pid }, round) => {
    const echoes = await echo(port, pid, CONNECTIONS, round === 0 ? 1 : seconds)
    if (echoes.dropped > 0) throw new Error(`${echoes.dropped} messages did not come back`)
    if (round === 0) return
    const { own, p50, p99, p999 } = echoes
    const metrics = { ...own, rate: echoes.units / echoes.seconds, p50, p99, p999 }
    context.record({ variant: '', rival: rival.name, round, metrics })
  })
}
