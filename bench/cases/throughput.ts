import { cpuSeconds, memoryBytes } from '../proc.ts'
import type { CaseContext, Metric } from './case.ts'
import { takeTurns, type StartUpstream } from './rounds.ts'

/** Work that was done and how long it took, in units of the case (GB, requests, connections). */
export interface Work {
  readonly units: number
  readonly seconds: number
  /** Other figures of the same work, by the keys of their metrics. */
  readonly beside?: Readonly<Record<string, number>>
}

export interface Throughput {
  readonly variant: string
  readonly startUpstream: StartUpstream
  /** How much work one sample is; the warm-up is a quarter of it. */
  readonly units: number
  /** CPU is shown as seconds per unit times this (1e6: microseconds per unit). */
  readonly cpuScale: number
  /** Does about `units` of work against `port` and answers what it really did. */
  load(port: number, units: number): Promise<Work>
}

/** The metrics of every throughput case, with the labels of its unit. */
export const throughputMetrics = (cpu: Omit<Metric, 'key'>, rate: Omit<Metric, 'key'>): readonly Metric[] => [
  { key: 'cpu', ...cpu, compared: true },
  { key: 'rate', ...rate, compared: true },
  { key: 'memory', label: 'RSS after, MB', digits: 0 },
]

/** Measures the CPU time that the proxy itself spends on a given amount of work. */
export async function measureThroughput(context: CaseContext, plan: Throughput): Promise<void> {
  await takeTurns(context, plan.startUpstream, async (rival, { port, pid }, round) => {
    const before = pid === undefined ? 0 : cpuSeconds(pid)
    const work = await plan.load(port, round === 0 ? plan.units / 4 : plan.units)
    if (round === 0) return
    const rate = work.units / work.seconds
    const own =
      pid === undefined
        ? {}
        : { cpu: ((cpuSeconds(pid) - before) / work.units) * plan.cpuScale, memory: memoryBytes(pid) / 1e6 }
    context.record({ variant: plan.variant, rival: rival.name, round, metrics: { ...own, rate, ...work.beside } })
  })
}
