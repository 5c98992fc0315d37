import type { Sample } from './cases/case.ts'
import { HTTP_SUBJECT, HTTP_SUBJECT_UNMATCHED, SUBJECT } from './rivals/rival.ts'
import { byVariant, HTTP_YARDSTICK, ratioOf, summaryOf, YARDSTICK } from './samples.ts'

/** What Foulweather aims at. A target judges the worst variant of its case; missing one fails nothing. */
export interface Target {
  readonly figure: string
  readonly case: string
  readonly metric: string
  /** Judge the ratio to another rival, or the value itself (its absolute: errors have signs). */
  readonly as: 'ratio' | 'value'
  /** Whose figure. Default: Foulweather as a relay of bytes. */
  readonly rival?: string
  /** What a ratio is to. Default: HAProxy in tcp mode. */
  readonly yardstick?: string
  readonly unit: string
  readonly limit: number
  readonly better: 'lower' | 'higher'
}

export interface TargetOutcome {
  readonly figure: string
  /** As text, with its sign and unit: `≤ 1.0 ×`. */
  readonly target: string
  readonly unit: string
  /** The median over the rounds, of the worst variant; `null` = not measured. */
  readonly measured: number | null
  readonly met: boolean | null
}

const atMost = (limit: number, unit: string, judged: Omit<Target, 'limit' | 'unit' | 'better'>): Target => ({
  ...judged,
  limit,
  unit,
  better: 'lower',
})

export const TARGETS: readonly Target[] = [
  atMost(0.9, '×', { figure: 'bulk: CPU per GB against HAProxy', case: 'bulk', metric: 'cpu', as: 'ratio' }),
  atMost(1.25, '×', {
    figure: 'Redis GET: CPU per request against HAProxy',
    case: 'redis',
    metric: 'cpu',
    as: 'ratio',
  }),
  atMost(1.1, '×', {
    figure: 'HTTP, 100 bytes: CPU per request against HAProxy in http mode',
    case: 'http-small',
    metric: 'cpu',
    as: 'ratio',
    rival: HTTP_SUBJECT,
    yardstick: HTTP_YARDSTICK,
  }),
  atMost(1, '×', {
    figure: 'HTTP, 64 KiB: CPU per request against HAProxy in http mode',
    case: 'http-64k',
    metric: 'cpu',
    as: 'ratio',
    rival: HTTP_SUBJECT,
    yardstick: HTTP_YARDSTICK,
  }),
  atMost(1.25, '×', {
    figure: 'HTTP, 100 bytes: CPU per request with ten faults whose match fails against none',
    case: 'http-small',
    metric: 'cpu',
    as: 'ratio',
    rival: HTTP_SUBJECT_UNMATCHED,
    yardstick: HTTP_SUBJECT,
  }),
  atMost(1.8, '×', {
    figure: 'new connections: CPU per connection against HAProxy',
    case: 'connections',
    metric: 'cpu',
    as: 'ratio',
  }),
  {
    figure: 'pgbench, select only: transactions per second against HAProxy',
    case: 'pgbench',
    metric: 'rate',
    as: 'ratio',
    unit: '×',
    limit: 0.95,
    better: 'higher',
  },
  ...[2, 4].map((workers) =>
    atMost(1.1, '×', {
      figure: `${workers} workers: CPU per request against one`,
      case: 'workers',
      metric: 'cpu',
      as: 'ratio',
      rival: `${SUBJECT}-${workers}w`,
      yardstick: SUBJECT,
    }),
  ),
  atMost(16_000, 'bytes', { figure: 'memory of an idle session', case: 'idle', metric: 'bytes', as: 'value' }),
  atMost(64, 'MB', { figure: 'slow reader: RSS growth', case: 'slow-reader', metric: 'growth', as: 'value' }),
  atMost(0.5, 'ms', { figure: 'latency toxic: median error', case: 'latency', metric: 'median', as: 'value' }),
  atMost(3, 'ms', { figure: 'latency toxic: p99 of the error', case: 'latency', metric: 'p99', as: 'value' }),
  atMost(2, '%', { figure: 'bandwidth toxic: error', case: 'bandwidth', metric: 'error', as: 'value' }),
  {
    figure: 'bulk under 20 ms latency against bulk without',
    case: 'active',
    metric: 'share',
    as: 'value',
    unit: '×',
    limit: 0.8,
    better: 'higher',
  },
  atMost(50, 'ms', { figure: 'slowest admin call amid trouble', case: 'control', metric: 'max', as: 'value' }),
  atMost(0, 'sessions', { figure: 'storm: sessions in error', case: 'storm', metric: 'errors', as: 'value' }),
  atMost(10, 'ms', {
    figure: 'toggle by REST: call to effect on a live connection, p99',
    case: 'live-toggle',
    metric: 'p99',
    as: 'value',
  }),
  atMost(300, 'ms', { figure: 'saved profile to effect, p99', case: 'live-reload', metric: 'p99', as: 'value' }),
  atMost(500, 'ms', {
    figure: 'profile of 500 proxies and 2 000 faults: put and activate, first work of a process',
    case: 'live-large-profile',
    metric: 'first',
    as: 'value',
  }),
  atMost(500, 'ms', {
    figure: 'the same later',
    case: 'live-large-profile',
    metric: 'later',
    as: 'value',
  }),
  atMost(50, 'ms', {
    figure: 'slowest admin call while that profile comes and goes',
    case: 'live-large-profile',
    metric: 'slowest',
    as: 'value',
  }),
  atMost(100, 'ms', { figure: 'halt with 5 000 busy sessions', case: 'live-halt', metric: 'halt', as: 'value' }),
]

export function judge(target: Target, samples: readonly Sample[]): TargetOutcome {
  const sign = target.better === 'lower' ? '≤' : '≥'
  const about = { figure: target.figure, target: `${sign} ${target.limit} ${target.unit}`, unit: target.unit }
  const variants = byVariant(samples.filter((sample) => sample.case === target.case))
  const medians = [...variants.values()].flatMap((own) => {
    const { rival = SUBJECT, metric, yardstick = YARDSTICK } = target
    const summary = target.as === 'ratio' ? ratioOf(own, rival, metric, yardstick) : summaryOf(own, rival, metric)
    return summary === undefined ? [] : [Math.abs(summary.median)]
  })
  if (medians.length === 0) return { ...about, measured: null, met: null }
  const measured = target.better === 'lower' ? Math.max(...medians) : Math.min(...medians)
  return { ...about, measured, met: target.better === 'lower' ? measured <= target.limit : measured >= target.limit }
}
