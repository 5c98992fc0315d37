import { runNode } from '../program.ts'
import { PROXY } from '../rivals/rival.ts'
import { quantile } from '../statistics.ts'
import { injectsFaults, type Case } from './case.ts'
import { loadServer, takeTurns } from './rounds.ts'

const DELAYS_MS = [5, 50, 500]
const SESSIONS = 10
const GAP_MS = 10
const TOXIC = 'slow'

export const latency: Case = {
  name: 'latency',
  summary:
    'Error of the delay that a latency toxic adds, per message: round trip with the toxic, less the median without it in the same ' +
    'round, less what was asked. The p99 is of its size; beside it the same without a toxic: the noise of the machine.',
  metrics: [
    { key: 'median', label: 'median error, ms', digits: 2 },
    { key: 'p99', label: 'p99 error, ms', digits: 2 },
    { key: 'noise', label: 'p99 without toxic, ms', digits: 2 },
    { key: 'messages', label: 'messages', digits: 0 },
  ],
  takes: injectsFaults,
  async run(context) {
    const seconds = context.quick ? 1 : 4
    await takeTurns(context, loadServer('echo-server.ts'), async (rival, { port, admin }, round) => {
      for (const delay of DELAYS_MS) {
        const without = await roundTrips(port, round === 0 ? 0.3 : seconds)
        await admin?.addToxic(PROXY, { name: TOXIC, type: 'latency', attributes: { latency: delay } })
        const added = await roundTrips(port, round === 0 ? 0.3 : seconds)
        await admin?.removeToxic(PROXY, TOXIC)
        if (round === 0) continue
        const variant = `${delay} ms`
        context.record({ variant, rival: rival.name, round, metrics: errors(without, added, delay) })
      }
    })
  },
}

async function roundTrips(port: number, seconds: number): Promise<readonly number[]> {
  const deadline = seconds * 1000 + 20_000
  const result = await runNode<{ roundTrips: number[] }>(deadline, 'load/ping.ts', port, seconds, SESSIONS, GAP_MS)
  return result.roundTrips
}

/** How far the added delays are from `delay`; all in milliseconds. The machine's own unevenness is in them and is shown beside them. */
export function errors(
  without: readonly number[],
  added: readonly number[],
  delay: number,
): Readonly<Record<'median' | 'p99' | 'noise' | 'messages', number>> {
  const base = quantile(without, 0.5)
  const off = added.map((ms) => ms - base - delay)
  return {
    median: quantile(off, 0.5),
    p99: quantile(off.map(Math.abs), 0.99),
    noise: quantile(
      without.map((ms) => Math.abs(ms - base)),
      0.99,
    ),
    messages: off.length,
  }
}
