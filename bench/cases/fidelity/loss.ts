import { runNode } from '../../program.ts'
import { PROXY, SUBJECT } from '../../rivals/rival.ts'
import { quantile } from '../../statistics.ts'
import type { NativeFault } from '../../admin.ts'
import type { Case } from '../case.ts'
import { loadServer, takeTurns } from '../rounds.ts'
import { REAL_LOSS, type ExchangeTimes, type RealLoss } from './real-loss.ts'
import { judged, type Requested } from './tolerance.ts'

export const REQUEST_BYTES = 100
export const RESPONSE_BYTES = 1000
const CONNECTIONS = 32
const DEADLINE_MS = 120_000
const TOLERANCE = 0.15
/** What timers are good to, for exchanges that hardly take longer. */
const RESOLUTION_MS = 1
const QUANTILES = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99 } as const

export const fidelityLoss: Case = {
  name: 'fidelity-loss',
  group: 'fidelity',
  summary:
    `Exchanges (${REQUEST_BYTES} B, then ${RESPONSE_BYTES} B) on ${CONNECTIONS} persistent connections with a latency of half the RTT each way and loss, ` +
    'beside the same over a link that really drops packets: the mean is judged (requested = real), quantiles stand beside the real ones. ' +
    'Untouched = quicker than RTT + 100 ms; (1-p)² is to be expected.',
  metrics: [
    { key: 'requested', label: 'real mean, ms', digits: 1 },
    { key: 'delivered', label: 'mean, ms', digits: 1 },
    { key: 'percent', label: 'error, %', digits: 1 },
    { key: 'tolerance', label: 'tolerance, ± ms', digits: 1 },
    { key: 'ok', label: 'within', digits: 0, verdict: true },
    ...Object.keys(QUANTILES).flatMap((name) => [
      { key: `real ${name}`, label: `real ${name}`, digits: 1 },
      { key: name, label: name, digits: 1 },
    ]),
    { key: 'untouched', label: 'untouched, %', digits: 1 },
    { key: 'expected', label: '(1-p)², %', digits: 1 },
  ],
  takes: ({ name }) => name === SUBJECT,
  async run(context) {
    // Twice as many as behind the real figures, so that most of the difference that chance makes is theirs.
    const exchanges = context.quick ? 1600 : 6400
    const server = loadServer('exchange-server.ts', REQUEST_BYTES, RESPONSE_BYTES)
    await takeTurns(context, server, async (rival, { port, admin }, round) => {
      if (round === 0) await exchange(port, exchanges / 4)
      for (const real of round === 0 ? [] : REAL_LOSS) {
        const times = await admin?.withFaults(PROXY, faultsFor(real), () => exchange(port, exchanges))
        if (times === undefined) return
        const variant = `RTT ${real.rtt} ms, ${real.percent} %`
        context.record({ variant, rival: rival.name, round, metrics: compareWithReal(times, real) })
      }
    })
  },
}

/** The delay of the path, and what is lost on it. */
export function faultsFor({ rtt, percent }: Pick<RealLoss, 'rtt' | 'percent'>): readonly NativeFault[] {
  const path = { name: 'path', type: 'latency', direction: 'both', latency: rtt / 2 } as const
  const loss = { name: 'loss', type: 'loss', direction: 'both', percent, rtt } as const
  return percent === 0 ? [path] : [path, loss]
}

/** Round trips in milliseconds. */
export async function exchange(port: number, exchanges: number, connections = CONNECTIONS): Promise<readonly number[]> {
  const args = [port, connections, exchanges, REQUEST_BYTES, RESPONSE_BYTES, 0]
  return (await runNode<{ times: number[] }>(DEADLINE_MS, 'load/exchanges.ts', ...args)).times
}

/** Mean and quantiles of times, as the real ones are given. */
export function summariseTimes(times: readonly number[]): ExchangeTimes {
  const mean = times.reduce((sum, ms) => sum + ms, 0) / times.length
  const { p50, p90, p95, p99 } = QUANTILES
  const at = (q: number): number => quantile(times, q)
  return { mean, p50: at(p50), p90: at(p90), p95: at(p95), p99: at(p99) }
}

/** Of 100 exchanges, how many no time-out held up: the shortest that Linux has is 200 ms. */
export function untouchedShare(times: readonly number[], rtt: number): number {
  return (times.filter((ms) => ms < rtt + 100).length / times.length) * 100
}

/** The figures of one cell: the mean judged, the quantiles and the share of untouched exchanges beside the real ones. */
export function compareWithReal(times: readonly number[], real: RealLoss): Readonly<Record<string, number>> {
  const { mean, ...quantiles } = summariseTimes(times)
  const asked: Requested = {
    requested: real.mean,
    delivered: mean,
    tolerance: Math.max(RESOLUTION_MS, real.mean * TOLERANCE),
  }
  const { p50, p90, p95, p99 } = real
  const realQuantiles = Object.entries({ p50, p90, p95, p99 }).map(([name, ms]) => [`real ${name}`, ms] as const)
  return {
    ...judged(asked),
    percent: (mean / real.mean - 1) * 100,
    ...quantiles,
    ...Object.fromEntries(realQuantiles),
    untouched: untouchedShare(times, real.rtt),
    expected: (1 - real.percent / 100) ** 2 * 100,
  }
}
