import type { AdminClient } from '../admin.ts'
import { cpuSeconds, relayLimit } from '../proc.ts'
import { Program } from '../program.ts'
import { PROXY } from '../rivals/rival.ts'
import { quantile } from '../statistics.ts'
import { transfer } from './bulk.ts'
import { injectsFaults, type Case, type CaseContext } from './case.ts'
import { loadServer, takeTurns } from './rounds.ts'

const DELAY_MS = 20
const SESSIONS = 1000
/** Messages per second, there and back are two: what leaves room for exact times, and what may be more than the machine can do. */
const RATES = [10_000, 50_000]
const GB = 1e9

interface Chatter {
  readonly answered: number
  readonly seconds: number
  readonly roundTrips: readonly number[]
}

export const active: Case = {
  name: 'active',
  summary:
    `What a fault costs while it works: a latency toxic of ${DELAY_MS} ms each way, and the same without it. Messages: ${SESSIONS} sessions with an echo server, ` +
    'what goes through of the messages/s asked for (there and back are two); the error is that of a round trip, less the median without the toxic. ' +
    'Bulk: one download; its share is the rate as a part of that without the toxic.',
  metrics: [
    { key: 'cpu', label: 'CPU µs/message', digits: 1 },
    { key: 'rate', label: 'messages/s', digits: 0 },
    { key: 'median', label: 'median error, ms', digits: 2 },
    { key: 'p99', label: 'p99 error, ms', digits: 2 },
    { key: 'bulkCpu', label: 'CPU s/GB', digits: 3 },
    { key: 'bulkRate', label: 'GB/s', digits: 2 },
    { key: 'share', label: 'share of the rate', digits: 2 },
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
  const seconds = context.quick ? 2 : 5
  await takeTurns(context, loadServer('echo-server.ts'), async (rival, { port, pid, admin }, round) => {
    if (pid === undefined || admin === undefined) return
    for (const perSecond of round === 0 ? RATES.slice(0, 1) : RATES) {
      const load = (): Promise<Chat> => chat(port, pid, sessions, perSecond, round === 0 ? 1 : seconds)
      const without = await load()
      const delayed = await delaying(admin, load)
      if (round === 0) return
      const base = quantile(without.chatter.roundTrips, 0.5)
      const record = (variant: string, chat: Chat, asked: number): void =>
        context.record({
          variant: `${perSecond} messages/s, ${variant}`,
          rival: rival.name,
          round,
          metrics: perMessage(chat, base + asked),
        })
      record('no toxic', without, 0)
      record(`${DELAY_MS} ms each way`, delayed, 2 * DELAY_MS)
    }
  })
}

interface Chat {
  /** Seconds of the proxy. */
  readonly cpu: number
  readonly chatter: Chatter
}

/** Figures of a load whose round trips should take `expected` milliseconds. */
function perMessage({ cpu, chatter }: Chat, expected: number): Readonly<Record<string, number>> {
  const off = chatter.roundTrips.map((ms) => ms - expected)
  return {
    cpu: (cpu / (2 * chatter.answered)) * 1e6,
    rate: (2 * chatter.answered) / chatter.seconds,
    median: quantile(off, 0.5),
    p99: quantile(off.map(Math.abs), 0.99),
  }
}

/** The CPU time of the proxy is that between the opening of the last session and the end of the load. */
async function chat(port: number, pid: number, sessions: number, perSecond: number, seconds: number): Promise<Chat> {
  await using program = Program.node('load/chatter.ts', port, sessions, perSecond / 2, seconds)
  await program.firstLine(30_000)
  const before = cpuSeconds(pid)
  const [, line = ''] = (await program.output((seconds + 20) * 1000)).split('\n')
  return { cpu: cpuSeconds(pid) - before, chatter: JSON.parse(line) as Chatter }
}

async function bulk(context: CaseContext): Promise<void> {
  const bytes = (context.quick ? 1 : 4) * GB
  await takeTurns(context, loadServer('bulk-server.ts'), async (rival, { port, pid, admin }, round) => {
    if (pid === undefined || admin === undefined) return
    const load = async (): Promise<{ readonly cpu: number; readonly rate: number }> => {
      const before = cpuSeconds(pid)
      const done = await transfer(port, 'download', round === 0 ? bytes / 4 : bytes)
      const size = done.bytes / GB
      return { cpu: (cpuSeconds(pid) - before) / size, rate: size / done.seconds }
    }
    const without = await load()
    const delayed = await delaying(admin, load)
    if (round === 0) return
    const record = (variant: string, { cpu, rate }: typeof without, share: object): void =>
      context.record({ variant, rival: rival.name, round, metrics: { bulkCpu: cpu, bulkRate: rate, ...share } })
    record('bulk, no toxic', without, {})
    record(`bulk, ${DELAY_MS} ms each way`, delayed, { share: delayed.rate / without.rate })
  })
}

/** Does `action` with the delay in force, both ways. */
async function delaying<T>(admin: AdminClient, action: () => Promise<T>): Promise<T> {
  const attributes = { latency: DELAY_MS }
  for (const stream of ['upstream', 'downstream'] as const) {
    await admin.addToxic(PROXY, { name: stream, type: 'latency', stream, attributes })
  }
  try {
    return await action()
  } finally {
    for (const name of ['upstream', 'downstream']) await admin.removeToxic(PROXY, name)
  }
}
