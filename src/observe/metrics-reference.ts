import { METRICS } from './metric-table.ts'
import type { MetricDefinition, MetricGroup } from './metric.ts'

const INTRODUCTION = `# Metrics

\`GET /metrics\` of the admin API answers in Prometheus's text format (0.0.4). Values are read from plain counters when the page is asked for; live connections are
counted while they live. Counters never go back while the process lives: those of deleted proxies stay, up to a bound, and a proxy made anew under an old name goes on counting.

\`toxiproxy-server\` serves the page only with \`-proxy-metrics\` (the first two tables) or \`-runtime-metrics\` (the last one).`

const OURS = `Label values are bounded: \`direction\` is \`upstream\` (bytes client → server) or \`downstream\`; \`origin\` is \`injected\`, \`client\`, \`upstream\` or \`proxy\`; \`reason\` is a word such as
\`closed\` or \`reset\`, for \`injected\` the name of the fault; \`proxy\` and \`fault\` are the names you gave. Beyond a few hundred different reasons of one proxy the rest are counted as \`other\`.
\`class\` is \`1xx\` to \`5xx\`, \`none\` where a client was answered nothing, or \`other\`; \`rule\` is a word such as \`bare_lf\`. Only proxies with protocol \`http\` have the metrics that begin with \`foulweather_http_\`.`

const PROCESS = `## This process

| name | type | labels | meaning |
|---|---|---|---|
| \`foulweather_build_info\` | gauge | \`version\`, \`node\` | Always 1; the labels say what is running. |

Besides these, prom-client's standard metrics of a Node process: \`process_*\` (CPU, memory, file descriptors, start time) and \`nodejs_*\` (event loop lag, heap, garbage collector, active
handles). Toxiproxy's \`go_*\` have no counterpart.`

/** docs/metrics.md. */
export function metricsReference(): string {
  const parts = [
    INTRODUCTION,
    `## Toxiproxy's\n\n${table('toxiproxy')}`,
    `## Foulweather's\n\n${OURS}\n\n${table('foulweather')}`,
    PROCESS,
  ]
  return `${parts.join('\n\n')}\n`
}

function table(group: MetricGroup): string {
  const rows = METRICS.filter((metric) => metric.group === group).map(row)
  return ['| name | type | labels | meaning |', '|---|---|---|---|', ...rows].join('\n')
}

function row({ name, type, labels, help, meaning }: MetricDefinition): string {
  const labelList = labels.length === 0 ? '–' : labels.map((label) => `\`${label}\``).join(', ')
  return `| \`${name}\` | ${type} | ${labelList} | ${meaning ?? help} |`
}
