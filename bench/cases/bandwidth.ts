import { PROXY } from '../rivals/rival.ts'
import { transfer } from './bulk.ts'
import { injectsFaults, type Case } from './case.ts'
import { loadServer, takeTurns } from './rounds.ts'

/** In KB/s of 1000 bytes, as the toxic counts. */
const RATES = [1, 10, 100, 1000, 10_000, 100_000]
const QUICK_RATES = [10, 1000, 100_000]
const SECONDS = 2
const TOXIC = 'thin'

export const bandwidth: Case = {
  name: 'bandwidth',
  summary: `Error of the rate of a bandwidth toxic, over ${SECONDS} s worth of bytes (half of it in a quick run), from asking for them to the last one.`,
  metrics: [
    { key: 'error', label: 'error, %', digits: 2 },
    { key: 'rate', label: 'KB/s', digits: 1 },
  ],
  takes: injectsFaults,
  async run(context) {
    const [rates, seconds] = context.quick ? [QUICK_RATES, SECONDS / 2] : [RATES, SECONDS]
    await takeTurns(context, loadServer('bulk-server.ts'), async (rival, { port, admin }, round) => {
      if (round === 0) await transfer(port, 'download', 200e6)
      for (const rate of round === 0 ? [] : rates) {
        await admin?.addToxic(PROXY, { name: TOXIC, type: 'bandwidth', attributes: { rate } })
        const measured = (await deliveredRate(port, rate * 1000, seconds)) / 1000
        await admin?.removeToxic(PROXY, TOXIC)
        const metrics = { error: (measured / rate - 1) * 100, rate: measured }
        context.record({ variant: rateLabel(rate), rival: rival.name, round, metrics })
      }
    })
  },
}

/**
 * The rate at which `seconds` worth of bytes at `rate` come down, in bytes/s. A bandwidth fault waits before it sends: n bytes at r bytes/s are
 * there n/r after the first of them came in, no burst first and no wait at the end. So the time from asking is exact, but for a round
 * trip on the loopback.
 */
export async function deliveredRate(port: number, rate: number, seconds: number): Promise<number> {
  const done = await transfer(port, 'download', rate * seconds)
  return done.bytes / done.seconds
}

const UNITS = ['KB/s', 'MB/s', 'GB/s']

/** A rate in KB/s, for people. */
export function rateLabel(rate: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log10(rate) / 3))
  return `${rate / 1000 ** power} ${UNITS[power]}`
}
