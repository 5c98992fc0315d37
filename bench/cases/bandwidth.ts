import { PROXY } from '../rivals/rival.ts'
import { transfer } from './bulk.ts'
import { injectsFaults, type Case } from './case.ts'
import { loadServer, takeTurns } from './rounds.ts'

/** In KB/s of 1000 bytes, as the toxic counts. */
const RATES = [1, 10, 100, 1000, 10_000, 100_000]
const SECONDS = 2
const TOXIC = 'thin'

export const bandwidth: Case = {
  name: 'bandwidth',
  summary: `Error of the rate of a bandwidth toxic, over ${SECONDS} s worth of bytes, from asking for them to the last one.`,
  metrics: [
    { key: 'error', label: 'error, %', digits: 2 },
    { key: 'rate', label: 'KB/s', digits: 1 },
  ],
  takes: injectsFaults,
  async run(context) {
    await takeTurns(context, loadServer('bulk-server.ts'), async (rival, { port, admin }, round) => {
      if (round === 0) await transfer(port, 'download', 200e6)
      for (const rate of round === 0 ? [] : RATES) {
        await admin?.addToxic(PROXY, { name: TOXIC, type: 'bandwidth', attributes: { rate } })
        // The toxic waits before it sends: n bytes at r bytes/s are there n/r after the first of them came in, no burst first and
        // no wait at the end. So the time from asking is exact, but for a round trip on the loopback.
        const { bytes, seconds } = await transfer(port, 'download', rate * 1000 * SECONDS)
        await admin?.removeToxic(PROXY, TOXIC)
        const measured = bytes / 1000 / seconds
        const metrics = { error: (measured / rate - 1) * 100, rate: measured }
        context.record({ variant: label(rate), rival: rival.name, round, metrics })
      }
    })
  },
}

const label = (rate: number): string => (rate < 1000 ? `${rate} KB/s` : `${rate / 1000} MB/s`)
