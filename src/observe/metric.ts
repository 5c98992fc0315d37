import { Gauge } from 'prom-client'
import type { HistogramData, ProxySnapshot, Snapshot } from '../engine/data-plane.ts'
import type { Counts } from './counts.ts'

export interface Sample {
  /** Printed in this order. */
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
  /** Where a histogram's parts have names of their own. */
  readonly metricName?: string
}

/** `toxiproxy` = Toxiproxy's own metrics under their names; `foulweather` = ours. */
export type MetricGroup = 'toxiproxy' | 'foulweather'

/** One metric: what docs/metrics.md says about it, and how it is read. */
export interface MetricDefinition {
  readonly name: string
  readonly group: MetricGroup
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly labels: readonly string[]
  /** One sentence; an empty text only where compatibility wants it. */
  readonly help: string
  /** For the docs page where `help` has to be empty. */
  readonly meaning?: string
  samples(snapshot: Snapshot, counts: Counts): readonly Sample[]
}

/** What metrics are made of at one time. */
export interface Read {
  readonly snapshot: Snapshot
  readonly counts: Counts
}

/**
 * A metric whose values are read at scrape time. The engine counts in plain fields (a counter's `inc` costs a hundred times as
 * much), so prom-client's own counters and histograms, which keep their values, would hold a second copy of each. Its
 * registry asks a metric for `name` and `get()`; that is what this answers. (`Gauge`: its registry takes only its own classes, and
 * a gauge brings the least along.)
 */
export class ReadMetric extends Gauge {
  readonly #definition: MetricDefinition
  readonly #read: () => Read | undefined

  /** @param read what there is to be read now; `undefined` = nothing yet. */
  constructor(definition: MetricDefinition, read: () => Read | undefined) {
    super({ name: definition.name, help: definition.name, registers: [] })
    this.#definition = definition
    this.#read = read
  }

  override async get(): ReturnType<Gauge['get']> {
    const { help, type } = this.#definition
    const read = this.#read()
    const values = read === undefined ? [] : this.#definition.samples(read.snapshot, read.counts)
    // prom-client's type declarations have numbers for the types of metrics; what it prints are words.
    const wordOfType: string = type
    return Object.assign(await super.get(), { help, type: wordOfType, values: values.map(printable) })
  }
}

function printable({ labels, value, metricName }: Sample) {
  return metricName === undefined ? { labels, value } : { labels, value, metricName }
}

/** For metrics that every proxy has samples of. */
export function perEach(read: (proxy: ProxySnapshot) => readonly Sample[]): MetricDefinition['samples'] {
  return (snapshot) => snapshot.proxies.flatMap(read)
}

/** Milliseconds with one count per bucket → Prometheus's cumulative buckets in seconds. */
export function histogramSamples(
  name: string,
  labels: Readonly<Record<string, string>>,
  { bounds, counts, sum }: HistogramData,
): readonly Sample[] {
  let total = 0
  const buckets = counts.map((count, i) => {
    total += count
    const bound = bounds[i]
    const le = bound === undefined ? '+Inf' : bound / 1000
    return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: total }
  })
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: sum / 1000 },
    { metricName: `${name}_count`, labels, value: total },
  ]
}
