import { HTTP_SUBJECT, PROXY } from '../../rivals/rival.ts'
import { quantile } from '../../statistics.ts'
import { rateLabel } from '../bandwidth.ts'
import type { Case } from '../case.ts'
import { exchangeHttp } from '../http/exchanges.ts'
import { loadServer, takeTurns } from '../rounds.ts'
import { judged } from './tolerance.ts'

/** In KB/s of 1000 bytes. */
const RATES = [10, 100, 1000, 10_000, 100_000]
const SECONDS = 2
const TOLERANCE = 0.01

export const fidelityHttpRate: Case = {
  name: 'fidelity-http-rate',
  group: 'fidelity',
  summary: `Rate of http_bandwidth on response bodies of ${SECONDS} s worth of bytes, from asking for them to the last one: the second of two on one connection.`,
  metrics: [
    { key: 'requested', label: 'requested, KB/s', digits: 0 },
    { key: 'delivered', label: 'delivered, KB/s', digits: 1 },
    { key: 'percent', label: 'error, %', digits: 2 },
    { key: 'limit', label: 'tolerance, ± %', digits: 0 },
    { key: 'ok', label: 'within', digits: 0, verdict: true },
  ],
  takes: ({ name }) => name === HTTP_SUBJECT,
  async run(context) {
    await takeTurns(context, loadServer('http-server.ts'), async (rival, { port, admin }, round) => {
      for (const rate of round === 0 ? [] : RATES) {
        const bytes = rate * 1000 * SECONDS
        const fault = { name: 'thin', type: 'http_bandwidth', direction: 'downstream', rate: rate * 1000 } as const
        const asked = { connections: 1, requests: 1, bytes, gapMs: 0 }
        // The first is not counted: the server makes the response by then.
        const seen = await admin?.withFaults(PROXY, [fault], () => exchangeHttp(port, asked))
        if (seen === undefined) return
        const delivered = bytes / quantile(seen.times, 0.5)
        const figures = judged({ requested: rate, delivered, tolerance: rate * TOLERANCE })
        const metrics = { ...figures, percent: (delivered / rate - 1) * 100, limit: TOLERANCE * 100 }
        context.record({ variant: rateLabel(rate), rival: rival.name, round, metrics })
      }
    })
  },
}
