import { quantileOf, type Quantile } from '../../../src/faults/models/distribution.ts'
import type { NativeFault } from '../../admin.ts'
import { HTTP_SUBJECT, PROXY } from '../../rivals/rival.ts'
import type { Case } from '../case.ts'
import { exchangeHttp, type Asked } from '../http/exchanges.ts'
import { loadServer, takeTurns } from '../rounds.ts'
import { judgeQuantiles } from './latency.ts'
import { judgedMetrics } from './tolerance.ts'

const REQUESTS = 5000
const ASKED: Asked = { connections: 50, requests: REQUESTS, bytes: 100, gapMs: 20 }
const FIXED_MS = 20
const SPREAD = { latency: 40, jitter: 10 }
/** Seldom 0: a delay below that is none. */
const DISTRIBUTIONS = ['normal', 'lognormal'] as const

interface Trial {
  readonly variant: string
  readonly params: Readonly<Record<string, NativeFault[string]>>
  readonly quantile: Quantile
}

const TRIALS: readonly Trial[] = [
  ...['request', 'response', 'body'].map((phase) => ({
    variant: `${phase}, fixed ${FIXED_MS} ms`,
    params: { phase, latency: FIXED_MS },
    quantile: () => FIXED_MS,
  })),
  ...DISTRIBUTIONS.map((distribution) => ({
    variant: `response, ${distribution} ${SPREAD.latency} ± ${SPREAD.jitter} ms`,
    params: { phase: 'response', distribution, ...SPREAD },
    quantile: quantileOf(distribution, SPREAD.latency, SPREAD.jitter),
  })),
]

export const fidelityHttpLatency: Case = {
  name: 'fidelity-http-latency',
  group: 'fidelity',
  summary:
    `Quantiles of the delay that http_latency adds to GETs of ${ASKED.bytes} bytes on ${ASKED.connections} keep-alive connections: from asking to the last byte, less the ` +
    'median without the fault. The tolerances are those of fidelity-latency.',
  metrics: [
    ...judgedMetrics('ms', 2),
    { key: 'noise', label: 'the same without fault, ms', digits: 2 },
    { key: 'messages', label: 'requests', digits: 0 },
  ],
  takes: ({ name }) => name === HTTP_SUBJECT,
  async run(context) {
    const asked = { ...ASKED, requests: context.quick ? REQUESTS / 4 : REQUESTS }
    await takeTurns(context, loadServer('http-server.ts'), async (rival, { port, admin }, round) => {
      const without = await exchangeHttp(port, asked)
      for (const { variant, params, quantile } of round === 0 ? TRIALS.slice(0, 1) : TRIALS) {
        const fault = { name: 'slow', type: 'http_latency', ...params }
        const delayed = await admin?.withFaults(PROXY, [fault], () => exchangeHttp(port, asked))
        if (delayed === undefined || round === 0) return
        for (const [name, metrics] of Object.entries(judgeQuantiles(delayed.times, without.times, quantile))) {
          context.record({ variant: `${variant}: ${name}`, rival: rival.name, round, metrics })
        }
      }
    })
  },
}
