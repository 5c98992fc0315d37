import { direct } from '../rivals/direct.ts'
import { relaysMessages, type Case, type CaseContext, type Metric } from './case.ts'
import { relayLimit } from '../proc.ts'
import { echo, type Echoes } from './echoes.ts'
import { loadServer, takeTurns } from './rounds.ts'
import { throughputMetrics } from './throughput.ts'

const CONNECTIONS = [1, 64]
const MANY = 1000

const QUANTILES = [
  ['p50', 'p50'],
  ['p99', 'p99'],
  ['p999', 'p99.9'],
] as const

const metrics: readonly Metric[] = [
  ...throughputMetrics({ label: 'CPU µs/request', digits: 1 }, { label: 'requests/s', digits: 0 }),
  ...QUANTILES.map(([key, name]) => ({ key: `added-${key}`, label: `added ${name}, µs`, digits: 0 })),
  ...QUANTILES.map(([key, name]) => ({ key, label: `${name}, µs`, digits: 0 })),
]

const summary =
  'with an echo server, 64 bytes there and back; the next as soon as the one before is back, so that times at many connections are those under full ' +
  'load. Added = the same quantile less that of `direct` in the same round.'

export const echoing: Case = {
  name: 'echo',
  summary: `Requests and answers on 1 and on 64 connections ${summary}`,
  metrics,
  takes: relaysMessages,
  async run(context) {
    for (const connections of CONNECTIONS) await measure(context, connections)
  },
}

export const echoingMany: Case = {
  name: 'echo-1000',
  heavy: true,
  summary: `Requests and answers on ${MANY} connections ${summary}`,
  metrics,
  takes: relaysMessages,
  async run(context) {
    const connections = Math.min(MANY, relayLimit())
    if (connections < MANY) context.note(`${connections} connections instead of ${MANY}: the limit of open files`)
    await measure(context, connections)
  },
}

/** `direct` goes first in every round, whether or not it was asked for: without it nothing can be said to be added. */
async function measure(context: CaseContext, connections: number): Promise<void> {
  const others = context.rivals.filter(({ name }) => name !== direct.name)
  const seconds = context.quick ? 1 : 3
  let base: Echoes | undefined
  const ordered = { ...context, rivals: [direct, ...others] }
  await takeTurns(ordered, loadServer('echo-server.ts'), async (rival, { port, pid }, round) => {
    const echoes = await echo(port, pid, connections, round === 0 ? 0.5 : seconds)
    if (echoes.dropped > 0) throw new Error(`${echoes.dropped} messages did not come back`)
    if (round === 0) return
    if (rival === direct) base = echoes
    if (rival === direct && others.length === context.rivals.length) return
    const { p50, p99, p999, own } = echoes
    const added = base === undefined || rival === direct ? {} : lessBase(echoes, base)
    const figures = { ...own, rate: echoes.units / echoes.seconds, ...added, p50, p99, p999 }
    const variant = `${connections} ${connections === 1 ? 'connection' : 'connections'}`
    context.record({ variant, rival: rival.name, round, metrics: figures })
  })
}

/** What a rival adds to each quantile. A difference of quantiles, not a quantile of differences: no message is measured twice. */
export const lessBase = (
  echoes: Pick<Echoes, 'p50' | 'p99' | 'p999'>,
  base: Pick<Echoes, 'p50' | 'p99' | 'p999'>,
): Readonly<Record<string, number>> =>
  Object.fromEntries(QUANTILES.map(([key]) => [`added-${key}`, echoes[key] - base[key]]))
