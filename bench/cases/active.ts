import type { AdminClient, Toxic } from '../admin.ts'
import { relayLimit } from '../proc.ts'
import { Program } from '../program.ts'
import { PROXY } from '../rivals/rival.ts'
import { quantile } from '../statistics.ts'
import { transfer } from './bulk.ts'
import { injectsFaults, type Case, type CaseContext } from './case.ts'
import { loadServer, takeTurns } from './rounds.ts'
import { peakMetric, spentBy } from './throughput.ts'

const DELAY_MS = 20
const SESSIONS = 1000
/** Messages per second, there and back are two: what leaves room for exact times, and what may be more than the machine can do. */
const RATES = [10_000, 50_000]
const GB = 1e9
/** Bytes per second. So much that messages never come near it, and that a bulk stream is held to it. */
const CAP = 100e6

/** Both ways, because messages go both ways. The units are Toxiproxy's: milliseconds, KB/s. */
const both = (type: string, attributes: NonNullable<Toxic['attributes']>): readonly Toxic[] =>
  (['upstream', 'downstream'] as const).map((stream) => ({ name: stream, type, stream, attributes }))

interface Trial {
  readonly variant: string
  readonly toxics: readonly Toxic[]
  /** What it adds to a round trip, in milliseconds. */
  readonly adds: number
  /** What a stream of bytes is held to, in bytes per second. */
  readonly cap?: number
}

const TRIALS: readonly Trial[] = [
  { variant: 'no toxic', toxics: [], adds: 0 },
  { variant: `${DELAY_MS} ms each way`, toxics: both('latency', { latency: DELAY_MS }), adds: 2 * DELAY_MS },
  { variant: `${CAP / 1e6} MB/s each way`, toxics: both('bandwidth', { rate: CAP / 1000 }), adds: 0, cap: CAP },
]

interface Chatter {
  readonly answered: number
  readonly seconds: number
  readonly roundTrips: readonly number[]
}

export const active: Case = {
  name: 'active',
  summary:
    `What a fault costs while it works: a latency toxic of ${DELAY_MS} ms each way, a bandwidth toxic of ${CAP / 1e6} MB/s each way, and neither. Messages: ` +
    `${SESSIONS} sessions with an echo server, what goes through of the messages/s asked for (there and back are two); the error is that of a round trip, less ` +
    'the median without a toxic. Bulk: one download; its share is the rate as a part of that without a toxic, its error that of the rate it is held to.',
  metrics: [
    { key: 'cpu', label: 'CPU µs/message', digits: 1 },
    { key: 'rate', label: 'messages/s', digits: 0 },
    { key: 'median', label: 'median error, ms', digits: 2 },
    { key: 'p99', label: 'p99 error, ms', digits: 2 },
    { key: 'bulkCpu', label: 'CPU s/GB', digits: 3 },
    { key: 'bulkRate', label: 'GB/s', digits: 2 },
    { key: 'share', label: 'share of the rate', digits: 2 },
    { key: 'off', label: 'error of the rate, %', digits: 2 },
    peakMetric,
  ],
  takes: injectsFaults,
  async run(context) {
    await messages(context)
    await bulk(context)
  },
}

async function messages(context: CaseContext): Promise<void> {
  const sessions = Math.min(SESSIONS, relayLimit())
  if (sessions < SESSIONS) context.note(`${sessions} sessions instead of ${SESSIONS}: the limit of open files`)
  const seconds = context.quick ? 1.5 : 5
  await takeTurns(context, loadServer('echo-server.ts'), async (rival, { port, pid, admin }, round) => {
    if (pid === undefined || admin === undefined) return
    for (const perSecond of round === 0 || context.quick ? RATES.slice(0, 1) : RATES) {
      let base = 0
      for (const { variant, toxics, adds } of TRIALS) {
        const load = (): Promise<Chat> => chat(port, pid, sessions, perSecond, round === 0 ? 0.5 : seconds)
        const seen = await withToxics(admin, toxics, load)
        if (toxics.length === 0) base = quantile(seen.chatter.roundTrips, 0.5)
        if (round === 0) continue
        const metrics = perMessage(seen, base + adds)
        context.record({ variant: `${perSecond} messages/s, ${variant}`, rival: rival.name, round, metrics })
      }
    }
  })
}

interface Chat {
  /** Seconds of the proxy. */
  readonly cpu: number
  /** MB. */
  readonly peak: number
  readonly chatter: Chatter
}

/** Figures of a load whose round trips should take `expected` milliseconds. */
function perMessage({ cpu, peak, chatter }: Chat, expected: number): Readonly<Record<string, number>> {
  const off = chatter.roundTrips.map((ms) => ms - expected)
  return {
    cpu: (cpu / (2 * chatter.answered)) * 1e6,
    rate: (2 * chatter.answered) / chatter.seconds,
    median: quantile(off, 0.5),
    p99: quantile(off.map(Math.abs), 0.99),
    peak,
  }
}

/** The CPU time of the proxy is that between the opening of the last session and the end of the load. */
async function chat(port: number, pid: number, sessions: number, perSecond: number, seconds: number): Promise<Chat> {
  await using program = Program.node('load/chatter.ts', port, sessions, perSecond / 2, seconds)
  await program.firstLine(30_000)
  const { done, cpu, peak } = await spentBy(pid, () => program.output((seconds + 20) * 1000))
  return { cpu, peak, chatter: JSON.parse(done.split('\n')[1] ?? '') as Chatter }
}

async function bulk(context: CaseContext): Promise<void> {
  const bytes = (context.quick ? 1 : 4) * GB
  await takeTurns(context, loadServer('bulk-server.ts'), async (rival, { port, pid, admin }, round) => {
    if (pid === undefined || admin === undefined) return
    let free = Number.NaN
    for (const { variant, toxics, cap } of round === 0 ? TRIALS.slice(0, 2) : TRIALS) {
      const amount = cap === undefined ? bytes : Math.min(bytes, cap * (context.quick ? 1 : 3))
      const { done, cpu, peak } = await withToxics(admin, toxics, () =>
        spentBy(pid, () => transfer(port, 'download', round === 0 ? amount / 4 : amount)),
      )
      if (round === 0) continue
      const rate = done.bytes / done.seconds
      if (toxics.length === 0) free = rate
      const metrics = {
        bulkCpu: cpu / (done.bytes / GB),
        bulkRate: rate / GB,
        ...(toxics.length > 0 && cap === undefined ? { share: rate / free } : {}),
        ...(cap === undefined ? {} : { off: (rate / cap - 1) * 100 }),
        peak,
      }
      context.record({ variant: `bulk, ${variant}`, rival: rival.name, round, metrics })
    }
  })
}

async function withToxics<T>(admin: AdminClient, toxics: readonly Toxic[], action: () => Promise<T>): Promise<T> {
  for (const toxic of toxics) await admin.addToxic(PROXY, toxic)
  try {
    return await action()
  } finally {
    for (const { name } of toxics) await admin.removeToxic(PROXY, name)
  }
}
