import type { NativeFault } from '../../admin.ts'
import { HTTP_SUBJECT, PROXY } from '../../rivals/rival.ts'
import type { Case } from '../case.ts'
import { loadServer, takeTurns } from '../rounds.ts'
import { peakMetric, spentBy } from '../throughput.ts'
import { loadGenerator, timeMetrics } from './requests.ts'

/** So many that those that wait for a delay still keep the proxy busy. */
const CONNECTIONS = 200
const DELAY_MS = 20
const PERCENT = 10

interface Trial {
  readonly variant: string
  readonly faults: readonly NativeFault[]
}

const TRIALS: readonly Trial[] = [
  { variant: 'no fault', faults: [] },
  {
    variant: `http_latency ${DELAY_MS} ms`,
    faults: [{ name: 'slow', type: 'http_latency', phase: 'response', latency: DELAY_MS }],
  },
  {
    variant: `http_error ${PERCENT} %`,
    faults: [{ name: 'bad', type: 'http_error', status: 503, probability: PERCENT / 100 }],
  },
]

export const httpActive: Case = {
  name: 'http-active',
  summary:
    `What a fault on exchanges costs while it works: GET of 100 bytes on ${CONNECTIONS} keep-alive connections, each asking again as soon as it is answered, ` +
    `without a fault, with responses ${DELAY_MS} ms late, and with ${PERCENT} % of them a 503 that the upstream never hears of.`,
  metrics: [
    { key: 'cpu', label: 'CPU µs/request', digits: 1 },
    { key: 'rate', label: 'requests/s', digits: 0 },
    { key: 'share', label: 'share of the rate', digits: 2 },
    peakMetric,
    ...timeMetrics,
    { key: 'bad', label: 'not 2xx, %', digits: 2 },
  ],
  takes: ({ name }) => name === HTTP_SUBJECT,
  async run(context) {
    const request = await loadGenerator(context)
    const seconds = context.quick ? 1 : 3
    await takeTurns(context, loadServer('http-server.ts'), async (rival, { port, pid, admin }, round) => {
      if (pid === undefined || admin === undefined) return
      let free = Number.NaN
      for (const { variant, faults } of round === 0 ? TRIALS.slice(0, 1) : TRIALS) {
        const plan = { path: '/100', connections: CONNECTIONS, seconds, badAnswers: faults.length > 0 }
        const { done, cpu, peak } = await admin.withFaults(PROXY, faults, () => spentBy(pid, () => request(port, plan)))
        if (round === 0) return
        const { units, p50, p99, p999 } = done
        const rate = units / done.seconds
        if (faults.length === 0) free = rate
        const metrics = {
          cpu: (cpu / units) * 1e6,
          rate,
          share: rate / free,
          peak,
          p50,
          p99,
          p999,
          bad: (done.bad / units) * 100,
        }
        context.record({ variant, rival: rival.name, round, metrics })
      }
    })
  },
}
