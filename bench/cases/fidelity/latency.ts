import { DISTRIBUTIONS, quantileOf, type Quantile } from '../../../src/faults/models/distribution.ts'
import { tableQuantile } from '../../../src/faults/models/percentile-table.ts'
import type { NativeFault } from '../../admin.ts'
import { runNode } from '../../program.ts'
import { PROXY, SUBJECT } from '../../rivals/rival.ts'
import { quantile } from '../../statistics.ts'
import type { Case } from '../case.ts'
import { loadServer, takeTurns } from '../rounds.ts'
import { judged, judgedMetrics, samplingError } from './tolerance.ts'

const SESSIONS = 100
/** On each session. A long delay gets fewer, and needs fewer: it is always the same. */
const MESSAGES = 100
const MESSAGES_OF_500_MS = 20
const GAP_MS = 20
const SIZE = 16
const DEADLINE_MS = 60_000

const SPREAD = { latency: 40, jitter: 10 }
const TABLE = { p0: 5, p50: 20, p90: 60, p99: 120, p100: 200 }

/** What the machine may add at each quantile, in milliseconds; what chance may do comes on top. */
const MACHINE_MS = { p50: 1, p95: 2, p99: 3 }
const QUANTILES = { p50: 0.5, p95: 0.95, p99: 0.99 }

interface Trial {
  readonly variant: string
  readonly params: Readonly<Record<string, NativeFault[string]>>
  readonly quantile: Quantile
  readonly messages: number
}

const fixed = (latency: number, messages: number): Trial => ({
  variant: `fixed ${latency} ms`,
  params: { latency },
  quantile: () => latency,
  messages,
})

const TRIALS: readonly Trial[] = [
  fixed(5, MESSAGES),
  fixed(50, MESSAGES),
  fixed(500, MESSAGES_OF_500_MS),
  ...DISTRIBUTIONS.map((distribution) => ({
    variant: `${distribution} ${SPREAD.latency} ± ${SPREAD.jitter} ms`,
    params: { ...SPREAD, distribution },
    quantile: atLeastNothing(quantileOf(distribution, SPREAD.latency, SPREAD.jitter)),
    messages: MESSAGES,
  })),
  { variant: 'table', params: { table: TABLE }, quantile: tableQuantile(TABLE), messages: MESSAGES },
]

/** A delay below 0 is none. */
function atLeastNothing(of: Quantile): Quantile {
  return (u) => Math.max(0, of(u))
}

export const fidelityLatency: Case = {
  name: 'fidelity-latency',
  group: 'fidelity',
  summary:
    `Quantiles of the delay that a latency fault (downstream) adds to small messages on ${SESSIONS} sessions with an echo server, one at a time on each: round ` +
    'trips less the median without the fault. The tolerance is three standard errors of sampling, and ' +
    `${Object.entries(MACHINE_MS)
      .map(([name, ms]) => `${ms} ms at ${name}`)
      .join(', ')} for the machine.`,
  metrics: [
    ...judgedMetrics('ms', 2),
    { key: 'noise', label: 'the same without fault, ms', digits: 2 },
    { key: 'messages', label: 'messages', digits: 0 },
  ],
  takes: ({ name }) => name === SUBJECT,
  async run(context) {
    await takeTurns(context, loadServer('exchange-server.ts', SIZE, SIZE), async (rival, { port, admin }, round) => {
      const without = await roundTrips(port, MESSAGES)
      for (const { variant, params, quantile: wanted, messages } of round === 0 ? TRIALS.slice(0, 1) : TRIALS) {
        const fault = { name: 'slow', type: 'latency', direction: 'downstream', ...params } as const
        const count = context.quick ? messages / 4 : messages
        const times = await admin?.withFaults(PROXY, [fault], () => roundTrips(port, count))
        if (times === undefined || round === 0) return
        for (const [name, metrics] of Object.entries(judgeQuantiles(times, without, wanted))) {
          context.record({ variant: `${variant}: ${name}`, rival: rival.name, round, metrics })
        }
      }
    })
  },
}

/** `messages` on each session. */
async function roundTrips(port: number, messages: number): Promise<readonly number[]> {
  const args = [port, SESSIONS, SESSIONS * messages, SIZE, SIZE, GAP_MS]
  return (await runNode<{ times: number[] }>(DEADLINE_MS, 'load/exchanges.ts', ...args)).times
}

/** The figures of each quantile of `times` less the median `without` the fault (all milliseconds), beside what was asked for. */
export function judgeQuantiles(
  times: readonly number[],
  without: readonly number[],
  wanted: Quantile,
): Readonly<Record<keyof typeof QUANTILES, Readonly<Record<string, number>>>> {
  const base = quantile(without, 0.5)
  const row = (name: keyof typeof QUANTILES): Readonly<Record<string, number>> => {
    const q = QUANTILES[name]
    const tolerance = MACHINE_MS[name] + samplingError(wanted, q, times.length)
    const asked = { requested: wanted(q), delivered: quantile(times, q) - base, tolerance }
    return { ...judged(asked), noise: quantile(without, q) - base, messages: times.length }
  }
  return { p50: row('p50'), p95: row('p95'), p99: row('p99') }
}
