import { PROXY, SUBJECT } from '../../rivals/rival.ts'
import { deliveredRate, rateLabel } from '../bandwidth.ts'
import { transfer } from '../bulk.ts'
import type { Case } from '../case.ts'
import { loadServer, takeTurns } from '../rounds.ts'
import { judged } from './tolerance.ts'

/** In KB/s of 1000 bytes. */
const RATES = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000]
const TOLERANCE = 0.01

export const fidelityRate: Case = {
  name: 'fidelity-rate',
  group: 'fidelity',
  summary:
    'Rate of a bandwidth fault over 5 s worth of bytes (2 s in a quick run), from asking for them to the last one. ' +
    'A rate above what the machine relays cannot be delivered.',
  metrics: [
    { key: 'requested', label: 'requested, KB/s', digits: 0 },
    { key: 'delivered', label: 'delivered, KB/s', digits: 1 },
    { key: 'percent', label: 'error, %', digits: 2 },
    { key: 'limit', label: 'tolerance, ± %', digits: 0 },
    { key: 'ok', label: 'within', digits: 0, verdict: true },
  ],
  takes: ({ name }) => name === SUBJECT,
  async run(context) {
    const seconds = context.quick ? 2 : 5
    await takeTurns(context, loadServer('bulk-server.ts'), async (rival, { port, admin }, round) => {
      const free = await transfer(port, 'download', 500e6)
      if (round === 0) return
      context.note(`round ${round}: without a fault ${(free.bytes / free.seconds / 1e9).toFixed(2)} GB/s come through`)
      for (const rate of RATES) {
        const fault = { name: 'thin', type: 'bandwidth', direction: 'downstream', rate: rate * 1000 } as const
        const delivered = await admin?.withFaults(PROXY, [fault], () => deliveredRate(port, rate * 1000, seconds))
        if (delivered === undefined) return
        const asked = judged({ requested: rate, delivered: delivered / 1000, tolerance: rate * TOLERANCE })
        const metrics = { ...asked, percent: (delivered / (rate * 1000) - 1) * 100, limit: TOLERANCE * 100 }
        context.record({ variant: rateLabel(rate), rival: rival.name, round, metrics })
      }
    })
  },
}
