import type { Options } from './options.ts'
import { CHECKS, type Check, type Violation } from './tally.ts'
import { ADMIN_BOUND_MS, type AdminTimes, type Times } from './watch/admin-time.ts'
import { mib, type MemoryReport, type Trend } from './watch/memory.ts'

export interface Report {
  readonly date: string
  readonly options: Options
  readonly machine: { readonly cores: number; readonly node: string; readonly kernel: string }
  readonly seconds: number
  /** Programs that were not there. */
  readonly notes: readonly string[]
  readonly counts: Readonly<Record<string, number>>
  readonly warnings: Readonly<Record<string, number>>
  readonly admin: AdminTimes | undefined
  readonly memory: MemoryReport | undefined
  /** Milliseconds that timers of this program, which is clients and upstreams at the same time, were late: 99th percentile and most. */
  readonly ownDelay: { readonly p99: number; readonly max: number }
  readonly clean: boolean
  readonly violations: readonly Violation[]
  /** Those that found no room in the list. */
  readonly moreViolations: number
  /** Where the logs are, if they were kept. */
  readonly kept: string | undefined
}

/** The report for people. */
export function summary(report: Report): string {
  const { options, seconds, notes, counts, warnings, admin, memory, violations, moreViolations, kept } = report
  return [
    '',
    `Soak of ${Math.round(seconds)} s, seed ${options.seed}, ${options.clients} clients, workers ${options.workers ?? 'not given'}`,
    ...notes.map((note) => `  ${note}`),
    '',
    ...table('what was done', counts),
    ...(Object.keys(warnings).length > 0 ? ['', ...table('what the server warned of', warnings)] : []),
    '',
    ...(admin === undefined ? [] : adminLines(admin, report)),
    ...(memory === undefined ? [] : memoryLines(memory)),
    '',
    ...(Object.keys(CHECKS) as Check[]).map((check) => verdict(check, violations)),
    '',
    ...violations.map(({ check, text, seconds }) => `  [${seconds} s] ${check}: ${text}`),
    ...(moreViolations > 0 ? [`  and ${moreViolations} more`] : []),
    ...(kept === undefined ? [] : [`  logs, state and audit: ${kept}`]),
    report.clean ? 'CLEAN' : 'NOT CLEAN',
  ].join('\n')
}

function table(title: string, counts: Readonly<Record<string, number>>): string[] {
  const names = Object.keys(counts).sort()
  return [title, ...names.map((name) => `  ${name.padEnd(60)}${(counts[name] ?? 0).toLocaleString('en').padStart(16)}`)]
}

function adminLines(admin: AdminTimes, { ownDelay }: Report): string[] {
  return [
    `admin API, ${admin.probes} calls, and a server that does nothing, asked at the same times`,
    timesLine('admin API, as measured', admin.asMeasured),
    timesLine('admin API, less waiting for a processor', admin.withoutWaiting),
    timesLine('that server, as measured', admin.bystander.asMeasured),
    timesLine('that server, less waiting for a processor', admin.bystander.withoutWaiting),
    `  p99 of the admin API above that of the server that does nothing: ${admin.excess.toFixed(1)} ms (bound ${ADMIN_BOUND_MS} ms)`,
    `  clients and upstreams themselves were late by p99 ${ownDelay.p99.toFixed(1)} ms, max ${ownDelay.max.toFixed(1)} ms`,
  ]
}

function timesLine(what: string, { p50, p99, max }: Times): string {
  return `  ${what.padEnd(48)}p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, max ${max.toFixed(1)} ms`
}

function memoryLines({ bounds, before, after, trend }: MemoryReport): string[] {
  return [
    `memory of ${after.threads} thread(s), with nobody connected, before and after (more is allowed by)`,
    `  in use      ${mib(before.inUse)}, ${mib(after.inUse)} (${mib(bounds.inUse)})`,
    `  resident    ${mib(before.resident)}, ${mib(after.resident)} (${mib(bounds.resident)})`,
    `  descriptors ${JSON.stringify(before.descriptors)}, ${JSON.stringify(after.descriptors)} (${bounds.descriptors})`,
    `  handles     ${JSON.stringify(before.handles)}, ${JSON.stringify(after.handles)} (${bounds.handles})`,
    trendLine('resident', trend.resident),
    trendLine('in use', trend.inUse),
  ]
}

function trendLine(what: string, { perMinute, bound }: Trend): string {
  return `  ${what} under load, second half: ${mib(perMinute)} a minute (bound ${mib(bound)})`
}

function verdict(check: Check, violations: readonly Violation[]): string {
  const own = violations.filter((violation) => violation.check === check).length
  return `  ${own === 0 ? 'ok    ' : 'BROKEN'} ${check.padEnd(9)} ${CHECKS[check]}${own === 0 ? '' : ` (${own})`}`
}
