import { cpuSeconds, peakBytes, resetPeak } from '../proc.ts'
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

export const peakMetric: Metric = { key: 'peak', label: 'peak RSS, MB', digits: 0 }

/** What a proxy spends on some work: seconds of CPU and, in MB, the most memory. */
export interface Spent {
  readonly cpu: number
  readonly peak: number
}

export async function spentBy<T>(pid: number, work: () => Promise<T>): Promise<Spent & { readonly done: T }> {
  resetPeak(pid)
  const before = cpuSeconds(pid)
  const done = await work()
  return { done, cpu: cpuSeconds(pid) - before, peak: peakBytes(pid) / 1e6 }
}

/** The same where there may be no proxy, as figures of a sample: CPU per unit, times `scale`. */
export async function perUnit<T extends { readonly units: number }>(
  pid: number | undefined,
  scale: number,
  work: () => Promise<T>,
): Promise<readonly [done: T, own: Partial<Spent>]> {
  if (pid === undefined) return [await work(), {}]
  const { done, cpu, peak } = await spentBy(pid, work)
  return [done, { cpu: (cpu / done.units) * scale, peak }]
}

/** The metrics of every throughput case, with the labels of its unit. */
export const throughputMetrics = (cpu: Omit<Metric, 'key'>, rate: Omit<Metric, 'key'>): readonly Metric[] => [
  { key: 'cpu', ...cpu, compared: true },
  { key: 'rate', ...rate, compared: true },
  peakMetric,
]

/** Measures the CPU time that the proxy itself spends on a given amount of work. */
export async function measureThroughput(context: CaseContext, plan: Throughput): Promise<void> {
  await takeTurns(context, plan.startUpstream, async (rival, { port, pid }, round) => {
    const units = round === 0 ? plan.units / 4 : plan.units
    const [work, own] = await perUnit(pid, plan.cpuScale, () => plan.load(port, units))
    if (round === 0) return
    const metrics = { ...own, rate: work.units / work.seconds, ...work.beside }
    context.record({ variant: plan.variant, rival: rival.name, round, metrics })
  })
}
