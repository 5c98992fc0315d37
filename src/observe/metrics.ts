import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { DataPlane } from '../engine/data-plane.ts'
import { type Counts, NO_COUNTS } from './counts.ts'
import { ReadMetric } from './metric.ts'
import type { MetricGroup, Read } from './metric.ts'
import { METRICS } from './metric-table.ts'

export interface MetricsOptions {
  readonly dataPlane: Pick<DataPlane, 'snapshot'>
  /** What is counted beside the data plane; default: nothing. */
  readonly counts?: () => Counts
  readonly version: string
  /** What is shown; default: everything. `process` = this process, Node and build information. */
  readonly groups?: readonly (MetricGroup | 'process')[]
}

/** Makes the text of `GET /metrics` (Prometheus text format 0.0.4). Values are read when it is asked for. */
export function createMetrics({
  dataPlane,
  counts = () => NO_COUNTS,
  version,
  groups,
}: MetricsOptions): () => Promise<string> {
  const wanted = (group: MetricGroup | 'process'): boolean => groups === undefined || groups.includes(group)
  const registry = new Registry()
  // One snapshot for the whole text, so that its parts agree with one another.
  let read: Read | undefined
  const definitions = METRICS.filter(({ group }) => wanted(group))
  for (const definition of definitions) registry.registerMetric(new ReadMetric(definition, () => read))
  if (wanted('process')) registerBuildInfo(registry, version)
  const registries = wanted('process') ? [registry, processRegistry()] : [registry]
  return async () => {
    const snapshot = definitions.length === 0 ? undefined : await dataPlane.snapshot()
    // From here on without a pause until all values are read: scrapes that come side by side do not mix.
    read = snapshot && { snapshot, counts: counts() }
    const parts = await Promise.all(registries.map((each) => each.metrics()))
    return parts.join('\n')
  }
}

function registerBuildInfo(registry: Registry, version: string): void {
  const info = new Gauge({
    name: 'foulweather_build_info',
    help: 'Always 1; the labels say what is running.',
    labelNames: ['version', 'node'],
    registers: [registry],
  })
  info.set({ version, node: process.versions.node }, 1)
}

let ofThisProcess: Registry | undefined

/** There is one process, and prom-client's observers of it (event loop, garbage collector) cannot be taken down again. */
function processRegistry(): Registry {
  if (ofThisProcess === undefined) {
    ofThisProcess = new Registry()
    collectDefaultMetrics({ register: ofThisProcess })
  }
  return ofThisProcess
}
